"""An API server in memory, on loopback: the few endpoints and rules that the operator depends on."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from aiohttp import web

from tests.shell import rights
from tests.shell.discovery import GROUPS, discover
from tests.shell.objects import Object, Objects, copied, now

Fault = Callable[[str, str], int | str | None]
"""(verb, path) -> what is answered instead: a refusal with that status code, a page with that text; or None."""


class FakeCluster(Objects):
    """The HTTP server that serves the objects."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: Counter[tuple[str, str]] = Counter()
        self.beyond: set[rights.Right] = set()
        """What was asked for, and refused, since the chart does not grant it."""
        self.faults: list[Fault] = []
        self.lost: list[Fault] = []
        """Like faults, but what was asked for has been done, and only the answer is another."""
        self.tokens: set[str] | None = None
        """Who is let in; None: everybody."""
        self.writes: list[tuple[str, str, str]] = []
        """Who wrote what: token, verb, path."""
        self.pause: asyncio.Event | None = None
        """While it is not set, lists are not answered."""
        self.watches = 0
        self.spelled: dict[str, str] = {}
        """What is sent in place of some texts, in quotes in this JSON: what Python itself could not write."""
        self.url = ""
        self.most: dict[str, int] = {}
        """How many objects of a kind a quota allows, ended ones too."""
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Begins to listen on a free port of the loopback address."""
        app = web.Application(client_max_size=8 * 2**20)
        app.add_routes([web.route("*", "/{path:.*}", self._handle)])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Ends all watches and the server."""
        self.cut_watches()
        if self._runner:
            await self._runner.cleanup()

    def cut_watches(self) -> None:
        """Ends every watch that is open."""
        for *_, queue in self._watchers:
            queue.put_nowait(None)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        verb, path = request.method, request.path
        token = request.headers.get("Authorization", "")[len("Bearer ") :]
        if self.tokens is not None and token not in self.tokens:
            return refusal(401, "Unauthorized", "Unauthorized")
        if verb != "GET":
            self.writes.append((token, verb, path))
        instead = _instead(self.faults, verb, path)
        if instead is None:
            answer = await self._answer(request, verb, path)
            instead = _instead(self.lost, verb, path)
        return instead or answer

    async def _answer(self, request: web.Request, verb: str, path: str) -> web.StreamResponse:
        parts = path.strip("/").split("/")
        found = discover(parts)
        if found is not None:
            return web.json_response(found)
        group, version, rest = ("", parts[1], parts[2:]) if parts[0] == "api" else (parts[1], parts[2], parts[3:])
        namespace = ""
        if rest[0] == "namespaces" and len(rest) > 2:
            namespace, rest = rest[1], rest[2:]
        plural, name, part = rest[0], rest[1] if len(rest) > 1 else "", rest[2] if len(rest) > 2 else ""
        if plural not in GROUPS.get((group, version), {}):
            return refusal(404, "NotFound", f"no resource {plural}")
        self.requests[verb, plural] += 1
        asked = rights.right(verb, group, plural, name, part, "watch" in request.query)
        if asked not in rights.granted():
            self.beyond.add(asked)
            return refusal(403, "Forbidden", f"{plural} is forbidden: the chart grants no {asked}")
        if verb == "GET" and request.query.get("watch"):
            return await self._watch(request, plural, namespace)
        body = json.loads(await request.text() or "null")
        match verb:
            case "GET" if not name:
                if self.pause:
                    await self.pause.wait()
                return self._list(plural, namespace, request)
            case "POST":
                return self._create(plural, namespace, body)
            case "GET":
                return self._known(plural, namespace, name) or self._respond(self.objects[plural, namespace, name])
            case "DELETE":
                return self._delete(plural, namespace, name, body or {})
        return self._known(plural, namespace, name) or self._change(
            plural, self.objects[plural, namespace, name], verb, part, body
        )

    def _known(self, plural: str, namespace: str, name: str) -> web.Response | None:
        known = (plural, namespace, name) in self.objects
        return None if known else refusal(404, "NotFound", f'{plural} "{name}" not found')

    def _list(self, plural: str, namespace: str, request: web.Request) -> web.Response:
        found = [
            obj
            for (kind, place, _), obj in sorted(self.objects.items())
            if kind == plural and namespace in ("", place) and _selected(obj, request.query)
        ]
        begin, limit = int(request.query.get("continue", 0)), int(request.query.get("limit", 500))
        meta: Object = {"resourceVersion": str(next(self._counter))}
        if begin + limit < len(found):
            meta["continue"] = str(begin + limit)
        return self._respond({"kind": "List", "metadata": meta, "items": found[begin : begin + limit]})

    def _create(self, plural: str, namespace: str, body: Object) -> web.Response:
        if (plural, namespace, body["metadata"]["name"]) in self.objects:
            return refusal(409, "AlreadyExists", f'{plural} "{body["metadata"]["name"]}" already exists')
        most = self.most.get(plural)
        if most is not None and len(self.all(plural)) >= most:
            name = f"count/{plural}.batch"
            words = f"exceeded quota: tight, requested: {name}=1, used: {name}={most}, limited: {name}={most}"
            return refusal(403, "Forbidden", words)
        return self._respond(self.create(plural, namespace, body), 201)

    def _change(self, plural: str, known: Object, verb: str, part: str, body: Any) -> web.Response:
        if verb == "PUT":
            wanted = {**known, **({"status": body.get("status")} if part else {**body, "status": known.get("status")})}
            sent = body["metadata"]
        elif isinstance(body, list):
            wanted, sent = copied(known), {}
            for operation in body:
                *parents, last = operation["path"].strip("/").split("/")
                if parents == ["metadata"]:
                    sent[last] = operation["value"]
                else:
                    wanted[last] = operation["value"]
        else:
            wanted, sent = _merged(known, body), body.get("metadata") or {}
        meta = known["metadata"]
        for field in ("uid", "resourceVersion"):
            if field in sent and sent[field] != meta[field]:
                return refusal(409, "Conflict", "the object has been modified")
        wanted["metadata"] = {**wanted["metadata"], "uid": meta["uid"], "resourceVersion": meta["resourceVersion"]}
        if wanted == known:
            return self._respond(known)
        if wanted.get("spec") != known.get("spec"):
            wanted["metadata"]["generation"] = meta["generation"] + 1
        return self._respond(self.update(plural, wanted))

    def _delete(self, plural: str, namespace: str, name: str, options: Object) -> web.Response:
        missing = self._known(plural, namespace, name)
        if missing:
            return missing
        obj = self.objects[plural, namespace, name]
        for field, value in (options.get("preconditions") or {}).items():
            if value != obj["metadata"][field]:
                return refusal(409, "Conflict", f"the {field} is another")
        self.delete(plural, namespace, name)
        return self._respond({**obj, "metadata": {**obj["metadata"], "deletionTimestamp": now()}})

    def _respond(self, obj: Object, status: int = 200) -> web.Response:
        return web.json_response(text=self._spell(obj), status=status)

    def _spell(self, obj: Object) -> str:
        text = json.dumps(obj)
        for short, long in self.spelled.items():
            text = text.replace(f'"{short}"', long)
        return text

    async def _watch(self, request: web.Request, plural: str, namespace: str) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        queue: asyncio.Queue[Object | None] = asyncio.Queue()
        entry = (plural, namespace, queue)
        self.watches += 1
        self._watchers.append(entry)
        begin = int(request.query.get("resourceVersion") or 0)
        for told, event in self._told:
            meta = event["object"]["metadata"]
            here = not namespace or meta.get("namespace", namespace) == namespace
            if told == plural and here and int(meta["resourceVersion"]) > begin:
                queue.put_nowait(event)
        try:
            while (event := await queue.get()) is not None:
                found = event if event["type"] == "ERROR" else _as_selected(event, request.query)
                if found:
                    await response.write(self._spell(found).encode() + b"\n")
        finally:
            self._watchers.remove(entry)
        return response


def _instead(faults: list[Fault], verb: str, path: str) -> web.Response | None:
    for fault in faults:
        found = fault(verb, path)
        if isinstance(found, int):
            return refusal(found, "Injected", "a fault of this test")
        if found is not None:
            return web.Response(text=found, content_type="text/html")
    return None


def _merged(known: Object, patch: Object) -> Object:
    merged = dict(known)
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            merged[key] = _merged(merged.get(key) or {}, value)
        else:
            merged[key] = value
    return merged


def _selected(obj: Object, query: Any) -> bool:
    labels = obj["metadata"].get("labels") or {}
    wanted = [term.split("=") for term in query.get("labelSelector", "").split(",") if term]
    fields = dict(term.split("=") for term in query.get("fieldSelector", "").split(",") if term)
    for path, value in fields.items():
        found: Any = obj
        for name in path.split("."):
            found = (found or {}).get(name)
        if found != value:
            return False
    return all(labels.get(key) == value for key, value in wanted)


def _as_selected(event: Object, query: Any) -> Object | None:
    """What a watch with a selector tells of a change: what does not match any more is deleted to it."""
    obj, old = event["object"], event["old"]
    told = {"type": event["type"], "object": obj}
    if old is None or _selected(old, query) == _selected(obj, query):
        return told if _selected(obj, query) else None
    if _selected(obj, query):
        return {"type": "ADDED", "object": obj}
    version = obj["metadata"]["resourceVersion"]  # the object as it was, in the version in which it changed
    return {"type": "DELETED", "object": {**old, "metadata": {**old["metadata"], "resourceVersion": version}}}


def refusal(code: int, reason: str, message: str) -> web.Response:
    """What the API server answers if it does not do what it is asked for."""
    headers = {"Retry-After": "0"} if code == 429 else {}
    body = {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message}
    return web.json_response(body, status=code, headers=headers)
