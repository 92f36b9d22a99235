"""Row 6: what a step costs in a Pipeline of 100 steps and with 10,000 steps."""

from __future__ import annotations

from dataclasses import dataclass

from tests.bench import workloads
from tests.bench.figures import Figure, percentile
from tests.bench.observer import Observer
from tests.bench.progress import note
from tests.bench.rig import rig
from tests.bench.rows.chain import hops
from tests.bench.rows.measured import spending
from tests.plane import api
from tests.plane.api import Object

SIZES = (100, 1_000, 10_000)
CPU, WRITES, SIZE, HOP = "operator CPU per step", "writes per step", "written per step", "hop p99"
LAYER = 50
STEPS = 500


@dataclass(frozen=True)
class Cost:
    """Of one step: CPU of the operator in ms, writes, bytes of all events about Steps and Pipelines; and the hop's p99
    in ms."""

    cpu: float
    writes: float
    size: float
    hop: float


async def trial() -> list[Figure]:
    """Layers of 50 steps, each step of which needs one of the layer before."""
    costs = {size: await _run(size) for size in SIZES}
    small, large = costs[SIZES[0]], costs[SIZES[-1]]
    name = f"{SIZES[0]} -> {SIZES[-1]:,} steps"
    return [
        *(figure for size, cost in costs.items() for figure in _figures(size, cost)),
        Figure(6, f"{name}: CPU per step grows to", large.cpu / small.cpu, "×", 1.2),
        Figure(6, f"{name}: writes per step grow to", large.writes / small.writes, "×", 1.2),
        Figure(6, f"{name}: bytes of the operator's objects per step grow to", large.size / small.size, "×", 1.2),
        Figure(6, f"{name}: hop p99 grows to", large.hop / small.hop, "×", 2),
    ]


def _figures(size: int, cost: Cost) -> list[Figure]:
    """What the picture is drawn from."""
    return [
        Figure(6, f"{size:,} steps: {CPU}", cost.cpu, "ms"),
        Figure(6, f"{size:,} steps: {WRITES}", cost.writes),
        Figure(6, f"{size:,} steps: {SIZE}", cost.size / 1024, "KiB"),
        Figure(6, f"{size:,} steps: {HOP}", cost.hop, "ms"),
    ]


async def _run(count: int) -> Cost:
    sizes = [min(STEPS, count - first) for first in range(0, count, STEPS)]
    graphs = {f"growth-{number}": _layers(size) for number, size in enumerate(sizes)}
    needs = {step: needed for name, steps in graphs.items() for step, needed in workloads.needs(name, steps).items()}
    async with rig() as bench:
        with bench.running() as operator:
            await bench.warm_up()
            space = await bench.namespace("growth")
            async with Observer(bench.api, space) as seen:
                with spending(bench, operator) as spent:
                    await bench.apply(space, *(workloads.pipeline(name, steps) for name, steps in graphs.items()))
                    await seen.until("the layers", lambda: len(seen.finished) == len(graphs), 3600)
    times = hops(seen, needs)
    writes, size = spent.calls.writes().total(), seen.size[api.STEPS] + seen.size[api.PIPELINES]
    cost = Cost(spent.operator / count * 1000, writes / count, size / count, percentile(times, 0.99))
    note(f"{count:,} steps: {cost}")
    return cost


def _layers(count: int) -> list[Object]:
    names = [f"s{number:04}" for number in range(count)]
    return [
        workloads.step(name, *([names[number - LAYER]] if number >= LAYER else [])) for number, name in enumerate(names)
    ]
