"""Requests to the API server: a bounded number at a time, what is safe repeated; watches beside them.

Objects are plain dicts. The official client costs 11 MB once imported, and 130 MiB more with its typed models.
"""

import asyncio
import math
import random
from asyncio.sslproto import SSLProtocol
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

import aiohttp
import kopf
import orjson

from penstock.api.plain import decode
from penstock.engine import clock, metrics
from penstock.engine.client import Refused, Unreachable
from penstock.engine.resources import Object, Resource
from penstock.shell.access import access

ATTEMPTS = 6
PAGE = 100
TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=10)
SILENCE = 100.0
"""Seconds after which a watch that says nothing is given up: there is a bookmark about every minute."""
_WATCHED = {"watch": "1", "timeoutSeconds": "300", "allowWatchBookmarks": "true"}
_TRANSIENT = (429, 500, 502, 503, 504)
_JSON = "application/json"

SSLProtocol.max_size = 32 * 1024  # the buffer of each of 64 connections, else 256 KiB: a TLS record has 16 KiB at most


@dataclass(frozen=True, slots=True)
class _Request:
    verb: str
    resource: Resource
    path: str
    data: bytes | None
    params: Mapping[str, str] | None
    content: str


class HttpClient:
    """The engine's client over HTTP (see engine/client.py).

    `attempts`: tries of what does no harm when it is repeated. `time_left`: seconds for which this process may still
    write; asked before each write, and none goes out once they are over.
    """

    def __init__(
        self,
        server: str,
        version: str,
        concurrency: int,
        configuration: kopf.ConnectionInfo | None = None,
        attempts: int = ATTEMPTS,
    ) -> None:
        self.server = server.rstrip("/")
        self.attempts = attempts
        self.time_left: Callable[[], float] = lambda: math.inf
        self._configuration = configuration
        self._renewing = asyncio.Lock()
        self._slots = asyncio.Semaphore(concurrency)
        tls = configuration.as_ssl_context() if configuration else True
        agent = {"User-Agent": f"penstock-operator/{version}", "Accept": _JSON}
        # Were the watches to share these connections, so many of them as there are namespaces would leave none.
        requests = aiohttp.TCPConnector(limit=concurrency, ssl=tls, keepalive_timeout=60)
        self._session = aiohttp.ClientSession(connector=requests, timeout=TIMEOUT, headers=agent)
        self._watching = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, ssl=tls), headers=agent)

    @classmethod
    async def connect(cls, version: str, concurrency: int, attempts: int = ATTEMPTS) -> Self:
        """A client of the cluster that this process is configured for."""
        configuration = await access()
        return cls(configuration.server, version, concurrency, configuration, attempts)

    async def close(self) -> None:
        """Closes the connections."""
        await self._session.close()
        await self._watching.close()

    async def get(self, resource: Resource, namespace: str, name: str) -> Object:
        """One object."""
        return await self._send("GET", resource, resource.path(namespace, name))

    async def pages(
        self, resource: Resource, namespace: str | None, params: Mapping[str, str] | None = None
    ) -> AsyncIterator[tuple[int, list[Object]]]:
        """All objects of a namespace (None: of all), page by page, with the version at which all pages were true."""
        wanted = {"limit": str(PAGE), **resource.selectors, **(params or {})}
        while True:
            page = await self._send("GET", resource, resource.path(namespace), params=wanted)
            meta = page["metadata"]
            if not str(meta.get("resourceVersion")).isdecimal():
                raise Unreachable(f"GET {self.server}{resource.path(namespace)}: the answer is no list of objects")
            yield int(meta["resourceVersion"]), page.get("items") or []
            if not meta.get("continue"):
                return
            wanted["continue"] = meta["continue"]

    async def watch(
        self, resource: Resource, namespace: str | None, version: int
    ) -> AsyncIterator[Iterable[Mapping[str, Any]]]:
        """Events from a version on, as many at a time as have come together, until the API server ends the watch, as it
        does every few minutes. Among them are bookmarks, which only tell of a version: one that is silent is dead."""
        wanted = {**_WATCHED, **resource.selectors, "resourceVersion": str(version)}
        url = self.server + resource.path(namespace)
        used, headers = await self.credentials()
        patience = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=SILENCE)
        try:
            async with self._watching.get(url, params=wanted, headers=headers, timeout=patience) as response:
                if response.status >= 300:
                    refusal = refused(response, await response.read())
                    if refusal.code == 401:
                        await self.renew(used)
                    raise refusal
                async for together in lines(response.content):
                    yield _events(together, url)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unreachable(f"WATCH {url}: {error or type(error).__name__}") from error

    def session(self, **options: Any) -> aiohttp.ClientSession:
        """A session of somebody else's, over the connections of the watches; it says who it is as this client does."""
        shared = self._watching
        return aiohttp.ClientSession(
            connector=shared.connector, connector_owner=False, headers=shared.headers, **options
        )

    async def create(self, resource: Resource, manifest: Object, *, retry: bool = True) -> Object:
        """The object as it was created. `retry`: its name is fixed, so that a repetition does no harm."""
        path = resource.path(manifest["metadata"]["namespace"])
        return await self._send("POST", resource, path, manifest, retry=retry)

    async def replace(self, resource: Resource, manifest: Object, part: str = "") -> Object:
        """The object, or its subresource, as it now is; the manifest says which version it replaces."""
        meta = manifest["metadata"]
        return await self._send("PUT", resource, resource.path(meta["namespace"], meta["name"], part), manifest)

    async def patch(self, resource: Resource, namespace: str, name: str, patch: Any) -> Object:
        """The object as patched: by operations (a list, RFC 6902) or a merge (an object, RFC 7396)."""
        form = "json-patch" if isinstance(patch, list) else "merge-patch"
        path = resource.path(namespace, name)
        return await self._send("PATCH", resource, path, patch, content=f"application/{form}+json")

    async def delete(self, resource: Resource, namespace: str, name: str, uid: str = "", version: str = "") -> Object:
        """Deletes an object, which lasts until its children are gone. `uid`, `version`: only if it is that very one."""
        options: dict[str, Any] = {"propagationPolicy": "Foreground"}
        if uid:
            options["preconditions"] = {"uid": uid} | ({"resourceVersion": version} if version else {})
        return await self._send("DELETE", resource, resource.path(namespace, name), options)

    async def _send(
        self,
        verb: str,
        resource: Resource,
        path: str,
        body: Any = None,
        *,
        params: Mapping[str, str] | None = None,
        content: str = _JSON,
        retry: bool = True,
    ) -> Object:
        request = _Request(verb, resource, path, None if body is None else orjson.dumps(body), params, content)
        for attempt in range(1, self.attempts + 1):
            last = attempt == self.attempts or not retry
            try:
                return await self._once(request)
            except Refused as error:
                if error.code not in _TRANSIENT or last:
                    raise
                pause = error.retry_after
            except (aiohttp.ClientError, TimeoutError) as error:
                metrics.REQUESTS.labels(verb, resource.plural, "none").inc()
                if last:
                    raise Unreachable(f"{verb} {self.server}{path}: {error or type(error).__name__}") from error
                pause = None
            metrics.RETRIES.labels(verb, resource.plural).inc()
            backoff = min(5.0, 0.1 * 2**attempt) * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, no secret
            await asyncio.sleep(max(backoff, min(pause or 0.0, 30.0)))
        raise AssertionError("the last attempt returns or raises")

    async def _once(self, request: _Request) -> Object:
        """One try, and another with credentials that are read anew if these were not taken: tokens do not last."""
        used, headers = await self.credentials()
        try:
            return await self._ask(request, headers)
        except Refused as error:
            if error.code != 401 or used is None:
                raise
        await self.renew(used)
        _, headers = await self.credentials()
        return await self._ask(request, headers)

    async def _ask(self, request: _Request, headers: dict[str, str]) -> Object:
        verb, url = request.verb, self.server + request.path
        if request.data is not None:
            headers["Content-Type"] = request.content
        async with self._slots:
            if verb != "GET" and self.time_left() <= 0:
                raise Unreachable(f"{verb} {url}: not sent, since another replica may act by now")
            sent = clock.steady()
            asked = self._session.request(verb, url, data=request.data, params=request.params, headers=headers)
            async with asked as response:
                text = await response.read()
        if response.status < 300:
            answer = read(text, "metadata")
            clock.heard(response.headers.get("Date", ""), sent)
            metrics.REQUESTS.labels(verb, request.resource.plural, str(response.status)).inc()
            return answer
        refusal = refused(response, text)
        if refusal.code == 404 and request.params is None and not refusal.official:
            raise aiohttp.ClientPayloadError(f"404, but not by the API server: {refusal.message}")
        metrics.REQUESTS.labels(verb, request.resource.plural, str(response.status)).inc()
        raise refusal

    async def credentials(self) -> tuple[kopf.ConnectionInfo | None, dict[str, str]]:
        """What lets this process in, as it is now, and the headers that say so."""
        used = self._configuration
        if used is not None and used.expiration is not None and used.expiration <= datetime.now(UTC):
            await self.renew(used)
            used = self._configuration
        return used, used.as_http_headers() if used else {}

    async def renew(self, used: kopf.ConnectionInfo | None) -> None:
        """Reads anew what lets this process in, once for all whom the same credentials failed."""
        async with self._renewing:
            if used is None or self._configuration is not used:
                return
            try:
                self._configuration = await access()
            except Exception as error:
                raise Unreachable(f"no credentials: {error}") from error


async def lines(content: aiohttp.StreamReader) -> AsyncIterator[list[bytes]]:
    """The lines of a stream, as many at a time as have come together. What is left in the end is half an event, or a
    page of a proxy."""
    rest = b""
    async for chunk in content.iter_any():
        *together, rest = (rest + chunk).split(b"\n")
        if together:
            yield [line for line in together if line]
    if rest:
        yield [rest]


def _events(together: Iterable[bytes], url: str) -> Iterator[Mapping[str, Any]]:
    """The events of some lines, each read when it is its turn: what was read of a thousand would be cold by then."""
    for line in together:
        try:
            yield read(line, "object")
        except aiohttp.ClientError as error:
            raise Unreachable(f"WATCH {url}: {error}") from error


def read(text: bytes, part: str) -> Object:
    """What was answered, which must have that part. A proxy's page, or half an object, is as good as no answer."""
    try:
        found = decode(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not isinstance(found.get(part), dict):
        raise aiohttp.ClientPayloadError(f"not an answer of the API server: {beginning(text)}")
    return found


def refused(response: aiohttp.ClientResponse, text: bytes) -> Refused:
    try:
        status = orjson.loads(text)
    except orjson.JSONDecodeError:
        status = {}
    if not isinstance(status, dict):
        status = {}
    after = response.headers.get("Retry-After", "")
    return Refused(
        response.status,
        status.get("reason") or response.reason or "",
        status.get("message") or beginning(text),
        float(after) if after.isdecimal() else None,
        official=status.get("kind") == "Status",
    )


def beginning(text: bytes) -> str:
    return text[:500].decode(errors="replace")
