"""What stands between the network and the routes: who may knock, what may be sent, and what every answer carries.

Loopback is no boundary: any page that the user has open, and any other user of the machine, can reach it. So each
request must name this host (against DNS rebinding, kubernetes/kubernetes#8871), come from this page or from none, and
show the token wherever data is told.
"""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Middleware

from penstock.web.wire import Refusal, encode

MOST_BYTES = 64 * 1024
"""Of a body."""
PLAN = "/api/plan"
PLAN_BYTES = 2**20
"""Of a manifest that is to be planned."""
API = "/api/"

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


@dataclass(frozen=True, slots=True)
class Door:
    """Who may come in. `hosts`: what requests may name as their host; `token`: what they show for data."""

    hosts: frozenset[str]
    token: str

    def turned_away(self, request: web.Request) -> web.Response | None:
        """Why a request is refused; None if it is not."""
        if request.host not in self.hosts:
            return refuse(421, "this server does not answer to that name; open the address that `penstock ui` printed")
        origin = request.headers.get("Origin")
        if origin is not None and origin not in {f"{request.scheme}://{host}" for host in self.hosts}:
            return refuse(403, "another page may not ask this server")
        if not request.path.startswith(API):
            return None if request.method in ("GET", "HEAD") else refuse(405, "this can only be read")
        if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            return refuse(403, "another page may not ask this server")
        shown = request.headers.get("Authorization", "")
        if not hmac.compare_digest(shown.encode(), f"Bearer {self.token}".encode()):
            return refuse(401, "the token is missing or is not that of this server; open the address that it printed")
        most = PLAN_BYTES if request.path == PLAN else MOST_BYTES
        if (request.content_length or 0) > most:
            return refuse(413, f"at most {most:,} bytes may be sent")
        return None


def refuse(status: int, sentence: str, **headers: str) -> web.Response:
    """An answer that says why there is no other."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.Response(status=status, body=encode(Refusal(sentence)), content_type="application/json", headers=named)


def guarded(door: Door) -> Middleware:
    """The middleware."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        return door.turned_away(request) or await _answered(request, handler)

    return middleware


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        return refuse(error.status, "there is nothing here" if error.status == 404 else error.reason)


async def dressed(request: web.Request, response: web.StreamResponse) -> None:
    """Gives every answer its headers, streams too, before they go out."""
    response.headers.update(HEADERS)
    if request.path.startswith(API):
        response.headers["Cache-Control"] = "no-store"
