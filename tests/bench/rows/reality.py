"""Row 9: seeded projects on simulated nodes whose pods take as long as they are told, beside core's simulation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

from tests.bench import workloads
from tests.bench.comparison import Lived, Prospect, lags, makespan, overtaken, prospect, with_lags
from tests.bench.figures import Figure
from tests.bench.observer import Observer
from tests.bench.occupancy import Occupancy
from tests.bench.progress import note
from tests.bench.rig import Rig, rig
from tests.bench.schedule.instances import GPU_NODE, Instance, mix, project
from tests.bench.schedule.scaled import Seconds, estimates, nodes, steps, together, truths

NODES = "/api/v1/nodes"
MAKESPAN = 90.0
"""Seconds that a run takes, about: long beside the lags of a control plane, short enough for a bench."""
PATIENCE = 4 * MAKESPAN
RESOURCES = ("cpu", "nvidia.com/gpu", "bench.penstock.dev/licence", "bench.penstock.dev/disk")


@dataclass(frozen=True)
class Case:
    """How a project is run: the operator's policy, and what the Pipeline declares (`exact`, `off` or `none`)."""

    policy: str
    declares: str

    @property
    def name(self) -> str:
        return f"{self.policy}-{self.declares}"


EXACT = (Case("critical-path", "exact"), Case("planned", "exact"))
OFF = (Case("critical-path", "off"), Case("planned", "off"))
BLIND, FIFO = Case("planned", "none"), Case("fifo", "none")
CASES = (*EXACT, *OFF, BLIND, FIFO)


@dataclass(frozen=True)
class Outcome:
    """One run. Seconds; `until_told`: from the first Job until the Pipeline said Succeeded."""

    cluster: float
    until_told: float
    simulated: float
    over_commits: int
    unschedulable: int


Outcomes = Mapping[str, Mapping[Case, Outcome]]
"""By project and case."""


def projects() -> list[Instance]:
    """Two on one node with four resources, from the middle of PSPLIB's knobs; and four GPU trainings on two nodes."""
    small = project(30, 1.5, 0.5, 0.5, 0, RESOURCES)
    large = project(60, 1.8, 0.5, 0.5, 0, RESOURCES)
    return [small, large, together(mix(4, 0, (GPU_NODE, GPU_NODE)))]


async def trial() -> list[Figure]:
    """Every project in every case, one after the other."""
    return figures({one.name: await _project(one) for one in projects()})


async def _project(instance: Instance, cases: Sequence[Case] = CASES) -> dict[Case, Outcome]:
    truth = truths(instance, MAKESPAN)
    count, allocatable = nodes(instance)
    note(f"{instance.name}: {len(truth)} steps of {min(truth.values()):.1f} to {max(truth.values()):.1f} s")
    async with rig(nodes=count, allocatable=allocatable) as bench:
        return {case: await _run(bench, instance, case, truth) for case in cases}


async def _run(bench: Rig, instance: Instance, case: Case, truth: Seconds) -> Outcome:
    declared = {"exact": truth, "off": estimates(truth, instance.name), "none": {}}[case.declares]
    name = instance.name.replace(".", "-")
    pipeline = workloads.pipeline(name, steps(instance, truth, declared, case.name))
    pipeline["spec"]["defaults"]["resources"] = {}
    listed, _ = await bench.api.items(NODES)
    occupancy = Occupancy({one["metadata"]["name"]: one["status"]["allocatable"] for one in listed})
    with bench.running({"policy": case.policy}):
        await bench.warm_up(f"warm-up-{case.name}")
        space = await bench.namespace(case.name)
        async with Observer(bench.api, space, also=occupancy.take) as seen:
            await bench.apply(space, pipeline)
            await seen.until(f"{instance.name}, {case.name}", lambda: name in seen.finished, PATIENCE)
    lived = {step[1]: Lived(times[0], seen.ran[step], seen.succeeded[step]) for step, times in seen.jobs.items()}
    expected = prospect(pipeline, space, listed, case.policy)
    simulated = expected.run(truth)
    outcome = Outcome(
        makespan(lived),
        seen.finished[name][0] - min(one.created for one in lived.values()),
        simulated.makespan,
        len(occupancy.over),
        len(occupancy.unschedulable),
    )
    _explain(f"{instance.name}, {case.name}", outcome, lived, expected, truth)
    note(f"{len(occupancy.elsewhere)} of {len(occupancy.placed)} pods on another node than admission chose for them")
    return outcome


def _explain(name: str, outcome: Outcome, lived: Mapping[str, Lived], expected: Prospect, truth: Seconds) -> None:
    """Where reality differs from the plan: in the lags, or in what was decided."""
    lagged = expected.run(with_lags(lived, truth)).makespan
    pairs = overtaken(lived, expected.run(truth))
    note(
        f"{name}: {outcome.cluster:.2f} s on the cluster ({outcome.until_told:.2f} s until the "
        f"Pipeline says so), {outcome.simulated:.2f} s simulated, ratio {outcome.cluster / outcome.simulated:.3f}; "
        f"simulated with the lags of this run {lagged:.2f} s; {lags(lived, truth)}; {pairs} pairs in another order; "
        f"{outcome.unschedulable} pods Unschedulable, {outcome.over_commits} over-commits"
    )


def figures(found: Outcomes) -> list[Figure]:
    """The figures of row 9, over all projects: of each ratio the mean and the worst."""
    every = [one for cases in found.values() for one in cases.values()]
    return [
        *(figure for case in EXACT for figure in _follows(found, case)),
        *(figure for off, known in zip(OFF, EXACT, strict=True) for figure in _loses(found, off, known)),
        *_against_fifo(found),
        Figure(9, "all runs: pods that were Unschedulable", sum(one.unschedulable for one in every), "", 0),
        Figure(9, "all runs: over-commits", sum(one.over_commits for one in every), "", 0),
    ]


def _follows(found: Outcomes, case: Case) -> list[Figure]:
    ratios = [cases[case].cluster / cases[case].simulated for cases in found.values()]
    told = [cases[case].until_told / cases[case].simulated for cases in found.values()]
    name = f"{case.policy}, {len(found)} projects"
    return [
        Figure(9, f"{name}: makespan on the cluster / simulated, mean", mean(ratios)),
        Figure(9, f"{name}: makespan on the cluster / simulated, worst", max(ratios), "", 1.03),
        Figure(9, f"{name}: until the Pipeline says Succeeded / simulated, worst", max(told)),
    ]


def _loses(found: Outcomes, off: Case, known: Case) -> list[Figure]:
    ratios = [cases[off].cluster / cases[known].cluster for cases in found.values()]
    name = f"{off.policy}, durations off by up to 30 %"
    return [
        Figure(9, f"{name}: makespan / with true ones, mean", mean(ratios), "", 1.04),
        Figure(9, f"{name}: makespan / with true ones, worst", max(ratios)),
        Figure(9, f"{name}: the same simulated, worst", _worst_simulated(found, off, known)),
    ]


def _against_fifo(found: Outcomes) -> list[Figure]:
    ratios = [cases[BLIND].cluster / cases[FIFO].cluster for cases in found.values()]
    name = f"{BLIND.policy}, no durations"
    return [
        Figure(9, f"{name}: makespan / FIFO's, mean", mean(ratios)),
        Figure(9, f"{name}: makespan / FIFO's, worst", max(ratios), "", 1.02),
        Figure(9, f"{name}: the same simulated, worst", _worst_simulated(found, BLIND, FIFO)),
    ]


def _worst_simulated(found: Outcomes, case: Case, beside: Case) -> float:
    return max(cases[case].simulated / cases[beside].simulated for cases in found.values())
