"""What becomes of one Step, told twice: in its status, and in the verdict that decisions about others are made from."""

from collections.abc import Mapping
from typing import Any

from penstock.api.step import OnError, StepPhase
from penstock.core.clock import instant
from penstock.core.graph.world import NO_RUN, Node, Ran, Verdict
from penstock.core.pod.ready import RunFacts
from penstock.core.reasons import Reason
from penstock.core.seen.views import JobView, StepView
from penstock.core.step import status as step_status
from penstock.core.step.outcomes import Success
from penstock.core.step.runs import Again, Decided, Over
from penstock.core.step.status import Status


class Recorder:
    """Records how one Step stands, in the status that `found` has of it if that says something new."""

    def __init__(self, found: Decided, node: Node, step: StepView, round_number: int, now: float) -> None:
        self.found = found
        self.node = node
        self.step = step
        self.status = step.status
        self.round = round_number
        self.now = now
        self.last: int = step.status.get("lastRun") or 0
        """The latest run that has ended or counts no more: no other one may take its number."""
        self.since: float | None = None
        """Since when it waits for nothing but its turn, if all that it depends on has ended."""

    def set(self, status: Status) -> None:
        """Has a status written."""
        if self.last > (status.get("lastRun") or 0):
            status["lastRun"] = self.last
        ready = step_status.ready_time(self.step, status.get("run"), self.since) if "startTime" in status else None
        if ready:
            status["readyTime"] = ready
        if step_status.differs(self.status, status):
            self.found.statuses[self.step.path] = status

    @property
    def ended_at(self) -> float:
        """When the Step ended, by its status; now, if it only ends now."""
        return instant(self.status.get("completionTime")) or self.now

    def wait(self, phase: StepPhase, reason: Reason | None, message: str, quiet: bool = False) -> Verdict:
        """It waits. `quiet`: it is shown as Pending, which is only written if the status says otherwise."""
        status = step_status.waiting(self.step, StepPhase.PENDING) if quiet else None
        self.set(status or step_status.waiting(self.step, phase, reason, message))
        return Verdict(phase, reason, message)

    def active(
        self, facts: RunFacts, job: JobView, reason: Reason, message: str, since: float | None, node: str | None
    ) -> Verdict:
        """It has a live Job, whose container runs since an instant, on a node, or is about to start."""
        same = self.status.get("reason") == reason and self.status.get("attempt") == job.attempt
        if not (same and self.status.get("message")):  # the first words stay: kubelet alternates between two of them
            self.set(step_status.active(self.step, facts, job, reason, message, since, node))
        return Verdict(StepPhase.RUNNING, reason, message, started=True)

    def queue(self, facts: RunFacts, job: JobView, reason: Reason, message: str) -> Verdict:
        """Its Job is suspended."""
        self.set(step_status.queued(self.step, facts, job, reason, message))
        return Verdict(StepPhase.QUEUED, reason, message, started=True)

    def retry(self, facts: RunFacts, again: Again) -> Verdict:
        """An attempt failed, and another one follows."""
        failure = again.attempt.failure
        self.set(step_status.retrying(self.step, facts, again.attempt, again.at))
        return Verdict(StepPhase.RETRYING, failure.reason, failure.message, started=True)

    def succeed(
        self,
        facts: RunFacts,
        job: JobView,
        success: Success,
        artifacts: dict[str, str],
        keep: int,
        learned: Mapping[str, Any] | None,
        timed: bool,
    ) -> Verdict:
        """An attempt succeeded. `keep`: results to hold; `learned`: what is known of its durations, with this one.

        `timed`: somebody reads when it began.
        """
        status = step_status.succeeded(self.step, facts, job, success, artifacts, self.now, keep, timed)
        if learned:
            status["learned"] = learned
        self.set(status)
        return Verdict(
            StepPhase.SUCCEEDED,
            Reason.COMPLETED,
            run=facts.run,
            outputs=success.outputs,
            artifacts=artifacts,
            ended_at=self.now,
            started=True,
            ran=step_status.ran(status),
        )

    def fail(self, facts: RunFacts, over: Over) -> Verdict:
        """Its run failed."""
        status = step_status.failed(self.step, facts, over.reason, over.message, self.now, over.attempt)
        self.set(status)
        return self.failure(facts.run, over.reason, over.message, self.now, status)

    def failure(self, run: int, reason: Reason, message: str, ended_at: float, status: Mapping[str, Any]) -> Verdict:
        """The verdict on a failure that is on record, in a status."""
        tolerated, ran = self.node.task.work.on_error is OnError.CONTINUE, step_status.ran(status)
        return Verdict(
            StepPhase.FAILED, reason, message, run=run, ended_at=ended_at, tolerated=tolerated, started=True, ran=ran
        )

    def skip(self, reason: Reason, message: str) -> Verdict:
        """It will not run."""
        same = self.status.get("phase") == "Skipped" and self.status.get("reason") == reason
        self.set(step_status.skipped(self.step, reason, message, self.round, self.now))
        return Verdict(StepPhase.SKIPPED, reason, message, ended_at=self.ended_at if same else self.now)

    def cancel(self, facts: RunFacts | None, reason: Reason) -> Verdict:
        """It was stopped, in a run or before one began."""
        status = step_status.cancelled(self.step, facts, reason, reason.doc, self.round, self.now)
        self.set(status)
        return self.cancellation(facts.run if facts else 0, reason, reason.doc, self.now, status)

    def cancellation(
        self, run: int, reason: Reason, message: str, ended_at: float, status: Mapping[str, Any]
    ) -> Verdict:
        """The verdict on a cancellation that is on record, in a status."""
        ran = step_status.ran(status) if "startTime" in status else NO_RUN
        return Verdict(StepPhase.CANCELLED, reason, message, run=run, ended_at=ended_at, ran=ran)

    def reuse(self, held: Mapping[str, Any]) -> Verdict:
        """It takes a held result, unless that is what it shows already."""
        status = self.status
        shown = status.get("phase") == "Succeeded" and (
            status.get("run"),
            status.get("fingerprint"),
            status.get("producers", ""),
        ) == (held["run"], held["fingerprint"], held.get("producers", ""))
        if not shown:
            self.set(step_status.reused(self.step, held, self.round, self.now))
        start = held.get("start") or (status.get("startTime", "") if shown else "")
        return Verdict(
            StepPhase.SUCCEEDED,
            Reason.COMPLETED,
            run=held["run"],
            outputs=held.get("outputs"),
            artifacts=held.get("artifacts"),
            ended_at=self.ended_at if shown else self.now,
            started=not shown or status.get("reason") != Reason.REUSED,
            ran=Ran(None if self.node.task.work.approval else 0, start, held.get("when", "")),
        )
