"""An API server on loopback that shows scenes: lists, watches and objects, to those who may see them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.properties.objects import Object
from tests.scenes.stage import Scene, apart

KINDS = {
    "pipelines": "Pipeline",
    "steps": "Step",
    "components": "Component",
    "controllerrevisions": "ControllerRevision",
    "jobs": "Job",
    "pods": "Pod",
    "nodes": "Node",
    "resourcequotas": "ResourceQuota",
    "limitranges": "LimitRange",
}
Watcher = tuple[str, str, dict[str, str], "asyncio.Queue[Object | None]"]
Rule = Callable[[str, str], bool]
"""(namespace, empty for all; resource) -> whether it may be listed."""


class SceneApi:
    """Holds the objects of scenes; a change reaches all watches that it matches."""

    def __init__(self, *scenes: Scene) -> None:
        self.objects: dict[tuple[str, str, str], Object] = {}
        self.allows: Rule = lambda namespace, resource: True
        self.url = ""
        self.requests: list[str] = []
        self.unwatched = asyncio.Event()
        """Nobody watches any more."""
        self._version = 1
        self._watchers: list[Watcher] = []
        self._told: list[tuple[int, Object]] = []
        """What watches that begin at an older version are told first."""
        self._runner: web.AppRunner | None = None
        for scene in scenes:
            for one in apart(scene).objects:
                self.objects[_key(one)] = one

    async def start(self) -> None:
        """Begins to listen."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Ends all watches and the server."""
        self.cut()
        assert self._runner is not None
        await self._runner.cleanup()

    def cut(self) -> None:
        """Ends all watches."""
        for *_, queue in self._watchers:
            queue.put_nowait(None)

    @property
    def watched(self) -> list[str]:
        """Which resources are watched now."""
        return sorted(plural for plural, *_ in self._watchers)

    def put(self, obj: Object) -> None:
        """Creates an object or changes it."""
        kind = "MODIFIED" if _key(obj) in self.objects else "ADDED"
        self._version += 1
        new = {**obj, "metadata": {**obj["metadata"], "resourceVersion": str(self._version)}}
        self.objects[_key(obj)] = new
        self._tell(kind, new)

    def delete(self, obj: Object) -> None:
        """Deletes an object."""
        self._version += 1
        gone = self.objects.pop(_key(obj))
        self._tell("DELETED", {**gone, "metadata": {**gone["metadata"], "resourceVersion": str(self._version)}})

    def kubeconfig(self, place: Path, namespace: str = "ml") -> Path:
        """A kubeconfig that leads here."""
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "scene", "cluster": {"server": self.url}}],
            "users": [{"name": "ada", "user": {"token": "ada"}}],
            "contexts": [{"name": "scene", "context": {"cluster": "scene", "user": "ada", "namespace": namespace}}],
            "current-context": "scene",
        }
        place.write_text(json.dumps(config))
        return place

    def _tell(self, kind: str, obj: Object) -> None:
        self._told.append((self._version, {"type": kind, "object": obj}))
        for watcher in self._watchers:
            if _concerns(watcher, self._told[-1][1]):
                watcher[3].put_nowait(self._told[-1][1])

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        parts = request.path.strip("/").split("/")
        if parts[-1] == "selfsubjectreviews":
            return web.json_response({"status": {"userInfo": {"username": "ada"}}}, status=201)
        rest = parts[2:] if parts[0] == "api" else parts[3:]
        namespace = ""
        if rest[0] == "namespaces":
            namespace, rest = rest[1], rest[2:]
        plural, query = rest[0], dict(request.query)
        self.requests.append(f"{'WATCH' if 'watch' in query else request.method} {namespace}/{'/'.join(rest)}")
        if not self.allows(namespace, plural):
            return _status(403, f'{plural} is forbidden: User "ada" cannot list resource "{plural}"')
        if len(rest) > 1:
            found = self.objects.get((KINDS[plural], namespace, rest[1]))
            return web.json_response(found) if found else _status(404, f'{plural} "{rest[1]}" not found')
        if "watch" in query:
            return await self._watch(request, plural, namespace, query)
        items = [one for one in self.objects.values() if KINDS[plural] == one["kind"]]
        metadata = {"resourceVersion": str(self._version)}
        return web.json_response({"metadata": metadata, "items": list(_matching(items, namespace, query))})

    async def _watch(
        self, request: web.Request, plural: str, namespace: str, query: dict[str, str]
    ) -> web.StreamResponse:
        response = web.StreamResponse()
        watcher: Watcher = (plural, namespace, query, asyncio.Queue())
        for version, event in self._told:
            if version > int(query["resourceVersion"]) and _concerns(watcher, event):
                watcher[3].put_nowait(event)
        self._watchers.append(watcher)
        try:
            await response.prepare(request)
            while (event := await watcher[3].get()) is not None:
                await response.write(json.dumps(event).encode() + b"\n")
        except ConnectionError:
            pass
        finally:
            self._watchers.remove(watcher)
            if not self._watchers:
                self.unwatched.set()
        return response


def _key(obj: Object) -> tuple[str, str, str]:
    return obj["kind"], obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def _concerns(watcher: Watcher, event: Object) -> bool:
    plural, namespace, query, _ = watcher
    return KINDS[plural] == event["object"]["kind"] and _matches(event["object"], namespace, query)


def _matching(items: Iterable[Object], namespace: str, query: dict[str, str]) -> Iterable[Object]:
    return (one for one in items if _matches(one, namespace, query))


def _matches(obj: Object, namespace: str, query: dict[str, str]) -> bool:
    meta: dict[str, Any] = obj["metadata"]
    labels = meta.get("labels") or {}
    wanted = dict(one.split("=", 1) for one in query.get("labelSelector", "").split(",") if "=" in one)
    named = query.get("fieldSelector", "").removeprefix("metadata.name=")
    fits = not named or named == meta["name"]
    return fits and namespace in ("", meta.get("namespace")) and wanted.items() <= labels.items()


def _status(code: int, message: str) -> web.Response:
    return web.json_response({"kind": "Status", "code": code, "message": message}, status=code)
