"""Carries a plan out: every write is safe to repeat, and what is left undone the next plan finds again."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from penstock.core.events import Event
from penstock.core.observed import PipelineView, StepView
from penstock.core.plan import Plan
from penstock.core.runs import Ready
from penstock.shell.client import Refused, Unreachable
from penstock.shell.observe import Snapshot
from penstock.shell.reporter import Reporter
from penstock.shell.resources import PIPELINES, STEPS, Resource
from penstock.shell.revisions import Revisions
from penstock.shell.starter import Starter
from penstock.shell.writer import Writer

CONCURRENCY = 48
"""Writes in flight for one Pipeline at most, so that others get their turn."""

Write = Callable[[], Awaitable[bool]]

_PROGRESS = {"progress", "counts", "eta", "criticalPath", "outputs", "failedSteps", "message", "conditions", "usage"}
_FINAL = ("Succeeded", "Failed", "Cancelled")


@dataclass(slots=True)
class Outcome:
    """What became of a plan. `again`: look at once, for what was done or not done opens up more to do."""

    again: bool = False
    started: int = 0
    wrote_status: bool = False
    errors: list[Exception] = field(default_factory=list)


class Applier:
    """Applies plans."""

    def __init__(self, writer: Writer, starter: Starter, revisions: Revisions, reporter: Reporter) -> None:
        self.writer = writer
        self.starter = starter
        self.revisions = revisions
        self.reporter = reporter

    async def apply(self, snapshot: Snapshot, plan: Plan, ready: Sequence[Ready], seconds: float) -> Outcome:
        """Writes what the plan says, and Jobs for those of its Steps that are `ready`, for about so many seconds.

        `plan.pipeline_status` is written last if it says that all has ended: who waits for that finds the rest true.
        """
        outcome = Outcome()
        try:
            if snapshot.pipeline and (plan.revision or plan.claim or not plan.verdicts):
                await self._take_up(snapshot.pipeline, plan, outcome)
            else:
                await self._carry_out(snapshot, plan, ready, time.monotonic() + seconds, outcome)
        except (Refused, Unreachable) as error:
            outcome.errors.append(error)
        return outcome

    async def _take_up(self, pipeline: PipelineView, plan: Plan, outcome: Outcome) -> None:
        """Begins a generation. The status comes last: what it says has begun must be there after a crash, too."""
        outcome.again = plan.pipeline_status is not None and not plan.finished
        if plan.revision:
            await self.revisions.keep(plan.revision)
        if plan.claim:
            try:
                await self.writer.claim(plan.claim)
            except Refused as error:
                words = f"the claim for artifacts cannot be had: {error.message}"
                self.reporter.send(PIPELINES, pipeline, Event("Claim", "StorageFailed", words, warning=True))
                raise
        if plan.pipeline_status and not await self._status(PIPELINES, pipeline, plan.pipeline_status, outcome):
            outcome.again = True
        for name in plan.drop_revisions:
            await self.revisions.drop(pipeline.namespace, name)

    async def _carry_out(
        self, snapshot: Snapshot, plan: Plan, ready: Sequence[Ready], deadline: float, outcome: Outcome
    ) -> None:
        status, pipeline = plan.pipeline_status, snapshot.pipeline
        writes = list(self._writes(snapshot, plan, ready, outcome))
        final = bool(status and status["phase"] in _FINAL)
        if status and pipeline and not final:
            writes.insert(0, partial(self._status, PIPELINES, pipeline, status, outcome))
        done = await _all(writes, deadline, outcome)
        if plan.create_steps or plan.replace_specs or plan.delete_steps or plan.settle_approvals:
            outcome.again = True
        if not done:
            outcome.again = True
        elif status and pipeline and final:
            outcome.again |= not await self._status(PIPELINES, pipeline, status, outcome)

    def _writes(self, snapshot: Snapshot, plan: Plan, ready: Sequence[Ready], outcome: Outcome) -> Iterator[Write]:
        writer = self.writer
        for step, status in plan.step_statuses:
            yield partial(self._status, STEPS, step, status, outcome)
        yield from (partial(self._start, snapshot, one, outcome) for one in ready)
        yield from (partial(writer.delete_job, job) for job in plan.delete_jobs)
        yield from (partial(writer.settle, step) for step in plan.settle_approvals)
        yield from (partial(writer.spec, step, spec) for step, spec in plan.replace_specs)
        yield from (partial(writer.delete_step, step) for step in plan.delete_steps)
        yield from (partial(writer.create_step, manifest) for manifest in plan.create_steps)
        if plan.collection and snapshot.pipeline and snapshot.graph:
            yield partial(self.starter.collect, snapshot.graph, snapshot.pipeline, plan.collection)
        if plan.expired and snapshot.pipeline:
            yield partial(writer.delete_pipeline, snapshot.pipeline)

    async def _status(
        self, resource: Resource, view: PipelineView | StepView, status: dict[str, Any], outcome: Outcome
    ) -> bool:
        if not await self.writer.status(resource, view, status):
            return False
        outcome.wrote_status |= resource is PIPELINES
        self.reporter.status(view, status)
        return True

    async def _start(self, snapshot: Snapshot, ready: Ready, outcome: Outcome) -> bool:
        assert snapshot.graph is not None
        owner = (snapshot.pipeline.name, snapshot.pipeline.uid) if snapshot.pipeline else None
        started = await self.starter.start(snapshot.graph, ready, owner)
        outcome.started += started
        return started


async def _all(writes: Sequence[Write], deadline: float, outcome: Outcome) -> bool:
    """Does the writes, first ones first, many at once; returns whether all were done as planned."""
    left = iter(writes)
    as_planned = True

    async def work() -> None:
        nonlocal as_planned
        for write in left:
            try:
                as_planned &= await write()
            except (Refused, Unreachable) as error:
                outcome.errors.append(error)
                as_planned = False
            if time.monotonic() > deadline:
                break

    if len(writes) == 1:
        await work()
    else:
        await asyncio.gather(*(work() for _ in range(min(CONCURRENCY, len(writes)))))
    return as_planned and next(left, None) is None


def mere_progress(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether a Pipeline's status says nothing new but how far it got, which can wait for a moment."""
    if any(old.get(key) != new.get(key) for key in (old.keys() | new.keys()) - _PROGRESS):
        return False
    return _conditions(old) == _conditions(new)


def _conditions(status: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["type"], one["status"]) for one in status.get("conditions") or ()]
