"""An API server in memory, on loopback: the few endpoints and rules that the operator depends on."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import aclosing
from typing import Any

from aiohttp import web

from penstock.engine.client import Refused
from penstock.local.rest import answer, target
from tests.shell import rights
from tests.shell.discovery import GROUPS, discover
from tests.shell.objects import Object, Objects

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
        about = target(path)
        plural, name = about.plural, about.name
        if plural not in GROUPS.get((about.group, about.version), {}):
            return refusal(404, "NotFound", f"no resource {plural}")
        self.requests[verb, plural] += 1
        asked = rights.right(verb, about.group, plural, name, about.part, "watch" in request.query)
        if asked not in rights.granted():
            self.beyond.add(asked)
            return refusal(403, "Forbidden", f"{plural} is forbidden: the chart grants no {asked}")
        if verb == "GET" and request.query.get("watch"):
            return await self._watched(request, plural, about.namespace)
        body = json.loads(await request.text() or "null")
        if verb == "GET" and not name and self.pause:
            await self.pause.wait()
        try:
            found = answer(self, verb, about, request.query, body)
        except Refused as error:
            return refusal(error.code, error.reason, error.message)
        if verb == "GET" and not name:
            found = _page(found, request.query)
        return self._respond(found, 201 if verb == "POST" else 200)

    def add(self, plural: str, body: Mapping[str, Any]) -> Object:
        """A new object, unless there are as many as a quota allows."""
        meta, most = body["metadata"], self.most.get(plural)
        known = (plural, meta["namespace"], meta["name"]) in self.objects
        if most is not None and not known and len(self.all(plural)) >= most:
            name = f"count/{plural}.batch"
            words = f"exceeded quota: tight, requested: {name}=1, used: {name}={most}, limited: {name}={most}"
            raise Refused(403, "Forbidden", words)
        return super().add(plural, body)

    def _respond(self, obj: Object, status: int = 200) -> web.Response:
        return web.json_response(text=self._spell(obj), status=status)

    def _spell(self, obj: Object) -> str:
        text = json.dumps(obj)
        for short, long in self.spelled.items():
            text = text.replace(f'"{short}"', long)
        return text

    async def _watched(self, request: web.Request, plural: str, namespace: str | None) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        self.watches += 1
        begin = int(request.query.get("resourceVersion") or 0)
        async with aclosing(self.watch(plural, namespace, begin, request.query)) as events:
            async for event in events:
                await response.write(self._spell(event).encode() + b"\n")
        return response


def _page(everything: Object, query: Any) -> Object:
    found, meta = everything["items"], everything["metadata"]
    begin, limit = int(query.get("continue", 0)), int(query.get("limit", 500))
    more = {"continue": str(begin + limit)} if begin + limit < len(found) else {}
    return {**everything, "metadata": {**meta, **more}, "items": found[begin : begin + limit]}


def _instead(faults: list[Fault], verb: str, path: str) -> web.Response | None:
    for fault in faults:
        found = fault(verb, path)
        if isinstance(found, int):
            return refusal(found, "Injected", "a fault of this test")
        if found is not None:
            return web.Response(text=found, content_type="text/html")
    return None


def refusal(code: int, reason: str, message: str) -> web.Response:
    """What the API server answers if it does not do what it is asked for."""
    headers = {"Retry-After": "0"} if code == 429 else {}
    body = {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message}
    return web.json_response(body, status=code, headers=headers)
