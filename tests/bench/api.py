"""A plain client of the API server for the measuring side: requests and watches of dicts, nothing else."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from typing import Any, Self

import aiohttp
import orjson

from tests.cluster.controlplane import ControlPlane

USER = "bench"
"""Its name in the audit log."""
CONCURRENCY = 64

Object = dict[str, Any]

PIPELINES = "/apis/penstock.dev/v1alpha1/{namespace}pipelines"
STEPS = "/apis/penstock.dev/v1alpha1/{namespace}steps"
JOBS = "/apis/batch/v1/{namespace}jobs"
PODS = "/api/v1/{namespace}pods"


def path(collection: str, namespace: str = "", name: str = "") -> str:
    """Path of a collection, of one namespace or of all, or of an object in it."""
    place = collection.format(namespace=f"namespaces/{namespace}/" if namespace else "")
    return f"{place}/{name}" if name else place


class Api:
    """The API server of a control plane, as administrator."""

    def __init__(self, plane: ControlPlane) -> None:
        authority = plane.authority
        pair = authority.issue(USER, "system:masters")
        tls = ssl.create_default_context(cafile=str(authority.root.certificate))
        tls.load_cert_chain(pair.certificate, pair.key)
        self._server = plane.server
        self._slots = asyncio.Semaphore(CONCURRENCY)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=tls, limit=0), timeout=aiohttp.ClientTimeout(total=None)
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def get(self, where: str) -> Object:
        return await self._send("GET", where)

    async def create(self, where: str, manifest: Object) -> Object:
        return await self._send("POST", where, manifest)

    async def merge(self, where: str, patch: Object) -> Object:
        return await self._send("PATCH", where, patch, "application/merge-patch+json")

    async def delete(self, where: str) -> Object:
        return await self._send("DELETE", where, {"propagationPolicy": "Background"})

    async def items(self, where: str) -> tuple[list[Object], str]:
        """A complete list, and its version."""
        page = await self.get(where)
        return page["items"], page["metadata"]["resourceVersion"]

    async def watch(self, where: str, version: str) -> AsyncIterator[bytes]:
        """The lines of a watch from a version on, until the API server ends it."""
        params = {"watch": "true", "resourceVersion": version, "timeoutSeconds": "3600"}
        async with self._session.get(self._server + where, params=params) as response:
            response.raise_for_status()
            rest = b""
            async for chunk in response.content.iter_any():
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    yield line

    async def _send(self, verb: str, where: str, body: Object | None = None, kind: str = "application/json") -> Object:
        data = orjson.dumps(body) if body is not None else None
        headers, url = {"Content-Type": kind}, self._server + where
        while True:
            async with (
                self._slots,
                self._session.request(verb, url, data=data, headers=headers) as got,
            ):
                text = await got.read()
            if got.status < 300:
                answer: Object = orjson.loads(text)
                return answer
            if got.status != 429:
                raise RuntimeError(f"{verb} {where}: {got.status} {text.decode()[:500]}")
            await asyncio.sleep(float(got.headers.get("Retry-After", 1)))
