"""Instances as Pipelines that take a minute or two on simulated nodes: what a step takes, and what it declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

from penstock.api.quantities import MILLI
from penstock.core.admission.policies import CRITICAL_PATH
from penstock.core.admission.shapes import PODS
from penstock.core.foresight.simulate import simulate
from tests.bench.schedule.instances import Instance
from tests.bench.stages import TAKES

VARIED = 0.1
OFF = 0.3
"""By how much of the declared duration the true one differs at most, where estimates are wrong."""

Seconds = Mapping[str, float]
"""Of every step, by name."""


def together(instance: Instance) -> Instance:
    """The instance with nothing released later: as one Pipeline that is created at once."""
    activities = tuple(replace(one, release=0.0) for one in instance.workload.activities)
    return replace(instance, workload=replace(instance.workload, activities=activities))


def truths(instance: Instance, makespan: float) -> dict[str, float]:
    """What each step takes, scaled so that the dispatch rule needs about `makespan` seconds for all.

    Each is varied by up to a tenth: steps of a real run never end at the same instant, and where they did, the
    smallest delay would decide who goes first.
    """
    random = Random(f"truths/{instance.name}")
    unit = makespan / simulate(instance.workload, instance.capacity, 0.0, CRITICAL_PATH).makespan
    return {
        one.key[2]: round(one.duration * unit * random.uniform(1 - VARIED, 1 + VARIED), 2)
        for one in instance.workload.activities
    }


def estimates(truth: Seconds, name: str) -> dict[str, float]:
    """Durations to declare, of which the true ones are off by up to 30 %."""
    random = Random(f"estimates/{name}")
    return {step: round(took / random.uniform(1 - OFF, 1 + OFF), 2) for step, took in truth.items()}


def steps(instance: Instance, truth: Seconds, declared: Seconds, run: str) -> list[dict[str, Any]]:
    """The steps of the Pipeline. `declared`: durations in the manifest, none for steps that it lacks.

    No two steps run the same command, and no step that of another `run`: what the operator learns from the end of one
    says nothing about another, so that it has the declared durations only.
    """
    found = []
    for one in instance.workload.activities:
        assert one.shape is not None
        name = one.key[2]
        needs = sorted({key[2] for barrier in one.after for key in instance.workload.barriers[barrier]})
        step: dict[str, Any] = {
            "name": name,
            "command": [run, name],
            "resources": {"requests": quantities(one.shape.requests)},
            "pod": {"annotations": {TAKES: f"{truth[name]:.2f}s"}},
        }
        if needs:
            step["needs"] = needs
        if name in declared:
            step["duration"] = f"{declared[name]:.2f}s"
        found.append(step)
    return found


def nodes(instance: Instance) -> tuple[int, dict[str, str]]:
    """How many nodes there are, and what each has. They must be alike."""
    views = list((instance.capacity.nodes or {}).values())
    (one,) = {tuple(sorted(view.allocatable.items())) for view in views}
    return len(views), {**quantities(dict(one)), "memory": "64Gi", PODS: "110"}


def quantities(amounts: Mapping[str, int]) -> dict[str, str]:
    """Milli-units as manifests have them."""
    return {
        name: f"{amount}m" if amount % MILLI else str(amount // MILLI)
        for name, amount in amounts.items()
        if name != PODS and amount
    }
