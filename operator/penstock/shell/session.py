"""kopf's session (https://docs.kopf.dev/en/stable/authentication/#custom-http-sessions): what it gets to see.

kopf tries again what it takes for a passing trouble, and ends the operator at everything else: a page of a proxy, half
an answer, an error in the middle of a stream. What is no answer of the API server is asked for again here, by the same
rules as in the operator's own client, and kopf is told only what it knows how to go on with. It cannot write.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import takewhile
from typing import Any

import aiohttp
import structlog
from aiohttp.client_middlewares import ClientHandlerType

from penstock.api.base import GROUP
from penstock.api.plain import decode, shallow
from penstock.engine.client import Refused, Unreachable
from penstock.engine.watching import BRIEF, PAUSE
from penstock.shell.client import HttpClient, beginning, lines, refused

log = structlog.get_logger(__name__)

GONE = b'{"type":"ERROR","object":{"kind":"Status","metadata":{},"code":410}}\n'
"""How the API server ends a watch that cannot go on: who watches lists again."""

_EVENT = re.compile(rb'\{\s*"type"\s*:\s*"(?:ADDED|MODIFIED|DELETED|BOOKMARK)"')


Relisted = Callable[[str], Awaitable[None]]
"""Told of the path of each list that kopf makes anew."""


def session(client: HttpClient, relisted: Relisted) -> aiohttp.ClientSession:
    """A session that is let in as the client is, over its connections."""
    return client.session(middlewares=(Patience(client, relisted),), response_class=Answer)


class Answer(aiohttp.ClientResponse):
    """An answer that is read by the operator's own parser, which no object defeats, however deep it is nested."""

    _found: Any = None

    async def json(self, **_: Any) -> Any:
        """What it says."""
        if self._found is None:
            self._found = decode(await self.read())
        return self._found


class Sound:
    """The stream of a watch, line by line. What is no event ends it as if the watch could not go on."""

    def __init__(self, stream: aiohttp.StreamReader, *, over: bool = False) -> None:
        self._stream = stream
        self._over = over

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    async def iter_chunked(self, _: int) -> AsyncIterator[bytes]:
        """Whole lines, as many at a time as have come together."""
        async for together in lines(self._stream):
            sound = list(takewhile(_event, together))
            yield b"".join(shallow(line) + b"\n" for line in sound)
            self._over |= len(sound) < len(together)
            if self._over:
                break
        if self._over:
            await asyncio.sleep(PAUSE)
            yield GONE


class Patience:
    """A middleware that asks until there is an answer."""

    def __init__(self, client: HttpClient, relisted: Relisted) -> None:
        self.client = client
        self.relisted = relisted
        self._listed: set[str] = set()
        self._said: dict[str, str] = {}
        self._due: dict[str, float] = {}

    async def __call__(self, request: aiohttp.ClientRequest, handler: ClientHandlerType) -> aiohttp.ClientResponse:
        """One request of kopf's."""
        if request.method != "GET":
            raise RuntimeError(f"{request.method} {request.url.path}: kopf may only read")
        path = request.url.path
        while True:
            try:
                response = await self._once(request, handler)
            except (Refused, Unreachable, aiohttp.ClientError) as error:
                if isinstance(error, Refused) and error.code == 410:  # a list took too long: it begins anew
                    raise aiohttp.ClientPayloadError(str(error)) from error
                self._tell(path, str(error) or type(error).__name__)
            else:
                self._said.pop(path, None)
                return response
            await asyncio.sleep(PAUSE)

    async def _once(self, request: aiohttp.ClientRequest, handler: ClientHandlerType) -> aiohttp.ClientResponse:
        path, watch = request.url.path, "watch" in request.url.query
        if watch:
            await self._pace(path)
        used, headers = await self.client.credentials()
        request.headers.update(headers)
        response = await handler(request)
        if response.status < 300:
            if watch:
                response.content = Sound(response.content)  # type: ignore[assignment]
            else:
                await _check(path, response)
                if path in self._listed and "continue" not in request.url.query:
                    await self.relisted(path)
                self._listed.add(path)
            return response
        refusal = refused(response, await response.read())
        if watch and refusal.code == 410:
            response.status, response.content = 200, Sound(response.content, over=True)  # type: ignore[assignment]
        elif not (refusal.code == 404 and refusal.official and _part(path) == "resources" and GROUP not in path):
            if refusal.code == 401:
                await self.client.renew(used)
            raise refusal
        return response

    async def _pace(self, path: str) -> None:
        """A watch that ends at once does not begin again at once."""
        now = asyncio.get_running_loop().time()
        due = max(now, self._due.get(path, 0.0))
        self._due[path] = due + BRIEF
        await asyncio.sleep(due - now)

    def _tell(self, path: str, words: str) -> None:
        """Says once what is wrong, as long as it is the same."""
        if self._said.get(path) != words:
            self._said[path] = words
            log.warning("kopf gets no answer; it is asked again", path=path, error=words)


def _event(line: bytes) -> bool:
    return bool(_EVENT.match(line)) and line.endswith(b"}")


def _part(path: str) -> str:
    """What an answer must have, by what was asked for: what there is to watch, or objects."""
    match path.strip("/").split("/"):
        case ["api"]:
            return "versions"
        case ["apis"]:
            return "groups"
        case ["api", _] | ["apis", _, _]:
            return "resources"
    return "items"


async def _check(path: str, response: aiohttp.ClientResponse) -> None:
    """Whether it is an answer. kopf looks only once for what there is to watch: our kinds must be among it."""
    text = await response.read()
    try:
        found = await response.json()
    except ValueError:
        found = None
    if not isinstance(found, dict) or not isinstance(found.get(_part(path)), list):
        raise aiohttp.ClientPayloadError(f"not an answer of the API server: {beginning(text)}")
    if path == "/apis" and GROUP.encode() not in text:
        raise aiohttp.ClientPayloadError(f"{GROUP} is not served yet")
