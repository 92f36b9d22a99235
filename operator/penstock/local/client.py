"""The engine's client (see engine/client.py) of an API server in the same process."""

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

from penstock.engine.resources import Object, Resource
from penstock.local.server import Server


class LocalClient:
    """Every request is a call: what it answers is true at once."""

    def __init__(self, server: Server) -> None:
        self.server = server

    async def get(self, resource: Resource, namespace: str, name: str) -> Object:
        """One object."""
        return self.server.find(resource.plural, namespace, name)

    async def pages(
        self, resource: Resource, namespace: str | None, params: Mapping[str, str] | None = None
    ) -> AsyncIterator[tuple[int, list[Object]]]:
        """All objects of a namespace (None: of all) on one page."""
        version, found = self.server.select(resource.plural, namespace, {**resource.selectors, **(params or {})})
        yield version, list[Object](found)

    async def watch(
        self, resource: Resource, namespace: str | None, version: int
    ) -> AsyncIterator[Iterable[Mapping[str, Any]]]:
        """Events from a version on, one at a time."""
        async for event in self.server.watch(resource.plural, namespace, version, resource.selectors):
            yield (event,)

    async def create(self, resource: Resource, manifest: Object, *, retry: bool = True) -> Object:
        """The object as it was created."""
        return self.server.add(resource.plural, manifest)

    async def replace(self, resource: Resource, manifest: Object, part: str = "") -> Object:
        """The object, or its subresource, as it now is."""
        return self.server.replace(resource.plural, manifest, part)

    async def patch(self, resource: Resource, namespace: str, name: str, patch: Any) -> Object:
        """The object as patched."""
        return self.server.patch(resource.plural, namespace, name, patch)

    async def delete(self, resource: Resource, namespace: str, name: str, uid: str = "", version: str = "") -> Object:
        """Deletes an object."""
        return self.server.remove(resource.plural, namespace, name, uid, version)
