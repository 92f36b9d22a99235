"""What every scenario that runs steps measures of the operator: its calls, its processor time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.bench.audit import Calls
from tests.bench.figures import Figure
from tests.bench.observer import Observer
from tests.bench.progress import note
from tests.bench.rig import OPERATOR, Rig
from tests.plane.api import PIPELINES, STEPS
from tests.plane.operator import Operator


@dataclass
class Spent:
    """What a stretch of work took. ``plane``: the control plane and the simulated nodes."""

    operator: float = 0.0
    plane: float = 0.0
    calls: Calls = field(default_factory=Calls)


@contextmanager
def spending(rig: Rig, operator: Operator) -> Iterator[Spent]:
    """Measures the block; the object is filled at its end."""
    spent = Spent()
    audit, plane, own = rig.audit, rig.cpu(), operator.process.cpu()
    yield spent
    spent.operator, spent.plane = operator.process.cpu() - own, rig.cpu() - plane
    spent.calls = audit.calls(OPERATOR)


@dataclass(frozen=True)
class Goals:
    """The goals of rows 3 and 4 for a workload: writes a step, ms of processor time a step. ``peer``: another's."""

    writes: float | None = None
    cpu: float | None = None
    peer: str = ""


def costs(name: str, spent: Spent, seen: Observer, steps: int, goals: Goals) -> list[Figure]:
    """Calls and processor time per step."""
    calls = spent.calls
    note(f"{name}: writes per step: {breakdown(calls.writes(), steps)}")
    note(f"{name}: reads per step: {breakdown(calls.reads(), steps)}")
    noops = sum(
        calls.changes(resource) - seen.modified[collection]
        for resource, collection in (("steps", STEPS), ("pipelines", PIPELINES))
    )
    return [
        Figure(3, f"{name}: writes per step", calls.writes().total() / steps, "", goals.writes),
        Figure(3, f"{name}: reads per step", calls.reads().total() / steps, "", 0.02),
        Figure(3, f"{name}: writes that changed nothing", max(noops, 0), "", 0),
        Figure(4, f"{name}: operator CPU per step", spent.operator / steps * 1000, "ms", goals.cpu, peer=goals.peer),
    ]


def breakdown(calls: Counter[tuple[str, str]], steps: int) -> str:
    """The calls by verb and resource, per step: ``create steps 1.00, ...``."""
    return (
        ", ".join(f"{verb} {resource} {count / steps:.2f}" for (verb, resource), count in calls.most_common()) or "none"
    )
