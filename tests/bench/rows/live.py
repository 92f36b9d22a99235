"""Steps that stay: Pipelines whose pods run until they are told to end."""

from __future__ import annotations

import asyncio

from tests.bench import workloads
from tests.bench.observer import Observer
from tests.bench.rig import Rig
from tests.bench.stages import HOLD
from tests.plane.api import PIPELINES, PODS, Object, path

STEPS = 500
"""Steps of one Pipeline at most."""
SECONDS = 1200


async def start(rig: Rig, space: str, seen: Observer, count: int, name: str = "live") -> None:
    """Runs ``count`` more steps, and returns when the pods of all run and the Steps say so."""
    pods, steps = len(seen.running) + count, sum(phase == "Running" for phase in seen.step_phases.values()) + count
    sizes = [min(STEPS, count - first) for first in range(0, count, STEPS)]
    await rig.apply(
        space,
        *(
            workloads.pipeline(f"{name}-{number}", workloads.independent(size, hold=True))
            for number, size in enumerate(sizes)
        ),
    )
    await seen.until("the pods of live steps", lambda: len(seen.running) >= pods, SECONDS)
    await seen.until(
        "the phases of live steps",
        lambda: sum(phase == "Running" for phase in seen.step_phases.values()) >= steps,
        60,
    )


async def delete(rig: Rig, space: str, seen: Observer) -> None:
    """Deletes all Pipelines of the namespace, and returns when nothing of them is left."""
    items, _ = await rig.api.items(path(PIPELINES, space))
    await asyncio.gather(*(rig.api.delete(path(PIPELINES, space, item["metadata"]["name"])) for item in items))
    await seen.until("the end of the objects", lambda: not any(seen.present.values()), SECONDS)


async def release(rig: Rig, pods: list[Object]) -> None:
    """Lets pods succeed."""
    patch = {"metadata": {"annotations": {HOLD: None}}}
    await asyncio.gather(
        *(rig.api.merge(path(PODS, pod["metadata"]["namespace"], pod["metadata"]["name"]), patch) for pod in pods)
    )
