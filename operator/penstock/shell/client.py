"""Requests to the API server: one session, bounded concurrency, retries of what is safe to repeat.

Objects are plain dicts. The typed models of the official client are never imported: they cost 130 MiB.
"""

import asyncio
import os
import random
import ssl
from asyncio.sslproto import SSLProtocol
from collections.abc import AsyncIterator, Mapping
from typing import Any, Self

import aiohttp
import orjson
from kubernetes.aio.client.configuration import Configuration
from kubernetes.aio.config import ConfigException, load_incluster_config, load_kube_config

from penstock.api.plain import decode
from penstock.shell import metrics
from penstock.shell.resources import Object, Resource

ATTEMPTS = 6
PAGE = 100
TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=10)
_TRANSIENT = (429, 500, 502, 503, 504)
_JSON = "application/json"

SSLProtocol.max_size = 32 * 1024  # the buffer of each of 64 connections, else 256 KiB: a TLS record has 16 KiB at most


class Refused(Exception):
    """A request that the API server answered with an error. `code` is the HTTP status, `reason` the API's word."""

    def __init__(self, code: int, reason: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(f"{code} {reason}: {message}")
        self.code = code
        self.reason = reason
        self.message = message
        self.retry_after = retry_after


class Unreachable(Exception):
    """The API server gave no answer, several times."""


async def access() -> Configuration:
    """Where the API server is and how to be let in: KUBECONFIG, else the pod's service account, else ~/.kube/config."""
    found = Configuration()
    if "KUBECONFIG" not in os.environ:
        try:
            load_incluster_config(client_configuration=found)  # type: ignore[no-untyped-call]
        except ConfigException:
            pass
        else:
            return found
    await load_kube_config(client_configuration=found)  # type: ignore[no-untyped-call]
    return found


class Client:
    """The API server. Every method raises Refused or Unreachable."""

    def __init__(self, server: str, version: str, concurrency: int, configuration: Configuration | None = None) -> None:
        self.server = server.rstrip("/")
        self._configuration = configuration
        self._slots = asyncio.Semaphore(concurrency)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=concurrency, ssl=_tls(configuration), keepalive_timeout=60),
            timeout=TIMEOUT,
            headers={"User-Agent": f"penstock-operator/{version}", "Accept": _JSON},
        )

    @classmethod
    async def connect(cls, version: str, concurrency: int) -> Self:
        """A client of the cluster that this process is configured for."""
        configuration = await access()
        return cls(configuration.host, version, concurrency, configuration)

    async def close(self) -> None:
        """Closes the connections."""
        await self._session.close()

    async def get(self, resource: Resource, namespace: str, name: str) -> Object:
        """One object."""
        return await self._send("GET", resource, resource.path(namespace, name))

    async def pages(
        self, resource: Resource, namespace: str | None, params: Mapping[str, str] | None = None
    ) -> AsyncIterator[tuple[int, list[Object]]]:
        """All objects of a namespace (None: of all), page by page, with the version at which all pages were true."""
        wanted = {"limit": str(PAGE), **(params or {})}
        if resource.selector:
            wanted.setdefault("labelSelector", resource.selector)
        while True:
            page = await self._send("GET", resource, resource.path(namespace), params=wanted)
            meta = page["metadata"]
            yield int(meta["resourceVersion"]), page.get("items") or []
            if not meta.get("continue"):
                return
            wanted["continue"] = meta["continue"]

    async def watch(
        self, resource: Resource, namespace: str | None, version: str, params: Mapping[str, str] | None = None
    ) -> AsyncIterator[Mapping[str, Any]]:
        """Events from a version on, until the API server ends the watch, as it does every few minutes."""
        wanted = {"watch": "1", "resourceVersion": version, "timeoutSeconds": "300", **(params or {})}
        url = self.server + resource.path(namespace)
        headers = await self._credentials()
        patience = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=330)
        try:
            async with self._session.get(url, params=wanted, headers=headers, timeout=patience) as response:
                if response.status >= 300:
                    raise _refusal(response, await response.read())
                buffer = b""
                async for chunk in response.content.iter_any():
                    *lines, buffer = (buffer + chunk).split(b"\n")
                    for line in filter(None, lines):
                        yield decode(line)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unreachable(f"WATCH {url}: {error or type(error).__name__}") from error

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
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._once(verb, resource, path, body, params, content)
            except Refused as error:
                if error.code == 401 and attempt == 1 and self._configuration:
                    self._configuration = await access()  # a token that a plugin gave does not last
                elif error.code not in _TRANSIENT or attempt == ATTEMPTS or not retry:
                    raise
                pause = error.retry_after
            except (aiohttp.ClientError, TimeoutError) as error:
                metrics.REQUESTS.labels(verb, resource.plural, "none").inc()
                if attempt == ATTEMPTS or not retry:
                    raise Unreachable(f"{verb} {self.server}{path}: {error or type(error).__name__}") from error
                pause = None
            metrics.RETRIES.labels(verb, resource.plural).inc()
            backoff = min(5.0, 0.1 * 2**attempt) * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, no secret
            await asyncio.sleep(max(backoff, min(pause or 0.0, 30.0)))
        raise AssertionError("the last attempt returns or raises")

    async def _once(
        self, verb: str, resource: Resource, path: str, body: Any, params: Mapping[str, str] | None, content: str
    ) -> Object:
        headers = await self._credentials()
        data = None
        if body is not None:
            data = orjson.dumps(body)
            headers["Content-Type"] = content
        async with (
            self._slots,
            self._session.request(verb, self.server + path, data=data, params=params, headers=headers) as response,
        ):
            text = await response.read()
            metrics.REQUESTS.labels(verb, resource.plural, str(response.status)).inc()
            if response.status < 300:
                answer: Object = decode(text)
                return answer
            raise _refusal(response, text)

    async def _credentials(self) -> dict[str, str]:
        if self._configuration is None:
            return {}
        found: dict[str, Any] = dict(await self._configuration.auth_settings())
        return {one["key"]: one["value"] for one in found.values() if one.get("in") == "header" and one.get("value")}


def _tls(configuration: Configuration | None) -> ssl.SSLContext | bool:
    if configuration is None:
        return True
    context = ssl.create_default_context(cafile=configuration.ssl_ca_cert, cadata=configuration.ca_cert_data)
    if configuration.cert_file:
        context.load_cert_chain(configuration.cert_file, configuration.key_file)
    if not configuration.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _refusal(response: aiohttp.ClientResponse, text: bytes) -> Refused:
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
        status.get("message") or text[:500].decode(errors="replace"),
        float(after) if after.isdecimal() else None,
    )
