"""What stands between the network and the routes: who may knock, what may be sent, and what every answer carries.

Loopback is no boundary: any page that the user has open, and any other user of the machine, can reach it. So each
request must name this host (against DNS rebinding, kubernetes/kubernetes#8871), come from this page or from none, and
show the token wherever data is told.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Middleware

from penstock.cluster.api import Refused, Unknown
from penstock.cluster.failure import Failure
from penstock.web.access.viewer import Viewer
from penstock.web.access.visitors import UNKNOWN, Stranger, Visitors
from penstock.web.wire import Refusal, encode

MOST_BYTES = 64 * 1024
"""Of a body,"""
PLAN = "/api/plan"
PLAN_BYTES = 2**20
"""of one with manifests that are to be planned,"""
BODY_SECONDS = 10.0
"""which has to be there after so long."""
MOST_AT_ONCE = 32
"""Requests of one viewer, streams among them."""
API = "/api/"
HEALTH = "/healthz"
"""For probes, which name an address as their host."""

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


TOLD: Mapping[int, Mapping[str, str]] = {
    400: {},
    403: {},
    404: {},
    409: {},
    422: {},
    503: {"Retry_After": "15"},
}
"""Refusals that are the answer to whoever asks, with their headers. Others: the API server could not be asked."""
VIEWER: web.RequestKey[Viewer] = web.RequestKey("viewer", Viewer)
BODY: web.RequestKey[bytes] = web.RequestKey("body", bytes)


@dataclass(frozen=True, slots=True)
class Door:
    """Who may come in.

    `hosts`: what requests may name as their host; one without a port goes with any. `base`: what all paths begin with.
    """

    hosts: frozenset[str]
    visitors: Visitors
    base: str = ""

    def turned_away(self, request: web.Request) -> web.Response | None:
        """Why a request is refused whoever sends it; None if it is not."""
        if request.path == HEALTH:
            return None
        if not self._names_us(request.host):
            return refuse(421, "this server does not answer to that name; open the address that you were given")
        origin = request.headers.get("Origin")
        if origin is not None and not self._ours(origin):
            return refuse(403, "another page may not ask this server")
        if not self.tells(request):
            return None if request.method in ("GET", "HEAD") else refuse(405, "this can only be read")
        if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            return refuse(403, "another page may not ask this server")
        return None

    def most(self, request: web.Request) -> int:
        """How many bytes its body may have."""
        return PLAN_BYTES if request.path == self.base + PLAN else MOST_BYTES

    def tells(self, request: web.Request) -> bool:
        """Whether it asks for data."""
        return request.path.startswith(self.base + API)

    async def who(self, request: web.Request) -> Viewer:
        """Who sends it. Raises Stranger, or Failure if that cannot be found out."""
        return await self.visitors.who(_token(request))

    def forget(self, request: web.Request) -> None:
        """Whoever sends it is nobody's any more."""
        self.visitors.forget(_token(request))

    def _ours(self, origin: str) -> bool:
        scheme, _, host = origin.partition("://")
        return scheme in ("http", "https") and self._names_us(host)

    def _names_us(self, host: str) -> bool:
        name = re.sub(r":\d{1,5}$", "", host.lower())
        return host.lower() in self.hosts or name in self.hosts


def _token(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else ""


def refuse(status: int, sentence: str, **headers: str) -> web.Response:
    """An answer that says why there is no other."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.Response(status=status, body=encode(Refusal(sentence)), content_type="application/json", headers=named)


def guarded(door: Door) -> Middleware:
    """The middleware."""
    asking: Counter[str] = Counter()

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        turned_away = door.turned_away(request)
        if turned_away is not None or not door.tells(request):
            return turned_away or await _answered(request, handler, door.most(request))
        try:
            viewer = request[VIEWER] = await door.who(request)
        except Failure as failure:
            return failed(failure)
        if asking[viewer.name] >= MOST_AT_ONCE:
            return refuse(429, "you ask for too much at once; try again", Retry_After="1")
        asking[viewer.name] += 1
        try:
            answer = await _answered(request, handler, door.most(request))
            if answer.status == 401:
                door.forget(request)
            return answer
        finally:
            asking[viewer.name] -= 1
            if not asking[viewer.name]:
                del asking[viewer.name]

    return middleware


async def _answered(request: web.Request, handler: Handler, most: int) -> web.StreamResponse:
    try:
        body = await _body(request, most)
        if body is None:
            return refuse(413, f"at most {most:,} bytes may be sent")
        request[BODY] = body
        return await handler(request)
    except web.HTTPException as error:
        return refuse(error.status, "there is nothing here" if error.status == 404 else error.reason)
    except Failure as failure:
        return failed(failure)


async def _body(request: web.Request, most: int) -> bytes | None:
    """The whole body; None if it is too long, and what is beyond is not read."""
    if (request.content_length or 0) > most:
        return None
    found = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for piece in request.content.iter_any():
                found += piece
                if len(found) > most:
                    return None
    except TimeoutError:
        raise web.HTTPRequestTimeout(reason=f"what is sent has to come within {BODY_SECONDS:.0f} seconds") from None
    return bytes(found)


def failed(failure: Failure) -> web.Response:
    """What the API server said, as far as it is about who asks; else it could not be asked."""
    if isinstance(failure, Stranger):
        return refuse(401, str(failure), WWW_Authenticate="Bearer")
    if isinstance(failure, Unknown):  # revoked, or expired, a moment ago
        return refuse(401, UNKNOWN, WWW_Authenticate="Bearer")
    status = failure.status if isinstance(failure, Refused) and failure.status in TOLD else 502
    return refuse(status, str(failure), **TOLD.get(status, {}))


async def dressed(request: web.Request, response: web.StreamResponse) -> None:
    """Gives every answer its headers, streams too, before they go out."""
    response.headers.update(HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")
