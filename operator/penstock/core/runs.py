"""A run of a Step that has begun: how its attempts go, whether another one follows, and how it ends."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from penstock.api import durations
from penstock.api.base import Json
from penstock.api.step import OnError, StepPhase
from penstock.core import outcomes, retries, step_status
from penstock.core.artifacts import stored_at
from penstock.core.bindings import Impossible, Met, Waiting, bind
from penstock.core.clock import instant
from penstock.core.observed import JobView, Observed, StepView
from penstock.core.outcomes import Failure, Success
from penstock.core.reasons import Reason
from penstock.core.scheduling.learned import families, record
from penstock.core.step_status import RunFacts, Status
from penstock.core.world import Node, Verdict, World

STARTING_PATIENCE = 5.0
"""Seconds before the status tells why the container of a Job does not start. Without a reason it tells nothing: the
controllers are only busy, and a write for every Step that waits for them would keep them so."""
BRIEF = 2.0
"""Seconds of running before the status tells of it: what ends sooner costs one write. Kubelet tells whole seconds."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A Step that wants a Job: everything its manifest is made from."""

    node: Node
    step: StepView
    facts: RunFacts
    attempt: int
    values: Mapping[str, Json]
    since: float
    memory_growths: int = 0
    purpose: str = "run"
    produced: Mapping[str, Json] = field(default_factory=dict)
    """For an undo: the outputs that the Step had produced."""
    estimate: float | None = None
    """How long it is expected to take, in seconds."""
    nodes: tuple[str, ...] = ()
    """Where admission found room for its pods; none if nodes are not known."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What holds for the whole Pipeline while its Steps are decided."""

    round: int
    revision: int
    failing: bool = False
    decided: frozenset[str] = frozenset()
    """Paths of the Steps that ended before it failed: they were not kept from starting, even if they never started."""
    stopping: Reason | None = None
    suspended: bool = False
    producers: str = ""
    """For `finally`: the runs of all other Steps."""
    since: float = 0.0
    """When it began: nothing has been ready for longer."""


@dataclass(slots=True)
class Decided:
    """What follows from the decisions so far."""

    statuses: dict[str, Status] = field(default_factory=dict)
    ready: list[Ready] = field(default_factory=list)
    delete_jobs: list[JobView] = field(default_factory=list)
    wake_at: list[float] = field(default_factory=list)


class Case:
    """What the Steps of one snapshot are decided from, and what follows from it."""

    def __init__(self, observed: Observed, world: World, stage: Stage) -> None:
        self.observed = observed
        self.world = world
        self.stage = stage
        self.found = Decided()
        self.now = observed.now
        self.keep = world.graph.settings.history_limit
        self.unwritten: set[str] = set()
        """Uids of Steps whose spec must be written before they start: it says which results a rerun dropped."""


class StepRuns:
    """The runs of one Step, the last of which may be under way."""

    def __init__(self, case: Case, node: Node, step: StepView) -> None:
        self.case = case
        self.stage = case.stage
        self.found = case.found
        self.now = case.now
        self.node = node
        self.step = step
        self.status = step.status
        self.work = node.task.work
        self.fingerprint = node.fingerprint
        self.min_run = step.min_run
        self.jobs = [job for job in case.observed.jobs.get(step.uid, ()) if job.purpose == "run"]
        pods = case.observed.pods
        self.live = [job for job in self.jobs if outcomes.may_run(job, pods.get(job.uid, ()))]
        self.last: int = self.status.get("lastRun") or 0

    def _open_run(self, depends: Waiting | Impossible | Met) -> Verdict | None:
        """The verdict while a run that has begun is not over; None if there is none, or it counts no more."""
        self._stop(job for job in self.live if job.run <= self.last)
        jobs = sorted((job for job in self.jobs if job.run > self.last), key=lambda job: (job.run, job.attempt))
        recorded: int = self.status.get("run") or 0
        recorded = recorded if recorded > self.last and not step_status.ended(self.status) else 0
        run = max([recorded, *(job.run for job in jobs)])
        if not run:
            return None
        newest = jobs[-1] if jobs and jobs[-1].run == run else None
        facts = self._facts(run, newest, recorded == run)
        counts = isinstance(depends, Met) and self._counts(facts, depends.producers)
        if not counts or (self.stage.stopping and not self.node.task.final):
            if self.live:
                return self._discard(facts, newest)
            if self.stage.stopping and counts:
                return self._cancel(facts)
            self.last = max(self.last, run)
            return None
        attempts = self.status.get("attempts") or () if recorded == run else ()
        closed = max((one["number"] for one in attempts if "end" in one), default=0)
        if newest and newest.attempt > closed:
            return self._attempt(facts, newest)
        if self.live:
            self._stop(self.live)
            return self._ending()
        open_attempts = [one for one in attempts if "end" not in one]
        if open_attempts:
            return self._lost(facts, open_attempts[-1])
        return self._retry(facts, closed)

    def _facts(self, run: int, job: JobView | None, recorded: bool) -> RunFacts:
        if recorded:
            status = self.status
            return RunFacts(
                run,
                status.get("fingerprint", ""),
                status.get("producers", ""),
                self.stage.round,
                status.get("revision", 0),
            )
        assert job is not None
        return RunFacts(run, job.fingerprint, job.producers, self.stage.round, job.revision)

    def _counts(self, facts: RunFacts, producers: str) -> bool:
        return (facts.fingerprint, facts.producers) == (self.fingerprint, producers) and facts.run >= self.min_run

    def _discard(self, facts: RunFacts, newest: JobView | None) -> Verdict:
        """Stops a run that counts no more, once it is on record: no other may take its number, and an undo may ask."""
        verdict = self._ending()
        known = self.status.get("attempts") or () if self.status.get("run") == facts.run else ()
        if newest and newest in self.live and all(one["number"] != newest.attempt for one in known):
            self._set(step_status.active(self.step, facts, newest, Reason.REPLACING, verdict.message, None, None))
        else:
            self._stop(self.live)
        return verdict

    def _ending(self) -> Verdict:
        """The verdict while Jobs that count no more come to their end."""
        self.found.wake_at.append(self.now + 30)
        message = f"waits for the end of {self.live[-1].name}"
        return Verdict(StepPhase.RUNNING, Reason.REPLACING, message, started=True)

    def _attempt(self, facts: RunFacts, job: JobView) -> Verdict:
        progress = outcomes.read_attempt(
            job,
            self.case.observed.pods.get(job.uid, ()),
            self.work.outputs,
            self.work.replicas,
            self.work.start_timeout,
            self.now,
            self.case.observed.trouble.get(job.uid, ""),
        )
        match progress:
            case Success():
                artifacts = stored_at(self.case.world.graph, self.node, self.case.observed, job)
                status = step_status.succeeded(self.step, facts, job, progress, artifacts, self.now, self.case.keep)
                if progress.started is not None:
                    name = families(self.case.world.graph)[self.node.task.id]
                    status["learned"] = record(status.get("learned"), name, progress.ended - progress.started)
                self._set(status)
                return Verdict(
                    StepPhase.SUCCEEDED,
                    Reason.COMPLETED,
                    run=facts.run,
                    outputs=progress.outputs,
                    artifacts=artifacts,
                    ended_at=self.now,
                    started=True,
                )
            case Failure():
                return self._failed_attempt(facts, job.name, job.attempt, progress, live=job)
            case outcomes.Running():
                if progress.until:
                    self.found.wake_at.append(progress.until)
                if self.now < progress.started + BRIEF:
                    self.found.wake_at.append(progress.started + BRIEF)
                    return Verdict(StepPhase.RUNNING, Reason.RUNNING, started=True)
                return self._active(facts, job, Reason.RUNNING, progress.detail, progress.started, progress.node)
            case outcomes.Queued():
                reason = Reason.QUEUED_BY_KUEUE if self.case.world.graph.settings.queue_name else Reason.SUSPENDED
                words = reason.doc if reason is Reason.QUEUED_BY_KUEUE else f"Job {job.name} is suspended"
                self._set(step_status.queued(self.step, facts, job, reason, words))
                return Verdict(StepPhase.QUEUED, reason, words, started=True)
            case outcomes.Starting():
                if progress.until:
                    self.found.wake_at.append(progress.until)
                patience = job.created + STARTING_PATIENCE
                if progress.detail and self.now < patience:
                    self.found.wake_at.append(patience)
                if not progress.detail or self.now < patience:
                    return Verdict(StepPhase.RUNNING, Reason.STARTING, progress.detail, started=True)
                return self._active(facts, job, Reason.STARTING, progress.detail, None, None)

    def _active(
        self, facts: RunFacts, job: JobView, reason: Reason, message: str, started: float | None, node: str | None
    ) -> Verdict:
        same = self.status.get("reason") == reason and self.status.get("attempt") == job.attempt
        if not (same and self.status.get("message")):  # the first words stay: kubelet alternates between two of them
            self._set(step_status.active(self.step, facts, job, reason, message, started, node))
        return Verdict(StepPhase.RUNNING, reason, message, started=True)

    def _lost(self, facts: RunFacts, attempt: Mapping[str, Any]) -> Verdict:
        failure = Failure(
            Reason.LOST, f"Job {attempt['job']} was deleted", self.now, attempt.get("node"), disrupted=True
        )
        return self._failed_attempt(facts, attempt["job"], attempt["number"], failure, None)

    def _failed_attempt(
        self, facts: RunFacts, name: str, number: int, failure: Failure, live: JobView | None
    ) -> Verdict:
        before = self.status if self.status.get("run") == facts.run else {}
        failures = (before.get("failures") or 0) + (not failure.disrupted)
        disruptions = (before.get("disruptions") or 0) + failure.disrupted
        if failure.reason is Reason.START_FAILED:
            self._stop(job for job in self.live if job is live)
        verdict = retries.decide(self.work.retry, failure, failures, disruptions, f"{self.step.uid}/{facts.run}")
        counts = (failures, disruptions)
        if isinstance(verdict, retries.Again):
            self._set(step_status.retrying(self.step, facts, name, number, failure, counts, verdict.at))
            self.found.wake_at.append(verdict.at + 1)
            return Verdict(StepPhase.RETRYING, failure.reason, failure.message, started=True)
        message = f"{failure.message} ({verdict.why})" if verdict.why else failure.message
        self._set(
            step_status.failed(self.step, facts, failure.reason, message, self.now, (name, number, failure), counts)
        )
        return self._failure(facts.run, failure.reason, message, self.now)

    def _retry(self, facts: RunFacts, closed: int) -> Verdict:
        at = instant(self.status.get("retryTime")) or self.now
        if self.now < at:
            self.found.wake_at.append(at)
            wait = f"next attempt in {durations.render(at - self.now)}"
            return Verdict(StepPhase.RETRYING, Reason.BACKOFF, wait, started=True)
        values = bind(self.case.world, self.node)
        if isinstance(values, Impossible):
            return self._impossible(values, facts.producers)
        if self.stage.suspended:
            return Verdict(StepPhase.RETRYING, Reason.SUSPENDED, Reason.SUSPENDED.doc, started=True)
        grown = sum(one.get("reason") == Reason.OOM_KILLED for one in self.status.get("attempts") or ())
        ready = Ready(self.node, self.step, facts, closed + 1, values, at, grown)
        return self._start(ready) or Verdict(StepPhase.RETRYING, Reason.BACKOFF, "", started=True)

    def _start(self, ready: Ready) -> Verdict | None:
        """Asks for a Job; the verdict if that must wait, or if the API server did not take it."""
        if self.step.uid in self.case.unwritten:
            return self._wait(
                StepPhase.PENDING, Reason.REPLACING, "the Step is being prepared to run again", quiet=True
            )
        unfit = self.case.observed.unfit.get(self.step.uid)
        if unfit:
            self._set(step_status.failed(self.step, ready.facts, Reason.NEVER_FITS, unfit, self.now))
            return self._failure(ready.facts.run, Reason.NEVER_FITS, unfit, self.now)
        refusal = self.case.observed.refused.get(self.step.uid)
        refusal = refusal if refusal and refusal.purpose == ready.purpose else None
        if refusal and (refusal.hopeless or not (refusal.quota or self._in_time(refusal.since))):
            message = f"the Job was not taken: {refusal.message}"
            self._set(step_status.failed(self.step, ready.facts, Reason.START_FAILED, message, self.now))
            return self._failure(ready.facts.run, Reason.START_FAILED, message, self.now)
        self.found.ready.append(ready)
        if refusal is None:
            return None
        reason = Reason.QUOTA_EXCEEDED if refusal.quota else Reason.STARTING
        if ready.attempt > 1:
            return Verdict(StepPhase.RETRYING, reason, refusal.message, started=True)
        return self._wait(StepPhase.QUEUED, reason, refusal.message)

    def _in_time(self, since: float) -> bool:
        deadline = since + self.work.start_timeout
        self.found.wake_at.append(deadline)
        return self.now < deadline

    def _impossible(self, why: Impossible, producers: str) -> Verdict:
        if why.phase is StepPhase.SKIPPED:
            return self._skip(why.reason, why.message)
        facts = self._new_run(producers)
        self._set(step_status.failed(self.step, facts, why.reason, why.message, self.now))
        return self._failure(facts.run, why.reason, why.message, self.now)

    def _new_run(self, producers: str) -> RunFacts:
        known = [self.last, self.status.get("run") or 0, self.min_run - 1, *(job.run for job in self.jobs)]
        return RunFacts(max(known) + 1, self.fingerprint, producers, self.stage.round, self.stage.revision)

    def _skip(self, reason: Reason, message: str) -> Verdict:
        same = self.status.get("phase") == "Skipped" and self.status.get("reason") == reason
        self._set(step_status.skipped(self.step, reason, message, self.stage.round, self.now))
        ended_at = self._ended_at() if same else self.now
        return Verdict(StepPhase.SKIPPED, reason, message, ended_at=ended_at)

    def _skipped(self) -> Verdict | None:
        """The verdict on a Step that was skipped in this round, before the Pipeline was stopped."""
        status = self.status
        if status.get("phase") != "Skipped" or status.get("round") != self.stage.round:
            return None
        reason = Reason.of(status.get("reason")) or Reason.PIPELINE_FAILED
        return Verdict(StepPhase.SKIPPED, reason, status.get("message", ""), ended_at=self._ended_at())

    def _cancel(self, facts: RunFacts | None) -> Verdict:
        reason = self.stage.stopping or Reason.CANCELLED
        self._set(step_status.cancelled(self.step, facts, reason, reason.doc, self.stage.round, self.now))
        return Verdict(StepPhase.CANCELLED, reason, reason.doc, run=facts.run if facts else 0, ended_at=self.now)

    def _wait(self, phase: StepPhase, reason: Reason | None, message: str, quiet: bool = False) -> Verdict:
        """A Step that waits. `quiet`: it is shown as Pending, which is only written if the status says otherwise."""
        status = step_status.waiting(self.step, StepPhase.PENDING) if quiet else None
        self._set(status or step_status.waiting(self.step, phase, reason, message))
        return Verdict(phase, reason, message)

    def _set(self, status: Status) -> None:
        if self.last > (status.get("lastRun") or 0):
            status["lastRun"] = self.last  # a run that counts no more was the latest all the same
        if step_status.differs(self.status, status):
            self.found.statuses[self.step.path] = status

    def _stop(self, jobs: Iterable[JobView]) -> None:
        self.found.delete_jobs.extend(job for job in jobs if not job.deleting)

    def _failure(self, run: int, reason: Reason, message: str, ended_at: float) -> Verdict:
        tolerated = self.work.on_error is OnError.CONTINUE
        return Verdict(StepPhase.FAILED, reason, message, run=run, ended_at=ended_at, tolerated=tolerated, started=True)

    def _ended_at(self) -> float:
        return instant(self.status.get("completionTime")) or self.now
