"""PipelineSchedules: observed, planned and carried out, one pass at a time. The loop says when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from penstock import api
from penstock.api.parse import InvalidManifest, parse
from penstock.core.cron.schedule_check import CompiledSchedule, compile_schedule
from penstock.core.cron.scheduled import ScheduleObserved, ScheduleView
from penstock.core.cron.schedules import SchedulePlan, plan_schedule
from penstock.core.graph.outline import ComponentKey
from penstock.core.pipeline.events import NOTE_LENGTH, Event
from penstock.core.problems import Problem
from penstock.core.reasons import Reason
from penstock.engine import clock
from penstock.engine.apply import Outcome
from penstock.engine.catalogue import Catalogue
from penstock.engine.client import Refused, Unreachable
from penstock.engine.reporter import Reporter
from penstock.engine.resources import SCHEDULES
from penstock.engine.store import Key, Store
from penstock.engine.writer import Writer
from penstock.engine.written import manifest

LONGEST_SLEEP = 60.0
"""Seconds after which a schedule is looked at in any case: the clock may have been set meanwhile."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What came of a pass. `known` is false once there is no such schedule any more."""

    outcome: Outcome
    known: bool = True
    wake_at: float | None = None
    created: Sequence[Key] = ()
    """Pipelines to look at: the watch tells nothing new about what was just written."""


@dataclass(frozen=True, slots=True)
class _Kept:
    generation: int
    compiled: CompiledSchedule
    used: Mapping[ComponentKey, str]


class Schedules:
    """Keeps every PipelineSchedule as its manifest wants it."""

    def __init__(self, store: Store, writer: Writer, reporter: Reporter, catalogues: tuple[str, ...]) -> None:
        self.store = store
        self.writer = writer
        self.reporter = reporter
        self.catalogues = catalogues
        self._kept: dict[str, _Kept] = {}
        self._refusals: dict[str, str] = {}
        store.on_gone.append(self._forget)

    async def work(self, key: Key) -> Pass:
        """One pass over one schedule. The status is written only if all that it tells of was done."""
        view = self.store.schedule(key)
        if view is None or view.deleting or not self.store.complete(key.namespace):
            return Pass(Outcome(), known=False)
        now = clock.now()
        pipelines = self.store.pipelines_for(view)
        plan = plan_schedule(ScheduleObserved(view, self._compiled(view), pipelines, now))
        outcome = Outcome()
        try:
            outcome.again = not await self._carry_out(view, plan)
        except (Refused, Unreachable) as error:
            outcome.errors.append(error)
        else:
            self._refusals.pop(view.uid, None)
        wake_at = None if plan.wake_at is None else min(plan.wake_at, now + LONGEST_SLEEP)
        created = [Key(view.namespace, made["metadata"]["name"]) for made in plan.create]
        return Pass(outcome, wake_at=wake_at, created=created)

    async def _carry_out(self, view: ScheduleView, plan: SchedulePlan) -> bool:
        for pipeline in plan.delete:
            if not await self.writer.delete_pipeline(pipeline):
                return False
        for made in plan.create:
            try:
                if not await self.writer.create_pipeline(made):
                    return False
            except Refused as error:
                words = f"Pipeline {made['metadata']['name']} cannot be created: {error.message}"
                self._complain(view, words)
                raise
        if plan.status is not None and not await self.writer.status(SCHEDULES, view, plan.status):
            return False
        for event in plan.events:
            self.reporter.send(SCHEDULES, view, event)
        return True

    def _complain(self, view: ScheduleView, words: str) -> None:
        """An Event about a refusal, not again while it stays the same."""
        if self._refusals.get(view.uid) != words and self.store.schedules.get(view.uid):
            self._refusals[view.uid] = words
            self.reporter.send(
                SCHEDULES, view, Event("Create", Reason.CREATE_FAILED, words[:NOTE_LENGTH], warning=True)
            )

    def _compiled(self, view: ScheduleView) -> CompiledSchedule:
        kept = self._kept.get(view.uid)
        catalogue = Catalogue(self.store, view.namespace, self.catalogues, {})
        if kept is None or kept.generation != view.generation or catalogue.changed(kept.used):
            compiled = _compile(view, catalogue)
            kept = self._kept[view.uid] = _Kept(view.generation, compiled, catalogue.used)
            self.store.asks(Key(view.namespace, view.name, schedule=True), catalogue.used)
        return kept.compiled

    def _forget(self, uid: str) -> None:
        self._kept.pop(uid, None)
        self._refusals.pop(uid, None)


def _compile(view: ScheduleView, catalogue: Catalogue) -> CompiledSchedule:
    try:
        parsed = parse(manifest(SCHEDULES, view.name, view.spec))
    except InvalidManifest as error:
        return CompiledSchedule(None, tuple(Problem(path, Reason.INVALID_FIELD, text) for path, text in error.problems))
    assert isinstance(parsed, api.PipelineSchedule)
    compiled = compile_schedule(parsed.spec, catalogue)
    return CompiledSchedule(compiled.rules, tuple(map(catalogue.explain, compiled.problems)))
