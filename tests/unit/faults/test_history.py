"""The watcher notices what a gap hid, and what a restored snapshot took back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from tests.faults.history import KINDS, Watcher
from tests.plane.api import STEPS, path


class Cluster:
    """Lists what it has; its watches tell nothing."""

    def __init__(self) -> None:
        self.version = 10
        self.steps: list[dict[str, Any]] = []

    async def items(self, where: str) -> tuple[list[dict[str, Any]], str]:
        return (self.steps if where == path(STEPS) else []), str(self.version)

    async def watch(self, _where: str, _version: str) -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""


def step(name: str, version: int) -> dict[str, Any]:
    meta = {"name": name, "uid": name, "namespace": "ns", "resourceVersion": str(version)}
    return {"metadata": meta, "status": {"phase": "Running"}}


async def test_what_was_deleted_and_what_never_was() -> None:
    cluster = Cluster()
    cluster.steps = [step("a", 3), step("b", 4)]
    async with Watcher(cluster) as watcher:  # type: ignore[arg-type]
        history = watcher.histories["ns"]
        assert set(history.objects("Step")) == {"a", "b"}
        cluster.version, cluster.steps = 7, [step("a", 3)]
        await watcher.pause()
        await watcher.resume(rewound=True)
        assert set(history.objects("Step")) == {"a"}
        (gone,) = [one for one in history.versions if one.gone]
        assert (gone.name, gone.undone, gone.number) == ("b", True, (1, 7))
        cluster.version, cluster.steps = 9, []
        await watcher.pause()
        await watcher.resume(rewound=True)
        (_, deleted) = [one for one in history.versions if one.gone]
        assert (deleted.name, deleted.undone) == ("a", False)
    assert len(KINDS) == 10
