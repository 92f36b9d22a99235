"""An API server on loopback that shows scenes: lists, watches and objects, to those who may see them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from penstock.local.selection import Selection
from tests.properties.objects import Object
from tests.scenes.logs import ContainerLog
from tests.scenes.patches import patched
from tests.scenes.stage import Scene, apart
from tests.scenes.writes import replaced

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
    "pipelineschedules": "PipelineSchedule",
}
Watcher = tuple[str, str, Selection, "asyncio.Queue[Object | None]"]
Told = tuple[int, str, Object, "Object | None"]
"""A change: its version, what happened to which object, and what that was before."""
Rule = Callable[[str, str], bool]
"""(namespace, empty for all; resource) -> whether it may be read."""


class SceneApi:
    """Holds the objects of scenes; a change reaches all watches that it matches."""

    def __init__(self, *scenes: Scene) -> None:
        self.objects: dict[tuple[str, str, str], Object] = {}
        self.allows: Rule = lambda namespace, resource: True
        self.permits: Rule = lambda verb, resource: True
        """(verb, resource) -> whether that may be written."""
        self.logs: dict[str, ContainerLog] = {}
        """By the name of the pod."""
        self.revoked: set[str] = set()
        """Tokens that are not taken any more."""
        self.users: dict[str, Rule] = {}
        """Others than ada, by the token that is also their name, and what they may. With some, ada shows hers."""
        self.url = ""
        self.requests: list[str] = []
        self.asked: list[tuple[str, str, str]] = []
        """(user, verb, path) of all requests, reviews too; of one object the verb is `list` as well."""
        self.unwatched = asyncio.Event()
        """Nobody watches any more."""
        self._version = 1
        self._watchers: list[Watcher] = []
        self._told: list[Told] = []
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

    @property
    def watchers(self) -> list[Watcher]:
        """Who watches now: which resource, in which namespace, and what is chosen of it."""
        return list(self._watchers)

    def put(self, obj: Object) -> None:
        """Creates an object or changes it."""
        old = self.objects.get(_key(obj))
        self._version += 1
        new = {**obj, "metadata": {**obj["metadata"], "resourceVersion": str(self._version)}}
        self.objects[_key(obj)] = new
        self._tell("MODIFIED" if old else "ADDED", new, old)

    def delete(self, obj: Object) -> None:
        """Deletes an object."""
        self._version += 1
        gone = self.objects.pop(_key(obj))
        now = {**gone, "metadata": {**gone["metadata"], "resourceVersion": str(self._version)}}
        self._tell("DELETED", now, None)

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

    def _tell(self, kind: str, obj: Object, old: Object | None) -> None:
        self._told.append((self._version, kind, obj, old))
        for watcher in self._watchers:
            _hand(watcher, self._told[-1])

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        parts = request.path.strip("/").split("/")
        user = request.headers.get("Authorization", "").removeprefix("Bearer ") or "ada"
        rule = self.allows if user == "ada" or not self.users else self.users.get(user)
        verb = "watch" if "watch" in request.query else {"GET": "list"}.get(request.method, request.method)
        self.asked.append((user, verb, request.path))
        if rule is None or user in self.revoked:
            return _status(401, "Unauthorized")
        if parts[-1] == "selfsubjectreviews":
            return web.json_response({"status": {"userInfo": {"username": user}}}, status=201)
        if parts[-1] == "selfsubjectaccessreviews":
            about = (await request.json())["spec"]["resourceAttributes"]
            allowed = rule(about["namespace"], about["resource"]) and self.permits(about["verb"], about["resource"])
            return web.json_response({"status": {"allowed": allowed}}, status=201)
        rest = parts[2:] if parts[0] == "api" else parts[3:]
        namespace = ""
        if rest[0] == "namespaces":
            namespace, rest = rest[1], rest[2:]
        plural, query = rest[0], dict(request.query)
        self.requests.append(f"{'WATCH' if 'watch' in query else request.method} {namespace}/{'/'.join(rest)}")
        resource = "/".join([plural, *rest[2:]])
        if not rule(namespace, resource):
            return _status(403, f'{resource} is forbidden: User "{user}" cannot list resource "{resource}"')
        if request.method == "PATCH":
            if not self.permits("patch", plural):
                return _status(403, f'{plural} is forbidden: User "ada" cannot patch resource "{plural}"')
            return patched(self.objects, (KINDS[plural], namespace, rest[1]), await request.json(), self.put)
        if rest[2:] == ["log"]:
            return await self._log(request, rest[1], query)
        if request.method == "PUT":
            if not self.permits("update", plural):
                return _status(403, f'{plural} is forbidden: User "ada" cannot update resource "{plural}"')
            return replaced(self.objects, (KINDS[plural], namespace, rest[1]), await request.json(), self.put)
        if len(rest) > 1:
            found = self.objects.get((KINDS[plural], namespace, rest[1]))
            return web.json_response(found) if found else _status(404, f'{plural} "{rest[1]}" not found')
        if "watch" in query:
            return await self._watch(request, plural, namespace, query)
        items = [one for one in self.objects.values() if KINDS[plural] == one["kind"]]
        metadata = {"resourceVersion": str(self._version)}
        chosen = Selection(query)
        found = [one for one in items if namespace in ("", one["metadata"].get("namespace")) and chosen.has(one)]
        begin, limit = int(query.get("continue", "0")), int(query.get("limit", "0")) or len(found)
        if begin + limit < len(found):
            metadata["continue"] = str(begin + limit)
        return web.json_response({"metadata": metadata, "items": found[begin : begin + limit]})

    async def _log(self, request: web.Request, pod: str, query: dict[str, str]) -> web.StreamResponse:
        log = self.logs.get(pod)
        if log is None:
            return _status(400, f'container "step" in pod "{pod}" is waiting to start: ContainerCreating')
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            async for chunk in log.read(query):
                await response.write(chunk)
        except ConnectionError:
            if request.transport is not None:
                request.transport.abort()
        return response

    async def _watch(
        self, request: web.Request, plural: str, namespace: str, query: dict[str, str]
    ) -> web.StreamResponse:
        response = web.StreamResponse()
        watcher: Watcher = (plural, namespace, Selection(query), asyncio.Queue())
        for told in self._told:
            if told[0] > int(query["resourceVersion"]):
                _hand(watcher, told)
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


def _hand(watcher: Watcher, told: Told) -> None:
    plural, namespace, chosen, queue = watcher
    _, kind, obj, old = told
    if KINDS[plural] == obj["kind"] and namespace in ("", obj["metadata"].get("namespace")):
        event = chosen.event(kind, obj, old)
        if event:
            queue.put_nowait(event)


def _status(code: int, message: str) -> web.Response:
    return web.json_response({"kind": "Status", "code": code, "message": message, "details": {}}, status=code)
