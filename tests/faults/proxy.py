"""A proxy between one operator and the API server: it forwards, records, and breaks what the rules say.

Plain HTTP on loopback towards the operator, TLS towards the API server; the operator's token goes through as it is.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import aiohttp
import orjson
from aiohttp import web

from tests.faults import streams
from tests.faults.rules import (
    Answer,
    Book,
    Call,
    Cut,
    Delay,
    Drop,
    Duplicate,
    Hang,
    Kill,
    OfRequests,
    Rule,
    Stale,
    Truncate,
)

logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # connections that are closed on purpose bewilder it
REMEMBERED = 12
"""Versions of an object that the proxy keeps, to tell old ones."""
_HOP = {"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "content-encoding"}


@dataclass(frozen=True)
class Made:
    """A write that the operator asked for, with the API server's answer: 0 if none is known.

    `version` is the object's afterwards. Times are those of `time.monotonic`.
    """

    at: float
    call: Call
    code: int
    uid: str = ""
    version: str = ""

    @property
    def acts(self) -> bool:
        """Whether it is an act of a leader: done, and neither a Lease nor an Event."""
        return 0 < self.code < 300 and self.call.resource not in ("leases", "events")


@dataclass
class Proxy:
    """Listens from `start` to `stop`. `kill` ends the operator behind it."""

    server: str
    tls: ssl.SSLContext
    seed: str
    kill: Callable[[], None] = lambda: None
    made: list[Made] = field(default_factory=list)
    calls: list[tuple[float, Call]] = field(default_factory=list)
    url: str = ""

    def __post_init__(self) -> None:
        self.book = Book(self.seed)
        self.connected = True
        self._shown = ""
        self._refused: set[str] = set()
        self._old: defaultdict[str, deque[bytes]] = defaultdict(lambda: deque(maxlen=REMEMBERED))
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None
        self._watches: set[asyncio.Task[object]] = set()
        self._thaw = asyncio.Event()

    def obey(self, *rules: Rule) -> None:
        """From now on these rules hold instead of the former ones. What is frozen comes to life."""
        self.book.rules = rules
        self._thaw.set()
        self._thaw = asyncio.Event()

    def cut(self) -> None:
        """No connection of the operator's lives, and no new one gets through, until `mend`."""
        self.connected = False
        self.cut_watches()

    def mend(self) -> None:
        """Connections work again."""
        self.connected = True

    def revoke(self) -> None:
        """The token that the operator last showed is refused from now on."""
        self._refused.add(self._shown)

    def acted(self) -> float:
        """When the operator behind it last did something; 0 if never."""
        return max((one.at for one in self.made if one.acts), default=0.0)

    def cut_watches(self) -> None:
        """Ends all watches that are open, in the middle."""
        for task in self._watches:
            task.cancel()

    async def start(self) -> None:
        """Begins to listen on a free port."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self.tls, limit=0),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
            auto_decompress=True,
        )
        app = web.Application(client_max_size=16 * 2**20)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Closes everything."""
        self.cut_watches()
        if self._runner:
            await self._runner.cleanup()
        if self._session:
            await self._session.close()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if not self.connected:
            return _closed(request)
        self._shown = request.headers.get("Authorization", "")
        if self._shown in self._refused:
            return _answer(Answer(401, "Unauthorized"))
        call = self._call(request)
        body = await request.read()
        self.calls.append((time.monotonic(), call))
        fault = self.book.request(call)
        try:
            if call.verb == "watch" and not isinstance(fault, Answer | Hang | Drop | Kill):
                return await self._watch(request, call, fault)
            return await self._once(request, call, body, fault)
        except aiohttp.ClientError:
            return _closed(request)  # the API server does not answer: neither do we

    async def _once(
        self, request: web.Request, call: Call, body: bytes, fault: OfRequests | None
    ) -> web.StreamResponse:
        match fault:
            case Answer():
                self._note(call, 0)
                return _answer(fault)
            case Hang(seconds):
                await asyncio.sleep(seconds)
                return _closed(request)
            case Drop():
                return _closed(request)
            case Kill(after=False):
                self.kill()
                return _closed(request)
            case Delay(seconds):
                await asyncio.sleep(seconds)
            case Stale(versions) if call.verb == "get":
                known = self._old[request.path]
                if len(known) > 1:
                    return _json(known[max(0, len(known) - 1 - versions)])
        code, text, headers = await self._forward(request, call, body, fault)
        match fault:
            case Duplicate(second):
                again = await self._forward(request, call, body, fault)
                code, text, headers = again if second else (code, text, headers)
            case Cut():
                return _closed(request)
            case Kill(after=True):
                self.kill()
                return _closed(request)
            case Truncate(honest):
                return await self._half(request, code, text, honest)
        return web.Response(body=text, status=code, headers=headers)

    async def _forward(
        self, request: web.Request, call: Call, body: bytes, fault: OfRequests | None
    ) -> tuple[int, bytes, dict[str, str]]:
        assert self._session is not None
        params = list(request.query.items())
        if isinstance(fault, Stale) and call.verb == "list" and "continue" not in request.query:
            at = await self._version(request)
            params += [("resourceVersion", str(max(1, at - fault.versions))), ("resourceVersionMatch", "Exact")]
        async with self._session.request(
            request.method, self.server + request.path, params=params, data=body or None, headers=_passed(request)
        ) as got:
            text = await got.read()
            headers = {name: value for name, value in got.headers.items() if name.lower() not in _HOP}
            self._note(call, got.status, text if call.writes or call.verb == "get" else b"", request.path)
            return got.status, text, headers

    async def _version(self, request: web.Request) -> int:
        """The version that a list would have now."""
        assert self._session is not None
        url, params = self.server + request.path, {**request.query, "limit": "1"}
        async with self._session.get(url, params=params, headers=_passed(request)) as got:
            return int((await got.json())["metadata"]["resourceVersion"])

    async def _watch(self, request: web.Request, call: Call, fault: OfRequests | None) -> web.StreamResponse:
        assert self._session is not None
        task = asyncio.current_task()
        assert task is not None
        if isinstance(fault, Delay):
            await asyncio.sleep(fault.seconds)
        url = self.server + request.path
        patience = aiohttp.ClientTimeout(total=None, sock_connect=10)
        async with self._session.get(
            url, params=list(request.query.items()), headers=_passed(request), timeout=patience
        ) as got:
            if got.status >= 300:
                return web.Response(body=await got.read(), status=got.status, content_type="application/json")
            response = web.StreamResponse(headers={"Content-Type": "application/json"})
            await response.prepare(request)
            self._watches.add(task)
            try:
                await streams.pump(got, response, call.resource, self.book, lambda: self._thaw)
            except asyncio.CancelledError:
                if self._runner is None:
                    raise
                _close(request)
            except (ConnectionError, streams.Torn):
                _close(request)
            finally:
                self._watches.discard(task)
        return response

    def _call(self, request: web.Request) -> Call:
        verb, resource, namespace, name = told(request.method, request.path, "watch" in request.query)
        return Call(verb, resource, namespace, name, self.book.number(verb, resource))

    def _note(self, call: Call, code: int, text: bytes = b"", place: str = "") -> None:
        if call.verb in ("list", "watch"):
            return
        meta: dict[str, str] = {}
        if code and code < 300 and text:
            answer = orjson.loads(text)
            meta = answer.get("metadata") or {} if isinstance(answer, dict) else {}
            if call.verb == "get" or (place and not call.resource.endswith("/status")):
                self._old[place].append(text)
        if call.writes:
            named = replace(call, name=call.name or meta.get("name", ""))
            self.made.append(Made(time.monotonic(), named, code, meta.get("uid", ""), meta.get("resourceVersion", "")))

    async def _half(self, request: web.Request, code: int, text: bytes, honest: bool) -> web.StreamResponse:
        half = text[: len(text) // 2]
        if honest:
            return web.Response(body=half, status=code, content_type="application/json")
        response = web.StreamResponse(status=code, headers={"Content-Type": "application/json"})
        response.content_length = len(text)
        await response.prepare(request)
        await response.write(half)
        _close(request)
        return response


def told(method: str, path: str, watch: bool) -> tuple[str, str, str, str]:
    """Verb, resource (with subresource), namespace and name of a request. Discovery has no resource."""
    parts = path.strip("/").split("/")
    rest = parts[2:] if parts[0] == "api" else parts[3:]
    namespace = ""
    if rest[:1] == ["namespaces"] and len(rest) > 2:
        namespace, rest = rest[1], rest[2:]
    plural, name, part = (*rest, "", "", "")[:3]
    resource = f"{plural}/{part}" if part else plural
    read = "watch" if watch else "get" if name or not plural else "list"
    verb = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}.get(method, read)
    return verb, resource, namespace, name


def _passed(request: web.Request) -> dict[str, str]:
    return {name: value for name, value in request.headers.items() if name.lower() not in _HOP}


def _answer(fault: Answer) -> web.Response:
    headers = {"Retry-After": str(fault.after)} if fault.after is not None else {}
    if fault.body:
        return web.Response(text=fault.body, status=fault.code, headers=headers, content_type="text/html")
    status = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "code": fault.code,
        "reason": fault.reason,
        "message": f"{fault.reason}: a fault that the test makes",
    }
    return web.json_response(status, status=fault.code, headers=headers)


def _json(text: bytes) -> web.Response:
    return web.Response(body=text, content_type="application/json")


def _close(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _closed(request: web.Request) -> web.Response:
    """Closes the connection without an answer; what is returned goes nowhere."""
    _close(request)
    return web.Response(status=500)
