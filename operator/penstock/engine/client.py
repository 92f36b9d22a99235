"""What the engine asks of an API server, whoever answers."""

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, Protocol

from penstock.engine.resources import Object, Resource


class Refused(Exception):
    """A request that the API server answered with an error. `code` is the HTTP status, `reason` the API's word.

    `official`: the API server said so itself, and not something on the way to it.
    """

    def __init__(
        self, code: int, reason: str, message: str, retry_after: float | None = None, *, official: bool = True
    ) -> None:
        super().__init__(f"{code} {reason}: {message}")
        self.official = official
        self.code = code
        self.reason = reason
        self.message = message
        self.retry_after = retry_after


class Unreachable(Exception):
    """The API server gave no answer, several times, or none that it could have given. A write may have gone through."""


class Client(Protocol):
    """The API server. Every method raises Refused or Unreachable."""

    async def get(self, resource: Resource, namespace: str, name: str) -> Object:
        """One object."""
        ...

    def pages(
        self, resource: Resource, namespace: str | None, params: Mapping[str, str] | None = None
    ) -> AsyncIterator[tuple[int, list[Object]]]:
        """All objects of a namespace (None: of all), page by page, with the version at which all pages were true."""
        ...

    def watch(
        self, resource: Resource, namespace: str | None, version: int
    ) -> AsyncIterator[Iterable[Mapping[str, Any]]]:
        """Events from a version on, as many at a time as have come together, until the API server ends the watch, as it
        does every few minutes. Among them are bookmarks, which only tell of a version."""
        ...

    async def create(self, resource: Resource, manifest: Object, *, retry: bool = True) -> Object:
        """The object as it was created. `retry`: its name is fixed, so that a repetition does no harm."""
        ...

    async def replace(self, resource: Resource, manifest: Object, part: str = "") -> Object:
        """The object, or its subresource, as it now is; the manifest says which version it replaces."""
        ...

    async def patch(self, resource: Resource, namespace: str, name: str, patch: Any) -> Object:
        """The object as patched: by operations (a list, RFC 6902) or a merge (an object, RFC 7396)."""
        ...

    async def delete(self, resource: Resource, namespace: str, name: str, uid: str = "", version: str = "") -> Object:
        """Deletes an object, which lasts until its children are gone. `uid`, `version`: only if it is that very one."""
        ...
