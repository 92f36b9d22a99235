"""The engine's side of the contract with core: it asks when something happened, when an alarm rings, and until a plan
is settled; never otherwise. What it does not ask for, does not happen."""

import math
from collections.abc import Callable
from typing import Any

from penstock.core import labels
from penstock.core.pipeline.plan import Plan
from penstock.core.reasons import Reason
from penstock.engine.loop import SETTLING
from tests.properties.objects import Object
from tests.properties.simulation import Disturbed

RETRY = 1.0
"""Seconds after which a Job that was not taken is asked for again."""


class Engine(Disturbed):
    """A cluster whose Pipeline is only planned when the operator's loop would plan it."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.woken = True
        self.alarm: float | None = None
        self.decisions = 0
        """How often somebody approved,"""
        self.approved: set[tuple[str, int]] = set()
        """and the runs (name of the Step, number) that were approved."""
        self._own = False

    # --- what wakes ---------------------------------------------------------------------------------------------------

    def create(self, obj: Object) -> Object | None:
        self.woken |= not self._own
        return super().create(obj)

    def changed(self, obj: Object) -> None:
        self.woken |= not self._own
        super().changed(obj)

    def delete(self, kind: str, name: str) -> None:
        self.woken = True  # that an object is gone is told by its watch, whoever deleted it
        super().delete(kind, name)

    # --- approvals ----------------------------------------------------------------------------------------------------

    def annotate(self, obj: Object, key: str, value: str | None) -> None:
        self.decisions += key == labels.APPROVED_BY and value is not None
        super().annotate(obj, key, value)

    def set_status(self, obj: Object, version: str, status: Object) -> None:
        super().set_status(obj, version, status)
        if obj["kind"] == "Step" and obj.get("status", {}).get("reason") == "Approved":
            self.approved.add((obj["metadata"]["name"], obj["status"]["run"]))

    # --- the loop -----------------------------------------------------------------------------------------------------

    def ask(self, most: int = 60) -> None:
        """Plans and writes as long as the contract says; then nothing may be left to do at this instant."""
        asked = 0
        while self.woken or (self.alarm is not None and self.alarm <= self.now):
            asked += 1
            assert asked <= most, f"spins: {self._what(self.plan())}"
            said, self.woken = self._said(), False
            found = self.plan()
            self.alarm = found.wake_at
            if any(map(self.refused_now, found.ready)):
                self.alarm = min(self.alarm or math.inf, self.now + RETRY)
            before, started = self.writes, len(self.started)
            self._write(self.writes_of(found))
            if len(self.started) > started:
                self.alarm = min(self.alarm or math.inf, self.now + SETTLING)
            if found.unsettled:
                assert self.writes > before, f"unsettled, and nothing was written: {self._what(found)}"
                self.woken = True
            elif self._said() != said:  # the gate wakes whom it has something new to say to
                self.woken = True
            elif not self.woken:
                self.check_settled(new_jobs=len(self.started) > started)

    def _said(self) -> dict[str, Reason]:
        """Why Steps wait, as the gate found last, by uid."""
        return {uid: wait.reason for uid, wait in self.waits.items()}

    def crash(self) -> None:
        """One plan of which some writes get lost with the operator; the one that begins then looks at everything."""
        writes = self.writes_of(self.plan())
        self.random.shuffle(writes)
        self._write(writes[: self.random.randrange(len(writes) + 1)])
        self.woken = True

    def _write(self, writes: list[Callable[[], Any]]) -> None:
        self._own = True
        try:
            for write in writes:
                write()
        finally:
            self._own = False

    def check_settled(self, new_jobs: bool) -> None:
        """The last plan was settled: one made now has nothing to write.

        Of Jobs that were created the cluster tells soon; how far the Pipeline got is written then.
        """
        left = self._what(self.plan())
        if new_jobs:
            left.pop("pipeline_status", None)
        assert not left, f"not settled: {left} {self.status} {self.states()}"

    def _what(self, found: Plan) -> dict[str, Any]:
        names = ("pipeline_status", "create_steps", "replace_specs", "delete_steps", "delete_jobs")
        more: dict[str, Any] = {name: getattr(found, name) for name in (*names, "step_statuses", "settle_approvals")}
        more["ready"] = self.due(found)
        return {name: value for name, value in more.items() if value}

    # --- histories ----------------------------------------------------------------------------------------------------

    def live(self, moments: int) -> None:
        """Lets things happen in a random order; after each, the engine asks as the contract says."""
        for _ in range(moments):
            self.advance()
            if self.random.random() < 0.08:
                self.disturb()
            if self.random.random() < 0.1:
                self.crash()
            self.ask()

    def finish_alone(self, most: int = 400) -> None:
        """Nothing happens any more but what containers, controllers and clocks do: the Pipeline must come to its end.

        Time goes from alarm to alarm: what no alarm and no event tells of, is never looked at.
        """
        for _ in range(most):
            self.ask()
            if "completionTime" in self.status and not any(map(self.is_live, self.of("Job"))):
                return
            before = self.writes
            for happens in (self.approve, self.start_pods, self.end_pods, self.ask, self.end_jobs, self.purge):
                happens()
            if self.writes == before:
                assert self.alarm is not None, f"waits for nothing: {self.status} {self.states()}"
                self.now = max(self.now, self.alarm)
            self.now += 0.5
        raise AssertionError(f"does not end: {self.status} {self.states()}")
