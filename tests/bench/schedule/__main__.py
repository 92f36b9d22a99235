"""`python -m tests.bench.schedule`: scheduling policies against the best known schedules; prints Markdown tables.

Options: --quick (a few instances, for a look), --seconds N (for CP-SAT per instance), --only TABLE, --psplib
FOLDER.
"""

import argparse
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import mean
from time import process_time

from penstock.core.admission.policies import POLICIES
from penstock.core.foresight.activities import Activity, Workload
from penstock.core.foresight.improve import improve
from penstock.core.foresight.planned_pass import PLACEMENTS, affordable, prepared
from penstock.core.foresight.simulate import Simulated, simulate
from tests.bench.schedule import psplib
from tests.bench.schedule.instances import Instance, epigenomics, mix, montage, project

GPU = "nvidia.com/gpu"

LONGER = 8
"""How many times as long as a planned pass the search is that the reference begins from."""

STRENGTHS: Mapping[int, Sequence[float]] = {
    30: (0.2, 0.5, 0.7, 1.0),
    60: (0.2, 0.5, 0.7, 1.0),
    120: (0.1, 0.2, 0.3, 0.4, 0.5),
}
"""Resource strengths by number of activities, as PSPLIB has them: J120 is scarcer than the others."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One instance under every policy."""

    instance: Instance
    runs: Mapping[str, Simulated]
    best: float
    proven: bool
    planning: float
    """Seconds of processor time."""


Best = Callable[[Instance, dict[tuple[str, str, str], float], float], tuple[float, bool]]


def measure(instance: Instance, best: Best) -> Measured:
    """Runs all policies; the planned one after a planned pass."""
    began = process_time()
    workload = prepared(instance.workload, instance.capacity)
    took = process_time() - began
    runs = {name: simulate(workload, instance.capacity, 0.0, policy) for name, policy in POLICIES.items()}
    for name, run in runs.items():
        check(instance, name, run)
    fastest = min(runs.values(), key=lambda run: run.makespan)
    makespan, proven = best(instance, {key: run.start for key, run in fastest.runs.items()}, fastest.makespan)
    return Measured(instance, runs, min(makespan, fastest.makespan), proven, took)


def check(instance: Instance, policy: str, run: Simulated) -> None:
    """Every activity ran, and no node was over-committed at any instant."""
    assert len(run.runs) == len(instance.workload.activities), (instance.name, policy, run.stuck)
    for node in (instance.capacity.nodes or {}).values():
        for name, amount in node.allocatable.items():
            changes: dict[float, int] = {}
            for one in run.runs.values():
                assert one.activity.shape is not None
                taken = one.activity.shape.requests.get(name, 0) * one.nodes.get(node.name, 0)
                changes[one.start] = changes.get(one.start, 0) + taken
                changes[one.end] = changes.get(one.end, 0) - taken
            used = 0
            for at in sorted(changes):
                used += changes[at]
                assert used <= amount, (instance.name, policy, name, at)


def by_solver(seconds: float) -> Best:
    """The reference is CP-SAT, beginning from the best policy's schedule or that of a far longer search."""
    from tests.bench.schedule.optimum import reference

    def best(instance: Instance, hint: dict[tuple[str, str, str], float], known: float) -> tuple[float, bool]:
        many = LONGER * affordable(instance.workload, instance.capacity, PLACEMENTS)
        longer = improve(instance.workload, instance.capacity, many, seed=1)
        if longer.makespan < known:
            hint, known = dict(longer.starts), longer.makespan
        found = reference(instance, hint, known, seconds)
        return found.makespan, found.proven

    return best


def table(title: str, measured: Sequence[Measured]) -> None:
    """Mean gaps to the best known makespan."""
    if not measured:
        return
    proven = sum(one.proven for one in measured)
    print(f"\n### {title}\n\n{len(measured)} instances, {proven} of the references proven optimal.\n")
    print("| policy | mean gap | largest gap | mean makespan | above the critical path |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for policy in POLICIES:
        gaps = [one.runs[policy].makespan / one.best - 1 for one in measured]
        length = mean(one.runs[policy].makespan for one in measured)
        above = mean(one.runs[policy].makespan / path(one.instance) - 1 for one in measured)
        print(f"| {policy} | {mean(gaps):.2%} | {max(gaps):.1%} | {length:.0f} s | {above:.1%} |")
    above = mean(one.best / path(one.instance) - 1 for one in measured)
    planning = [one.planning for one in measured]
    print(f"\nThe references are {above:.1%} above the critical path.", end=" ")
    print(f"A planned pass took {mean(planning):.2f} s of processor time on average, at most {max(planning):.2f} s.")


def path(instance: Instance) -> float:
    """The longest path, releases counted: what no schedule is shorter than."""
    return max(one.release + one.rank for one in instance.workload.activities)


def pace(instances: Sequence[Instance], schedules: int = 300) -> None:
    """What the search costs."""
    print(
        "\n### What a schedule costs\n\n| instance | steps | nodes | schedules a second |\n| --- | ---: | ---: | ---: |"
    )
    for one in instances:
        began = process_time()
        improve(one.workload, one.capacity, schedules)
        each = (process_time() - began) / schedules
        print(f"| {one.name} | {len(one.workload.activities)} | {len(one.capacity.nodes or ())} | {1 / each:,.0f} |")


def gpu_table(measured: Sequence[Measured]) -> None:
    """Busy share of the GPUs, and the longest wait for each policy."""
    print("\n### Mixed CPU and GPU: how busy the GPUs are\n")
    print("| policy | GPU busy share | of CP-SAT's | of strict FIFO's | longest wait, of FIFO's |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for policy in POLICIES:
        share = mean(busy(one, one.runs[policy].makespan) for one in measured)
        best = mean(busy(one, one.best) for one in measured)
        fifo = mean(busy(one, one.runs["fifo"].makespan) for one in measured)
        waits = mean(longest(one.runs[policy]) / longest(one.runs["fifo"]) for one in measured)
        print(f"| {policy} | {share:.1%} | {share / best:.3f} | {share / fifo:.3f} | {waits:.2f} |")


def busy(one: Measured, makespan: float) -> float:
    """Share of the GPU-seconds there are that steps hold."""
    held = sum(a.duration * a.shape.requests.get(GPU, 0) for a in one.instance.workload.activities if a.shape)
    nodes = (one.instance.capacity.nodes or {}).values()
    return held / (makespan * sum(node.allocatable.get(GPU, 0) for node in nodes))


def longest(run: Simulated) -> float:
    """The longest wait of a step that was ready."""
    return max((one.start - one.ready for one in run.runs.values()), default=0.0) or 1.0


def wrong_estimates(instances: Sequence[Instance]) -> None:
    """What wrong durations cost: makespans against those with true ones, and against FIFO with none."""
    print("\n### Wrong estimates\n\nTrue durations are up to 30 % off the estimates, or no duration is known.\n")
    print("| policy | off by up to 30 %: loss | then against critical-path | none known: against strict FIFO |")
    print("| --- | ---: | ---: | ---: |")
    ruled: dict[str, float] = {}
    for name, policy in sorted(POLICIES.items(), key=lambda pair: pair[1].turns):
        losses, beside, ratios = [], [], []
        for instance in instances:
            random = Random(f"off/{instance.name}")
            factor = {a.key: random.uniform(0.7, 1.3) for a in instance.workload.activities}
            actual = lambda a, f=factor: a.duration * f[a.key]  # noqa: E731
            known = simulate(_planned(instance, scaled(instance, factor), name), instance.capacity, 0.0, policy)
            off = simulate(_planned(instance, instance.workload, name), instance.capacity, 0.0, policy, actual)
            losses.append(off.makespan / known.makespan - 1)
            if name == "critical-path":
                ruled[instance.name] = off.makespan
            beside.append(off.makespan / ruled.get(instance.name, off.makespan) - 1)
            blind = unknown(instance)
            truth = {a.key: a.duration for a in instance.workload.activities}
            # Nothing is planned ahead for steps of which no duration is known.
            none = simulate(blind, instance.capacity, 0.0, policy, lambda a, t=truth: t[a.key])
            fifo = simulate(instance.workload, instance.capacity, 0.0, POLICIES["fifo"])
            ratios.append(none.makespan / fifo.makespan - 1)
        against = f"{mean(beside):+.1%} (worst {max(beside):+.1%})" if policy.turns else ""
        print(f"| {name} | {mean(losses):.1%} | {against} | {mean(ratios):+.1%} (worst {max(ratios):+.1%}) |")


def _planned(instance: Instance, workload: Workload, policy: str) -> Workload:
    if policy != "planned":
        return workload
    return prepared(workload, instance.capacity)


def scaled(instance: Instance, factor: Mapping[tuple[str, str, str], float]) -> Workload:
    """The workload with its true durations, and ranks of these."""
    return _with_durations(instance.workload, lambda one: one.duration * factor[one.key])


def unknown(instance: Instance) -> Workload:
    """The workload as it looks when no duration is known."""
    return _with_durations(instance.workload, lambda one: 600.0)


def _with_durations(workload: Workload, duration: Callable[[Activity], float]) -> Workload:
    members: dict[tuple[str, str, str], list[str]] = {}
    for name, keys in workload.barriers.items():
        for key in keys:
            members.setdefault(key, []).append(name)
    after: dict[str, float] = {}
    changed = []
    for one in reversed(workload.activities):  # in dependency order
        took = duration(one)
        rank = took + max((after.get(name, 0.0) for name in members.get(one.key, ())), default=0.0)
        for barrier in one.after:
            after[barrier] = max(after.get(barrier, 0.0), rank)
        changed.append(replace(one, duration=took, rank=rank))
    return replace(workload, activities=tuple(reversed(changed)))


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.schedule", description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--only", choices=("30", "60", "120", "flows", "mixes", "pace", "wrong"))
    parser.add_argument("--psplib", type=Path, default=None)
    options = parser.parse_args()
    if options.psplib and not options.psplib.is_dir():
        parser.error(f"--psplib {options.psplib}: there is no such folder")
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, Python", end=" ")
    print(f"{platform.python_version()}; CP-SAT with {options.seconds:g} s an instance.")
    best = by_solver(options.seconds)
    seeds = range(1 if options.quick else 3)
    every: list[Instance] = []
    for count in (30, 60) if options.quick else (30, 60, 120):
        knobs = [(c, f, s) for c in (1.5, 1.8, 2.1) for f in (0.25, 0.5, 0.75, 1.0) for s in STRENGTHS[count]]
        sets = [project(count, *knob, 0) for knob in (knobs[::7] if options.quick else knobs)]
        if options.only in (None, str(count)):
            table(f"Generated projects of {count} activities", [measure(one, best) for one in sets])
        every += sets
    flows = [montage(width, seed) for width in (12, 25) for seed in seeds]
    flows += [epigenomics(lanes, 6, seed) for lanes in (2, 4) for seed in seeds]
    mixes = [mix(count, seed) for count in (14, 30) for seed in seeds]
    if options.only in (None, "flows"):
        table("Workflows in the shape of Montage and Epigenomics", [measure(one, best) for one in flows])
    if options.only in (None, "mixes"):
        measured = [measure(one, best) for one in mixes]
        table("Mixed CPU and GPU", measured)
        gpu_table(measured)
    if options.only in (None, "pace"):
        pace([project(count, 1.8, 0.75, 0.2, 0) for count in STRENGTHS] + [mix(count, 0) for count in (14, 30)])
    if options.only in (None, "wrong"):
        wrong_estimates(every + mixes + flows)
    if options.psplib:
        _psplib(options.psplib)


def _psplib(folder: Path) -> None:
    known, found = psplib.tables(folder), list(psplib.instances(folder))
    print("\n" + "\n".join(psplib.lacking(folder, found, known)))
    groups: dict[int, list[Measured]] = {}
    for instance in found:
        if instance.name in known:
            best = known[instance.name]
            one = measure(instance, lambda *_, best=best: (best.makespan, best.proven))
            groups.setdefault(len(instance.workload.activities), []).append(one)
    for count, group in sorted(groups.items()):
        table(f"PSPLIB J{count}", group)


if __name__ == "__main__":
    main()
