"""Decides about one Step: wait, start, reuse, retry, or how it ended."""

from collections.abc import Mapping
from typing import Any

from penstock.api import durations
from penstock.api.step import Cache, StepPhase
from penstock.core import step_status
from penstock.core.bindings import Impossible, Met, Waiting, admit_by_guards, bind, dependencies
from penstock.core.clock import instant, stamp
from penstock.core.observed import StepView
from penstock.core.reasons import Reason
from penstock.core.runs import Case, Decided, Ready, Stage, StepRuns
from penstock.core.step_status import RunFacts
from penstock.core.world import Node, Verdict

__all__ = ["Decided", "Decider", "Ready", "Stage"]


class Decider(Case):
    """Decides about the Steps of one snapshot, in dependency order."""

    def decide(self, node: Node, step: StepView) -> Verdict:
        """The verdict on a Step that exists; what is to be done about it goes to `found`."""
        return _One(self, node, step).decide()


class _One(StepRuns):
    """The decision about one Step."""

    def decide(self) -> Verdict:
        depends = dependencies(self.case.world, self.node, self.stage.producers if self.node.task.final else "")
        blocked = self._open_run(depends)
        if blocked:
            return blocked
        settled = self._settled(depends)
        if settled:
            return settled
        if isinstance(depends, Met):
            refused = admit_by_guards(self.case.world, self.node)
            if refused:
                return self._impossible(refused, depends.producers)
            held = self._held(depends.producers)
            if held:
                return self._reuse(held)
        if self.stage.stopping and not self.node.task.final:
            return self._skipped() or self._cancel(None)
        if self._kept_from_starting():
            return self._skip(Reason.PIPELINE_FAILED, "another step failed, so nothing new starts")
        if isinstance(depends, Waiting):
            return self._wait(StepPhase.PENDING, Reason.WAITING_FOR_DEPENDENCIES, depends.message, quiet=True)
        if isinstance(depends, Impossible):
            return self._impossible(depends, "")
        return self._fresh(depends)

    def _kept_from_starting(self) -> bool:
        task = self.node.task
        return self.stage.failing and not (task.final or task.accepts_failure or self.node.path in self.stage.decided)

    def _settled(self, depends: Waiting | Impossible | Met) -> Verdict | None:
        """The verdict if the Step has ended and that still counts."""
        phase = self.status.get("phase")
        if phase == "Succeeded" and (self.status.get("undo") or {}).get("round") == self.stage.round:
            return self._undone()
        if phase not in ("Failed", "Cancelled") or self.status.get("round") != self.stage.round:
            return None
        if phase == "Cancelled":
            reason = Reason.of(self.status.get("reason")) or Reason.CANCELLED
            return Verdict(StepPhase.CANCELLED, reason, run=self.last, ended_at=self._ended_at())
        producers = depends.producers if isinstance(depends, Met) else ""
        if self.status.get("run", 0) < self.min_run or self.status.get("fingerprint") != self.fingerprint:
            return None
        if isinstance(depends, Waiting) or self.status.get("producers", "") != producers:
            return None
        why = Reason.of(self.status.get("reason")) or Reason.ERROR
        return self._failure(self.last, why, self.status.get("message", ""), self._ended_at())

    def _undone(self) -> Verdict:
        """A success that was taken back stays what it was for the rest of its round; its result is not held."""
        return Verdict(
            StepPhase.SUCCEEDED,
            Reason.UNDONE,
            run=self.status["run"],
            outputs=self.status.get("outputs"),
            artifacts=self.status.get("artifacts"),
            ended_at=self._ended_at(),
            started=True,
        )

    def _held(self, producers: str) -> Mapping[str, Any] | None:
        """The held result that counts, newest first."""
        cache = Cache.NEVER if self.work.approval else self.work.cache
        results: list[Mapping[str, Any]] = self.status.get("results") or []
        for result in results:
            if result["fingerprint"] != self.fingerprint or result.get("producers", "") != producers:
                continue
            if result["run"] < self.min_run:
                continue
            if cache is Cache.LAST_RUN and result["run"] != (self.status.get("lastRun") or 0):
                continue
            if cache is Cache.NEVER and result.get("revision", 0) != self.stage.revision:
                continue
            return result
        return None

    def _reuse(self, held: Mapping[str, Any]) -> Verdict:
        status = self.status
        shown = status.get("phase") == "Succeeded" and (
            status.get("run"),
            status.get("fingerprint"),
            status.get("producers", ""),
        ) == (held["run"], held["fingerprint"], held.get("producers", ""))
        ended_at = self._ended_at() if shown else self.now
        if not shown:
            self._set(step_status.reused(self.step, held, self.stage.round, self.now))
        return Verdict(
            StepPhase.SUCCEEDED,
            Reason.COMPLETED,
            run=held["run"],
            outputs=held.get("outputs"),
            artifacts=held.get("artifacts"),
            ended_at=ended_at,
            started=not shown or status.get("reason") != Reason.REUSED,
        )

    def _fresh(self, depends: Met) -> Verdict:
        facts = self._new_run(depends.producers)
        if self.work.approval:
            return self._approval(facts)
        values = bind(self.case.world, self.node)
        if isinstance(values, Impossible):
            return self._impossible(values, depends.producers)
        if self.stage.suspended:
            return self._wait(StepPhase.PENDING, Reason.SUSPENDED, Reason.SUSPENDED.doc, quiet=True)
        if self.live:
            return self._ending()
        self._stop(self.jobs)
        since = max(depends.since, self.step.created, self.stage.since)
        ready = Ready(self.node, self.step, facts, 1, values, since)
        return self._start(ready) or self._wait(StepPhase.PENDING, None, "", quiet=True)

    def _approval(self, facts: RunFacts) -> Verdict:
        if self.step.rejected_by:
            self._set(step_status.rejected(self.step, facts, self.step.rejected_by, self.now))
            return self._failure(facts.run, Reason.REJECTED, f"rejected by {self.step.rejected_by}", self.now)
        if self.step.approved_by and not self.stage.suspended:
            self._set(step_status.approved(self.step, facts, self.step.approved_by, self.now, self.case.keep))
            return Verdict(StepPhase.SUCCEEDED, Reason.APPROVED, run=facts.run, ended_at=self.now, started=True)
        if self.stage.suspended:  # nothing is asked meanwhile, and so no time for an answer runs out
            return self._wait(StepPhase.PENDING, Reason.SUSPENDED, Reason.SUSPENDED.doc, quiet=True)
        return self._ask(facts)

    def _ask(self, facts: RunFacts) -> Verdict:
        approval = self.work.approval
        assert approval is not None
        waits = self.status.get("reason") == Reason.WAITING_FOR_APPROVAL
        asked = instant((waits and self.status.get("startTime")) or stamp(self.now)) or self.now
        message = (
            f"{approval.message} To approve: kubectl annotate step {self.step.name}"
            f" -n {self.step.namespace} penstock.dev/approved-by=YOU"
        )
        if approval.timeout:
            until = asked + durations.parse(approval.timeout)
            if self.now >= until:
                words = f"nobody decided within {approval.timeout}: {approval.message}"
                self._set(step_status.failed(self.step, facts, Reason.APPROVAL_TIMED_OUT, words, self.now))
                return self._failure(facts.run, Reason.APPROVAL_TIMED_OUT, words, self.now)
            self.found.wake_at.append(until)
            message += f" (until {stamp(until)})"
        self._set(step_status.asked(self.step, message, asked))
        return Verdict(StepPhase.QUEUED, Reason.WAITING_FOR_APPROVAL, message)
