"""A plain client of the API server for the measuring side: requests and watches of dicts, nothing else."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
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
COMPONENTS = "/apis/penstock.dev/v1alpha1/{namespace}components"
SCHEDULES = "/apis/penstock.dev/v1alpha1/{namespace}pipelineschedules"
JOBS = "/apis/batch/v1/{namespace}jobs"
PODS = "/api/v1/{namespace}pods"
SERVICES = "/api/v1/{namespace}services"
SECRETS = "/api/v1/{namespace}secrets"
QUOTAS = "/api/v1/{namespace}resourcequotas"
CLAIMS = "/api/v1/{namespace}persistentvolumeclaims"
ACCOUNTS = "/api/v1/{namespace}serviceaccounts"
ROLES = "/apis/rbac.authorization.k8s.io/v1/{namespace}roles"
BINDINGS = "/apis/rbac.authorization.k8s.io/v1/{namespace}rolebindings"
REVISIONS = "/apis/apps/v1/{namespace}controllerrevisions"
LEASES = "/apis/coordination.k8s.io/v1/{namespace}leases"
EVENTS = "/apis/events.k8s.io/v1/{namespace}events"
NODES = "/api/v1/{namespace}nodes"
NAMESPACES = "/api/v1/namespaces"


def path(collection: str, namespace: str = "", name: str = "", part: str = "") -> str:
    """Path of a collection, of one namespace or of all, of an object in it, or of a subresource of that."""
    place = collection.format(namespace=f"namespaces/{namespace}/" if namespace else "")
    return "/".join(filter(None, (place, name, part)))


class ApiError(RuntimeError):
    """A request that the API server answered with an error; `code` is the HTTP status."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class Api:
    """The API server of a control plane, as administrator.

    `patience`: for how many seconds a request is repeated while the API server gives no answer at all.
    """

    def __init__(self, plane: ControlPlane, patience: float = 0) -> None:
        self._server = plane.server
        self._patience = patience
        self._slots = asyncio.Semaphore(CONCURRENCY)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=trusting(plane), limit=0), timeout=aiohttp.ClientTimeout(total=None)
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def get(self, where: str) -> Object:
        return await self._send("GET", where)

    async def create(self, where: str, manifest: Object) -> Object:
        return await self._send("POST", where, manifest)

    async def replace(self, where: str, manifest: Object) -> Object:
        return await self._send("PUT", where, manifest)

    async def merge(self, where: str, patch: Object) -> Object:
        return await self._send("PATCH", where, patch, "application/merge-patch+json")

    async def delete(self, where: str, propagation: str = "Background", grace: int | None = None) -> Object:
        options: Object = {"propagationPolicy": propagation}
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        return await self._send("DELETE", where, options)

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
        data = _encoded(body) if body is not None else None
        headers, url = {"Content-Type": kind}, self._server + where
        deadline = time.monotonic() + self._patience
        while True:
            try:
                async with (
                    self._slots,
                    self._session.request(verb, url, data=data, headers=headers) as got,
                ):
                    text = await got.read()
            except aiohttp.ClientError:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.2)
                continue
            if got.status < 300:
                answer: Object = orjson.loads(text)
                return answer
            if got.status != 429:
                raise ApiError(got.status, f"{verb} {where}: {got.status} {text.decode()[:500]}")
            await asyncio.sleep(float(got.headers.get("Retry-After", 1)))


def _encoded(body: Object) -> bytes:
    try:
        return orjson.dumps(body)
    except TypeError:  # numbers and depths that it does not know
        return json.dumps(body).encode()


def trusting(plane: ControlPlane, user: str = USER) -> ssl.SSLContext:
    """The way to the API server over TLS: its authority is trusted, and the certificate of an administrator shown.

    Without a `user` nobody is named: a token then says who asks.
    """
    authority = plane.authority
    tls = ssl.create_default_context(cafile=str(authority.root.certificate))
    if user:
        pair = authority.issue(user, "system:masters")
        tls.load_cert_chain(pair.certificate, pair.key)
    return tls
