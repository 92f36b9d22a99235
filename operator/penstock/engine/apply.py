"""Carries a plan out: every write is safe to repeat, and what is left undone the next plan finds again.

A write that fails is its object's trouble (see engine/setbacks.py); whatever it raises, the others are done.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog

from penstock.api.step import StepPhase
from penstock.core.pipeline import status as pipeline_status
from penstock.core.pipeline.events import NOTE_LENGTH, Event
from penstock.core.pipeline.plan import Plan
from penstock.core.pod.ready import Ready
from penstock.core.reasons import Reason
from penstock.core.seen.views import PipelineView, StepView
from penstock.core.step import status as step_status
from penstock.core.values import shorten
from penstock.engine import clock
from penstock.engine.client import Refused, Unreachable
from penstock.engine.observe import Snapshot
from penstock.engine.reporter import Reporter
from penstock.engine.resources import PIPELINES, STEPS, Resource
from penstock.engine.revisions import Revisions
from penstock.engine.setbacks import Setbacks, What
from penstock.engine.starter import Starter
from penstock.engine.store import Key
from penstock.engine.writer import Writer

log = structlog.get_logger(__name__)

CONCURRENCY = 48
"""Writes in flight for one Pipeline at most, so that others get their turn."""

_PROGRESS = {"progress", "counts", "eta", "criticalPath", "outputs", "failedSteps", "message", "conditions", "usage"}
_FINAL = ("Succeeded", "Failed", "Cancelled")
_DONE_TO = {
    "create": "cannot be created",
    "delete": "cannot be deleted",
    "status": "cannot get its new status",
    "spec": "cannot get its new spec",
    "settle": "cannot be rid of the decision on it",
    "start": "cannot get its Job",
    "stop": "cannot have its Job deleted",
    "collect": "cannot have its artifacts collected",
    "begin": "cannot be taken up",
}
"""What a write does, in the words for that it fails."""


@dataclass(frozen=True, slots=True)
class Write:
    """One write. `do` returns whether it went through; if not, something else than what was thought is known now."""

    what: What
    about: tuple[Resource, PipelineView | StepView]
    do: Callable[[], Awaitable[bool]]

    @property
    def keeps_end(self) -> bool:
        """Whether a Pipeline's end is not told before it went through. Specs are not: an API server that does not
        keep what is in them may never take them, and the operator knows it all the same."""
        return self.what.act != "spec"


@dataclass(slots=True)
class Outcome:
    """What became of a plan. `again`: what is known has changed, so that there may be more to do at once.

    `errors`: why nothing could be done at all. `wake_at`: when a write that failed is to be tried again.
    """

    again: bool = False
    started: int = 0
    done: int = 0
    wrote_status: bool = False
    wake_at: float | None = None
    errors: list[Exception] = field(default_factory=list)

    def wake(self, at: float) -> None:
        """Has it looked at again by that instant (seconds since 1970)."""
        self.wake_at = at if self.wake_at is None else min(self.wake_at, at)


class Applier:
    """Applies plans."""

    def __init__(self, writer: Writer, starter: Starter, revisions: Revisions, reporter: Reporter) -> None:
        self.writer = writer
        self.starter = starter
        self.revisions = revisions
        self.reporter = reporter
        self.setbacks = Setbacks()

    async def apply(self, key: Key, snapshot: Snapshot, plan: Plan, ready: Sequence[Ready], seconds: float) -> Outcome:
        """Writes what the plan says, and Jobs for those of its Steps that are `ready`, for about so many seconds.

        `plan.pipeline_status` is written last if it says that all has ended: who waits for that finds the rest true.
        """
        outcome = Outcome()
        if snapshot.pipeline and plan.begins:
            writes = [self._begins(snapshot.pipeline, plan, outcome)]
            conclude: list[Write] = []
        else:
            writes = list(self._writes(snapshot, plan, ready, outcome))
            conclude = list(self._status(PIPELINES, snapshot.pipeline, plan.pipeline_status, outcome))
            if conclude and plan.pipeline_status and plan.pipeline_status["phase"] not in _FINAL:
                writes, conclude = [*conclude, *writes], []
        if self.setbacks.any(key):
            wanted = {one.what for one in (*writes, *conclude)} | _starts(plan.ready)
            outcome.again |= self.setbacks.retain(key, wanted)
        if await self._all(key, writes, time.monotonic() + seconds, outcome):
            await self._all(key, conclude, time.monotonic() + seconds, outcome)
        elif snapshot.pipeline and plan.begins and (said := self.setbacks.words(key)):
            await self._tell(snapshot.pipeline, said[key.name])
        outcome.again |= plan.unsettled and outcome.done > 0
        return outcome

    def hindered(self, key: Key) -> bool:
        """Whether any attempt may have to wait for the time of its next try."""
        return self.starter.any_refused or self.setbacks.any(key)

    def not_before(self, key: Key, ready: Ready) -> float:
        """Earliest time (seconds since 1970) at which to try to start an attempt."""
        return max(self.starter.not_before(ready), self.setbacks.until(key, What(ready.step.name, "start")))

    async def tell(self, view: PipelineView | StepView, words: str) -> None:
        """Says in the status of an object, and in an Event, why nothing can be done about it at all."""
        if await self._tell(view, words):
            self.reporter.send(PIPELINES if isinstance(view, PipelineView) else STEPS, view, _refused(words))

    async def _tell(self, view: PipelineView | StepView, words: str) -> bool:
        """Says it in the status; returns whether it is news."""
        if isinstance(view, PipelineView):
            status, resource = pipeline_status.troubled(view, words), PIPELINES
        else:
            phase = StepPhase(view.status.get("phase") or StepPhase.PENDING)
            status, resource = {**view.status, **step_status.waiting(view, phase, Reason.WRITE_REFUSED, words)}, STEPS
        if all(view.status.get(name) == status[name] for name in ("reason", "message")):
            return False
        try:
            await self.writer.status(resource, view, status)
        except (Refused, Unreachable) as error:
            log.warning("it cannot be told", name=view.name, namespace=view.namespace, error=str(error))
        return True

    def _begins(self, pipeline: PipelineView, plan: Plan, outcome: Outcome) -> Write:
        """Begins a generation. The status comes last: what it says has begun must be there after a crash, too."""

        async def begin() -> bool:
            if plan.revision:
                await self.revisions.keep(plan.revision)
            if plan.claim:
                try:
                    await self.writer.claim(plan.claim)
                except Refused as error:
                    words = f"the claim for artifacts cannot be had: {error.message}"
                    raise Refused(error.code, Reason.STORAGE_FAILED, words) from error
            for one in self._status(PIPELINES, pipeline, plan.pipeline_status, outcome):
                if not await one.do():
                    return False
            for name in plan.drop_revisions:
                await self.revisions.drop(pipeline.namespace, name)
            return True

        return Write(What(pipeline.name, "begin"), (PIPELINES, pipeline), begin)

    def _writes(self, snapshot: Snapshot, plan: Plan, ready: Sequence[Ready], outcome: Outcome) -> Iterator[Write]:
        writer, pipeline = self.writer, snapshot.pipeline

        def on_step(act: str, step: StepView, do: Callable[[], Awaitable[bool]]) -> Write:
            return Write(What(step.name, act), (STEPS, step), do)

        for step, status in plan.step_statuses:
            yield from self._status(STEPS, step, status, outcome)
        for one in ready:
            yield on_step("start", one.step, partial(self._start, snapshot, one, outcome))
        for job in plan.delete_jobs:
            owner = self.writer.store.steps.get(job.step)
            if owner:
                yield on_step("stop", owner, partial(writer.delete_job, job))
        for step in plan.settle_approvals:
            yield on_step("settle", step, partial(writer.settle, step))
        for step, spec in plan.replace_specs:
            yield on_step("spec", step, partial(writer.spec, step, spec))
        for step in plan.delete_steps:
            yield on_step("delete", step, partial(writer.delete_step, step))
        if pipeline is None:
            return
        about = (PIPELINES, pipeline)
        for new in plan.create_steps:
            yield Write(What(new.name, "create"), about, partial(writer.create_step, new))
        if plan.collection and snapshot.graph:
            collect = partial(self.starter.collect, snapshot.graph, pipeline, plan.collection)
            yield Write(What(pipeline.name, "collect"), about, collect)
        if plan.expired:
            yield Write(What(pipeline.name, "delete"), about, partial(writer.delete_pipeline, pipeline))

    def _status(
        self,
        resource: Resource,
        view: PipelineView | StepView | None,
        status: dict[str, Any] | None,
        outcome: Outcome,
    ) -> Iterator[Write]:
        """The write of a status, if there is one to write."""
        if view is None or status is None:
            return

        async def write() -> bool:
            if not await self.writer.status(resource, view, status):
                return False
            outcome.wrote_status |= resource is PIPELINES
            self.reporter.status(view, status)
            return True

        yield Write(What(view.name, "status"), (resource, view), write)

    async def _start(self, snapshot: Snapshot, ready: Ready, outcome: Outcome) -> bool:
        assert snapshot.graph is not None
        owner = (snapshot.pipeline.name, snapshot.pipeline.uid) if snapshot.pipeline else None
        started = await self.starter.start(snapshot.graph, ready, owner)
        outcome.started += started
        return started

    async def _all(self, key: Key, writes: Iterable[Write], deadline: float, outcome: Outcome) -> bool:
        """Does the writes that do not pause, first ones first, many at once; returns whether the end may be told.

        Those about one object are done one after the other, up to one that does not go through: why an attempt ended
        is on record before its Job goes.
        """
        due: dict[str, list[Write]] = {}
        blocked: set[str] = set()
        now, told = clock.now(), True
        for one in writes:
            until = self.setbacks.until(key, one.what)
            if until > now:
                outcome.wake(until)
                blocked.add(one.what.name)
            if one.what.name in blocked:
                told &= not one.keeps_end
            else:
                due.setdefault(one.what.name, []).append(one)
        left = iter(due.values())

        async def work() -> None:
            nonlocal told
            for group in left:
                for number, one in enumerate(group):
                    if not await self._do(key, one, outcome):
                        told &= not any(other.keeps_end for other in group[number:])
                        break
                if time.monotonic() > deadline:
                    break

        await asyncio.gather(*(work() for _ in range(min(CONCURRENCY, len(due)))))
        cut = next(left, None) is not None
        outcome.again |= cut
        return told and not cut

    async def _do(self, key: Key, write: Write, outcome: Outcome) -> bool:
        """One write; returns whether it went through."""
        done = False
        try:
            done = await write.do()
            outcome.again |= not done or self.setbacks.over(key, write.what)
            outcome.done += done
        except Unreachable as error:
            outcome.errors.append(error)
        except Exception as error:
            self._note(key, write, error, outcome)
        return done

    def _note(self, key: Key, write: Write, error: Exception, outcome: Outcome) -> None:
        """A write failed: the next plan knows, and so does who looks at the object."""
        resource, view = write.about
        kind = PIPELINES.kind if write.what.name == key.name and not key.alone else STEPS.kind
        said = error.message if isinstance(error, Refused) else f"{type(error).__name__}: {error}"
        words = f"{kind} {write.what.name} {_DONE_TO[write.what.act]}: {said}"
        setback, news = self.setbacks.note(key, write.what, words, clock.now())
        outcome.wake(setback.until)
        outcome.again |= news
        if isinstance(error, Refused) and "because it is being terminated" in error.message:
            log.debug("the namespace is going", namespace=key.namespace, error=words)
            return
        unexpected = error if news and not isinstance(error, Refused) else None
        log.warning("a write failed", namespace=key.namespace, error=words, pause=setback.pause, exc_info=unexpected)
        if news:
            self.reporter.send(resource, view, _refused(words))


def _starts(ready: Iterable[Ready]) -> set[What]:
    return {What(one.step.name, "start") for one in ready}


def _refused(words: str) -> Event:
    return Event("Write", Reason.WRITE_REFUSED, shorten(words, NOTE_LENGTH), warning=True)


def mere_progress(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether a Pipeline's status says nothing new but how far it got, which can wait for a moment."""
    if any(old.get(key) != new.get(key) for key in (old.keys() | new.keys()) - _PROGRESS):
        return False
    return _conditions(old) == _conditions(new)


def _conditions(status: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["type"], one["status"]) for one in status.get("conditions") or ()]
