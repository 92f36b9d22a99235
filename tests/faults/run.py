"""Runs one scenario from an empty namespace to an empty namespace, and has the oracles judge it."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Any

from tests.faults.ends import end_state, reduced
from tests.faults.evidence import Evidence, Silence
from tests.faults.ground import Ground
from tests.faults.history import Version
from tests.faults.oracles import judge
from tests.faults.scenario import Course, Scenario
from tests.faults.stage import CANARY, Stage
from tests.plane.api import NAMESPACES, ApiError

GONE_SECONDS = 90.0
PATIENCE = 300.0
"""How long the undisturbed run of a course may take on a busy machine."""
OURS = ("PipelineSchedule", "Pipeline", "Step", "Job", "Pod", "Service", "ControllerRevision")


@dataclass
class Verdict:
    """What came of a scenario. `found`: nothing if all is well."""

    name: str
    seed: int
    found: list[str]
    seconds: float
    end: Mapping[str, Any]
    restarts: int = 0
    log: str = ""
    versions: Sequence[Version] = ()
    calls: Sequence[str] = ()


@dataclass(frozen=True)
class Pace:
    """How long the silence lasts, and who may be active or alive at the same time."""

    silence: float
    active: AbstractAsyncContextManager[Any]
    alive: AbstractAsyncContextManager[Any]


def untouched(course: Course) -> Scenario:
    """The run of a course in which nothing is broken."""
    return Scenario(f"clean-{course.name}", "clean", course, "nothing", seconds=PATIENCE)


async def run(
    ground: Ground, scenario: Scenario, seed: int, pace: Pace, clean: Awaitable[Verdict] | None = None
) -> Verdict:
    """One run, compared with the `clean` one of its course once both are over.

    What it raises is the harness's own trouble; what is wrong with the operator is in the verdict.
    """
    course = scenario.course
    settings = {**course.settings, **scenario.settings}
    if course.capacity:
        settings["capacity"] = dict(course.capacity)
    stage = Stage(ground, scenario.name, f"{seed}/{scenario.name}", settings, scenario.replicas)
    evidence = Evidence(capacity=course.capacity)
    unwell: list[str] = []
    async with AsyncExitStack() as alive:
        async with pace.active:
            await alive.enter_async_context(pace.alive)
            alive.push_async_callback(stage.close)
            began = time.monotonic()
            await stage.build()
            evidence.canaries = (CANARY, stage.replica.token.read_text())
            await stage.open(*scenario.rules)
            try:
                await _play(stage, scenario)
            except TimeoutError as error:
                unwell.append(str(error))
        if not unwell and course.ends:
            evidence.silence = await _silence(stage, pace.silence)
        end = end_state(stage.history)
        evidence.end = reduced(end, scenario.same)
        evidence.metrics = "".join([await one.metrics() for one in stage.replicas])
        unwell += scenario.check(stage) if scenario.check else []
        unwell += _health(stage, scenario)
        evidence.left = await _clear(stage)
    evidence.versions = list(stage.history.versions)
    evidence.writes = {one.name: one.proxy.made for one in stage.replicas}
    evidence.foreign = frozenset(stage.foreign)
    evidence.logs = {one.name: one.operator.log.read_text(errors="replace") for one in stage.replicas}
    evidence.peak = max(one.peak for one in stage.replicas)
    evidence.unwell = unwell
    took = time.monotonic() - began
    undisturbed = await clean if clean else None
    if undisturbed:
        evidence.clean = reduced(undisturbed.end, scenario.same)
    found = await asyncio.to_thread(judge, evidence)
    restarts = sum(one.starts - 1 for one in stage.replicas)
    log = "\n".join(evidence.logs.values())
    if undisturbed:
        found += [f"undisturbed: {line}" for line in undisturbed.found]
    calls = [f"{made.at:.3f} {one.name} {made.call} {made.code}" for one in stage.replicas for made in one.proxy.made]
    return Verdict(scenario.name, seed, found, took, end, restarts, log, evidence.ordered, calls)


async def _play(stage: Stage, scenario: Scenario) -> None:
    """What users and others do, until all is settled and stays so without the faults."""
    course = scenario.course
    for manifest in course.manifests if scenario.first is None else scenario.first:
        await stage.apply(manifest)
    acts = [act(stage) for act in (scenario.instead or course.user, scenario.harm) if act]
    results = await asyncio.gather(*acts, return_exceptions=True)
    if trouble := [one for one in results if isinstance(one, BaseException)]:
        raise trouble[0]
    await stage.settled(course.rests, scenario.seconds)
    for replica in stage.replicas:
        replica.proxy.obey()
    await stage.settled(course.rests, scenario.seconds)


async def _silence(stage: Stage, seconds: float) -> Silence:
    began, before = time.monotonic(), _used(stage)
    await asyncio.sleep(seconds)
    after = {pid: used for pid, used in _used(stage).items() if pid in before}
    cpu = sum(used[0] - before[pid][0] for pid, used in after.items())
    grown = sum(used[1] - before[pid][1] for pid, used in after.items())
    return Silence(began, time.monotonic(), cpu, grown)


def _used(stage: Stage) -> dict[int, tuple[float, float]]:
    """Seconds of processor time and MB of memory of the operators that run, by pid."""
    found = {}
    for one in stage.replicas:
        process = one.operator.process
        with suppress(ProcessLookupError, FileNotFoundError):  # it has ended, which is told elsewhere
            found[process.pid] = process.cpu(), process.memory()
    return found


def _health(stage: Stage, scenario: Scenario) -> list[str]:
    found = [line for one in stage.replicas for line in one.deaf]
    for one in stage.replicas:
        codes = Counter(code for _, code in one.exits if code not in scenario.exits)
        found += [f"{one.name} ended by itself with {code}, {times} times" for code, times in codes.items()]
    return found


async def _clear(stage: Stage) -> list[str]:
    """Deletes all that nobody owns, Pipelines and schedules first, as a user would; what is left after a while."""
    for kind in ("PipelineSchedule", "Pipeline", "Step", "Job", "ControllerRevision"):
        for name, item in stage.history.objects(kind).items():
            if not item["metadata"].get("ownerReferences"):
                await stage.delete(kind, name)

    def left() -> list[str]:
        return [f"{kind} {name}" for kind in OURS for name in stage.history.objects(kind)]

    try:
        await stage.history.until("everything is gone", lambda: not left(), GONE_SECONDS)
    except TimeoutError:
        return left()
    finally:
        with suppress(ApiError):
            await stage.api.delete(f"{NAMESPACES}/{stage.namespace}")
    return []
