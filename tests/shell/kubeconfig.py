"""Kubeconfigs with tokens, which may be replaced while somebody uses them."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from penstock.shell.client import HttpClient
from tests.shell.fake import FakeCluster


def kubeconfig(server: str, token: str) -> dict[str, object]:
    """A kubeconfig for that token."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {"token": token}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }


@asynccontextmanager
async def let_in(cluster: FakeCluster, folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HttpClient]:
    """A client that is let in by a kubeconfig with the token `first`."""
    write_token(cluster, folder, "first")
    cluster.tokens = {"first"}
    monkeypatch.setenv("KUBECONFIG", str(folder / "kubeconfig"))
    client = await HttpClient.connect("test", 4)
    try:
        yield client
    finally:
        await client.close()


def write_token(cluster: FakeCluster, folder: Path, token: str) -> None:
    """Lets whoever reads the kubeconfig anew in with that token."""
    (folder / "kubeconfig").write_text(json.dumps(kubeconfig(cluster.url, token)))
