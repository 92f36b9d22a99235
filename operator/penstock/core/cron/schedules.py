"""The plan for a PipelineSchedule: which Pipelines to create and delete, and how it stands. Pure.

The rules are CronJob's (KEP-19, KEP-3140): only the latest of the missed ticks is run; Forbid holds a tick back until
the running Pipeline has ended, if the deadline still allows; Replace deletes what runs. Names come from ticks, and the
status remembers the last one, so that no tick is run twice.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from penstock.api.schedule import ConcurrencyPolicy
from penstock.core.clock import instant, stamp
from penstock.core.cron.backfill import Filling, Names, fill, standing
from penstock.core.cron.schedule_check import Rules
from penstock.core.cron.scheduled import Run, ScheduleObserved, pipeline_manifest, run_of
from penstock.core.pipeline.events import NOTE_LENGTH, Event
from penstock.core.pipeline.status import conditions, differs
from penstock.core.problems import Problem
from penstock.core.reasons import Reason
from penstock.core.seen.views import PipelineView
from penstock.core.values import shorten

MOST_COUNTED = 1000
"""Missed ticks beyond this are not counted."""
CONFLICT_PATIENCE = 10.0
"""Seconds until a name that somebody else has is tried again."""

_MOST_LISTED = 10


@dataclass(slots=True)
class SchedulePlan:
    """Actions, each safe to repeat: deletions, then creations, then the status, then the events about them.

    The status and the events hold only if all before them was done; a Pipeline that exists already counts as created.
    """

    delete: list[PipelineView] = field(default_factory=list)
    create: list[dict[str, Any]] = field(default_factory=list)
    status: dict[str, Any] | None = None
    events: list[Event] = field(default_factory=list)
    wake_at: float | None = None


def plan_schedule(observed: ScheduleObserved) -> SchedulePlan:
    """The plan for a PipelineSchedule from a snapshot of it and its Pipelines."""
    if observed.schedule.deleting:
        return SchedulePlan()
    planner = _Planner(observed)
    if observed.compiled.rules is None:
        return planner.invalid(observed.compiled.problems)
    return planner.plan(observed.compiled.rules)


class _Planner:
    def __init__(self, observed: ScheduleObserved) -> None:
        self.now = observed.now
        self.schedule = schedule = observed.schedule
        self.status = schedule.status
        own = [view for view in observed.pipelines if view.schedule == schedule.uid]
        self.runs = sorted((run_of(view, schedule) for view in own), key=lambda run: run.view.name)
        own_names = {view.name for view in own}
        foreign = {view.name for view in observed.pipelines} - own_names
        self.names = Names(schedule.name, own_names, foreign)
        known = [tick for run in self.runs if not run.backfill and (tick := run.tick) is not None]
        self.last = max([*known, int(instant(self.status.get("lastScheduleTime")) or 0)])
        self.active = [run for run in self.runs if run.ended is None]
        self.result = SchedulePlan()

    def invalid(self, problems: Sequence[Problem]) -> SchedulePlan:
        """Nothing is created; the condition Accepted says what is wrong."""
        more = f" (and {len(problems) - _MOST_LISTED} more)" if len(problems) > _MOST_LISTED else ""
        words = shorten("; ".join(map(str, problems[:_MOST_LISTED])), 8192) + more
        if words != self._condition("Accepted").get("message"):
            self._event("Invalid", Reason.INVALID, words, warning=True)
        status = {key: self.status[key] for key in ("lastScheduleTime", "backfill") if key in self.status}
        self._conclude(status, {"Accepted": ("False", Reason.INVALID, words)})
        return self.result

    def plan(self, rules: Rules) -> SchedulePlan:
        """The plan for valid rules."""
        suspended = rules.spec.suspend
        upcoming = rules.timetable.next(self.now)
        if not suspended:
            self._wake(upcoming)
            self._tick(rules)
        filling = self._fill(rules)
        self._clean(rules, filling)
        status: dict[str, Any] = {}
        if self.last:
            status["lastScheduleTime"] = stamp(self.last)
        if upcoming is not None and not suspended:
            status["nextScheduleTime"] = stamp(upcoming)
        wanted = {
            "Accepted": ("True", Reason.ACCEPTED, ""),
            "Suspended": ("True" if suspended else "False", Reason.SUSPENDED if suspended else Reason.ON_SCHEDULE, ""),
        }
        if filling:
            status["backfill"] = filling.status
            wanted["Backfilling"] = self._backfilling(filling)
        self._conclude(status, wanted)
        return self.result

    # --- the schedule's own ticks -------------------------------------------------------------------------------

    def _tick(self, rules: Rules) -> None:
        """Runs the latest tick that is due, if the policy allows."""
        since = max(self.last, self.schedule.created)
        deadline = rules.spec.starting_deadline_seconds
        begin = since if deadline is None else max(since, math.ceil(self.now - deadline) - 1)
        tick = rules.timetable.latest(begin, self.now)
        if tick is None:
            if self._newly_due and begin > since and (missed := rules.timetable.latest(since, begin)):
                words = f"the tick {stamp(missed)} was missed by more than {deadline} s and is not run"
                self._event("Missed", Reason.TOO_LATE, words, warning=True)
            return
        name = self.names.of(tick)
        if name in self.names.foreign:
            if self._newly_due:
                words = f"Pipeline {name} exists and belongs to somebody else; delete it, or rename the schedule"
                self._event("Missed", Reason.NAME_CONFLICT, words, warning=True)
            self._wake(self.now + CONFLICT_PATIENCE)
            return
        if not self._make_room(rules.spec.concurrency_policy, tick):
            return
        missed_ticks = sum(1 for _ in islice(rules.timetable.between(since, tick - 1), MOST_COUNTED + 1))
        if missed_ticks:
            count = f"more than {MOST_COUNTED:,}" if missed_ticks > MOST_COUNTED else f"{missed_ticks:,}"
            words = (
                f"{count} tick{'s' * (missed_ticks != 1)} before {stamp(tick)} came to nothing; backfill can run them"
            )
            self._event("Missed", Reason.MISSED_TICKS, words, warning=True)
        self.last = tick
        if name not in self.names.own:
            self._create(tick, backfill=False)

    @property
    def _newly_due(self) -> bool:
        """Whether a tick has come since the status was written: what is said about it is said once."""
        expected = instant(self.status.get("nextScheduleTime"))
        return expected is not None and expected <= self.now

    def _make_room(self, policy: ConcurrencyPolicy, tick: int) -> bool:
        """Whether a Pipeline may be created beside those that run, which Replace deletes."""
        running = [run for run in self.active if not run.backfill]
        if policy is ConcurrencyPolicy.ALLOW or not running:
            return True
        if policy is ConcurrencyPolicy.FORBID:
            if self._newly_due:
                words = f"the tick {stamp(tick)} waits: Pipeline {running[0].view.name} still runs"
                self._event("Waiting", Reason.STILL_ACTIVE, words)
            return False
        for run in running:
            self._delete(run, Reason.PIPELINE_REPLACED, f"deleted Pipeline {run.view.name}, which still ran")
        return True

    # --- backfill and clean-up ----------------------------------------------------------------------------------

    def _fill(self, rules: Rules) -> Filling | None:
        before = self.status.get("backfill")
        if rules.spec.suspend:
            return standing(rules, before)
        own = self.names.own | {manifest["metadata"]["name"] for manifest in self.result.create}
        names = Names(self.schedule.name, own, self.names.foreign)
        filling = fill(rules, before, self.runs, names, self.now)
        for tick in filling.create if filling else ():
            self._create(tick, backfill=True)
        if filling and filling.blocked:
            self._wake(self.now + CONFLICT_PATIENCE)
        return filling

    def _backfilling(self, filling: Filling) -> tuple[str, Reason, str]:
        before = self._condition("Backfilling")
        if filling.blocked:
            words = f"Pipeline {filling.blocked} exists and belongs to somebody else; delete or rename it"
            if before.get("message") != words:
                self._event("Backfilling", Reason.NAME_CONFLICT, words, warning=True)
            return "True", Reason.NAME_CONFLICT, words
        ticks = filling.status["ticks"]
        if not filling.completed:
            if before.get("status") != "True":
                self._event("Backfilling", Reason.BACKFILLING, f"begins the backfill of {ticks} ticks")
            return "True", Reason.BACKFILLING, ""
        if before.get("status") == "True":
            self._event("Backfilling", Reason.COMPLETED, f"ended the backfill of {ticks} ticks")
        return "False", Reason.COMPLETED, ""

    def _clean(self, rules: Rules, filling: Filling | None) -> None:
        """Deletes what the history limits do not keep.

        A Pipeline stays until the status, as it is written, remembers its tick: else a crash could bring it back.
        """
        recorded = instant(self.status.get("lastScheduleTime")) or 0.0
        ended = [(run.ended, run) for run in self.runs if run.ended is not None and not run.view.deleting]
        ended.sort(key=lambda pair: (pair[0], pair[1].view.name))
        good = [run for _, run in ended if run.view.status.get("phase") == "Succeeded"]
        bad = [run for _, run in ended if run.view.status.get("phase") != "Succeeded"]
        spec = rules.spec
        limits = (good, spec.successful_pipelines_history_limit), (bad, spec.failed_pipelines_history_limit)
        for kept, limit in limits:
            for run in kept[: max(0, len(kept) - limit)]:
                # A backfill that is suspended before its first record has forgotten what it created.
                known = filling is not None or rules.spec.backfill is None
                remembered = run.tick is None or (known if run.backfill else run.tick <= recorded)
                if remembered and not (filling and run.tick in filling.ahead):
                    self._delete(run, Reason.HISTORY_LIMIT, f"deleted Pipeline {run.view.name}, which had ended")

    # --- the plan -----------------------------------------------------------------------------------------------

    def _create(self, tick: int, backfill: bool) -> None:
        name = self.names.of(tick)
        self.result.create.append(pipeline_manifest(self.schedule, tick, backfill))
        what = " for the backfill" if backfill else ""
        self._event("Created", Reason.PIPELINE_CREATED, f"created Pipeline {name}{what}, tick {stamp(tick)}")

    def _delete(self, run: Run, reason: Reason, words: str) -> None:
        if not run.view.deleting:
            self.result.delete.append(run.view)
            self._event("Deleted", reason, words)

    def _event(self, action: str, reason: Reason, words: str, warning: bool = False) -> None:
        self.result.events.append(Event(action, reason.value, shorten(words, NOTE_LENGTH), warning))

    def _conclude(self, status: dict[str, Any], wanted: dict[str, tuple[str, Reason, str]]) -> None:
        gone = {view.uid for view in self.result.delete}
        status["active"] = sum(run.view.uid not in gone for run in self.active) + len(self.result.create)
        status["observedGeneration"] = self.schedule.generation
        status["conditions"] = conditions(self.schedule, wanted, self.now)
        if differs(self.status, status):
            self.result.status = status

    def _condition(self, kind: str) -> dict[str, Any]:
        return next((one for one in self.status.get("conditions") or () if one["type"] == kind), {})

    def _wake(self, at: float | None) -> None:
        if at is not None and (self.result.wake_at is None or at < self.result.wake_at):
            self.result.wake_at = at
