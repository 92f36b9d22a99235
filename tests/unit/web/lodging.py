"""A server as in the cluster, on loopback, with an API server behind it that shows scenes in two namespaces."""

from __future__ import annotations

import copy
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from tests.scenes.api import SceneApi
from tests.unit.web.page import Page

from penstock.cluster.api import Cluster
from penstock.web.server.application import listening
from penstock.web.server.shared import Offer, shared

SECRET = "xyzzy"
"""Stands in everything of namespace `lab`, and in nothing of `ml`."""


@dataclass
class Lodging:
    api: SceneApi
    session: aiohttp.ClientSession
    place: str

    def page(self, token: str) -> Page:
        """The page of whoever has that token."""
        return Page(self.session, self.place, token)


@asynccontextmanager
async def lodging(api: SceneApi, folder: Path, offer: Offer | None = None) -> AsyncIterator[Lodging]:
    """The account of the server is ada's. `reader` may see namespace ml, `admin` everything, and `nobody` nothing."""
    for (kind, namespace, name), obj in list(api.objects.items()):
        if namespace == "ml":
            api.objects[kind, "lab", _told(name)] = _moved(obj)
    api.users = {
        "reader": lambda namespace, resource: namespace == "ml",
        "admin": lambda namespace, resource: True,
        "nobody": lambda namespace, resource: False,
    }
    bound = socket.create_server(("127.0.0.1", 0))
    place = f"http://127.0.0.1:{bound.getsockname()[1]}{(offer or Offer()).base}/"
    cluster = Cluster(kubeconfig=str(api.kubeconfig(folder / "kubeconfig")))
    async with (
        listening(shared(cluster, offer or Offer()), bound),
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
    ):
        yield Lodging(api, session, place)


def _told(name: str) -> str:
    pipeline, dot, step = name.partition(".")
    return f"{pipeline}-{SECRET}{dot}{step}"


def _moved(obj: dict[str, Any]) -> dict[str, Any]:
    found = copy.deepcopy(obj)
    meta = found["metadata"]
    meta.update(namespace="lab", name=_told(meta["name"]), uid=f"{meta['uid']}-{SECRET}")
    labels = meta.get("labels") or {}
    if "penstock.dev/pipeline" in labels:
        labels["penstock.dev/pipeline"] += f"-{SECRET}"
    for owner in meta.get("ownerReferences") or ():
        owner["uid"] += f"-{SECRET}"
    if found.get("status"):
        found["status"]["message"] = f"waits for {SECRET}"
    if found["kind"] == "Pipeline":
        found["spec"]["description"] = SECRET
    return found
