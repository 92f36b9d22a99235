"""One run of a Step: how its attempts go, whether another one follows, and how it ends.

A run makes the Step's result; one of another purpose takes that back (core/step/undo.py). Which run it is, and where
what becomes of it is written, is for others to say: core/step/decide.py and core/step/undo.py.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from penstock.api.base import Json
from penstock.core.clock import instant
from penstock.core.graph.world import Node
from penstock.core.pod.ready import Ready, RunFacts
from penstock.core.reasons import Reason
from penstock.core.seen.snapshot import Observed, Refusal
from penstock.core.seen.views import RUN, JobView, StepView
from penstock.core.step import outcomes, retries
from penstock.core.step.manifests import Manifest, NewStep
from penstock.core.step.outcomes import Failure, Queued, Running, Starting, Success
from penstock.core.step.status import Closed, Status

LIVE_CHECK = 30.0
"""Seconds after which Jobs are looked at again that have to end first."""
STARTING_PATIENCE = 5.0
"""Seconds before the status tells why the container of a Job does not start. Without a reason it tells nothing: the
controllers are only busy, and a write for every Step that waits for them would keep them so."""


@dataclass(slots=True)
class Decided:
    """What follows from decisions: from that about one Step, or from several."""

    statuses: dict[str, Status] = field(default_factory=dict)
    """New statuses of Steps, by path."""
    create: list[NewStep] = field(default_factory=list)
    specs: list[tuple[StepView, Manifest]] = field(default_factory=list)
    """Steps that get another spec."""
    ready: list[Ready] = field(default_factory=list)
    delete_jobs: list[JobView] = field(default_factory=list)
    wake_at: list[float] = field(default_factory=list)
    unsettled: bool = False
    """More follows from what is written here, as soon as it is."""

    @property
    def acts(self) -> bool:
        """Whether anything is to be written, the Jobs of ready Steps apart."""
        return bool(self.statuses or self.create or self.specs or self.delete_jobs or self.unsettled)

    def add(self, other: "Decided") -> None:
        """Takes in what follows from other decisions."""
        self.statuses |= other.statuses
        self.create += other.create
        self.specs += other.specs
        self.ready += other.ready
        self.delete_jobs += other.delete_jobs
        self.wake_at += other.wake_at
        self.unsettled |= other.unsettled


@dataclass(frozen=True, slots=True)
class Run:
    """A run: what it runs, its Jobs, and what is on record of it.

    `node`: its task's work is what runs. `jobs`: of this run alone. `record`: the Step's status, or the part of it that
    is about an undo; nothing if it is about another run.
    """

    node: Node
    step: StepView
    facts: RunFacts
    jobs: Sequence[JobView] = ()
    record: Mapping[str, Any] = field(default_factory=dict)
    purpose: str = RUN
    produced: Mapping[str, Json] = field(default_factory=dict)

    @property
    def attempts(self) -> Sequence[Mapping[str, Any]]:
        """What is on record of its attempts."""
        return self.record.get("attempts") or ()

    @property
    def closed(self) -> int:
        """Number of the last attempt whose end is on record."""
        return max((one["number"] for one in self.attempts if "end" in one), default=0)

    def where(self, attempt: int) -> str | None:
        """On which node an attempt was, as far as is on record."""
        return next((one.get("node") for one in self.attempts if one["number"] == attempt), None)


@dataclass(frozen=True, slots=True)
class Active:
    """An attempt is under way."""

    job: JobView
    progress: Queued | Starting | Running


@dataclass(frozen=True, slots=True)
class Ending:
    """Nothing starts before a Job has ended that counts no more."""

    job: JobView


@dataclass(frozen=True, slots=True)
class BackingOff:
    """The next attempt waits for its time (seconds since 1970)."""

    until: float


@dataclass(frozen=True, slots=True)
class Due:
    """The next attempt may start, since an instant."""

    since: float


@dataclass(frozen=True, slots=True)
class Won:
    """An attempt succeeded."""

    job: JobView
    success: Success


@dataclass(frozen=True, slots=True)
class Again:
    """An attempt failed or was lost, and another one follows at an instant."""

    attempt: Closed
    at: float


@dataclass(frozen=True, slots=True)
class Over:
    """The run has failed: by its last attempt, or before one could start."""

    reason: Reason
    message: str
    attempt: Closed | None = None


Stand = Active | Ending | BackingOff | Due | Won | Again | Over
"""How a run stands."""


class Life:
    """Lets runs live: one attempt after the other, and no two Jobs of a Step at a time, whatever they are for.

    What is to be done about it goes to `found`.
    """

    def __init__(self, observed: Observed, found: Decided) -> None:
        self.observed = observed
        self.found = found
        self.now = observed.now
        self._stopped: set[str] = set()

    def live(self, step: StepView) -> list[JobView]:
        """The Jobs of a Step that run or may come to run, whatever they are for; later ones last."""
        jobs, pods = self.observed.jobs.get(step.uid, ()), self.observed.pods
        live = [job for job in jobs if outcomes.may_run(job, pods.get(job.uid, ()))]
        return sorted(live, key=lambda job: (job.run, job.round, job.attempt)) if len(live) > 1 else live

    def advance(self, run: Run) -> Stand:
        """How a run stands that has begun."""
        newest = max(run.jobs, key=lambda job: job.attempt, default=None)
        if newest and newest.attempt > run.closed:
            return self._read(run, newest)
        live = self.live(run.step)
        if live:
            return self.end(live)
        lost = next((one for one in reversed(run.attempts) if "end" not in one), None)
        if lost:
            words = f"Job {lost['job']} was deleted"
            failure = Failure(Reason.LOST, words, self.now, lost.get("node"), disrupted=True)
            return self._failed(run, lost["job"], lost["number"], failure)
        at = instant(run.record.get("retryTime")) or self.now
        if self.now < at:
            self.found.wake_at.append(at)
            return BackingOff(at)
        return Due(at)

    def end(self, live: Sequence[JobView]) -> Ending:
        """Ends Jobs that count no more."""
        self.stop(live)
        self.found.wake_at.append(self.now + LIVE_CHECK)
        return Ending(live[-1])

    def stop(self, jobs: Iterable[JobView]) -> None:
        """Deletes Jobs."""
        for job in jobs:
            if not (job.deleting or job.gone) and job.uid not in self._stopped:
                self._stopped.add(job.uid)
                self.found.delete_jobs.append(job)

    def start(self, run: Run, values: Mapping[str, Json], since: float) -> Over | Refusal | None:
        """Asks for the Job of the next attempt: Over if there will be none, a Refusal if it has to be asked for again.

        `values`: of its inputs; `since`: when it became due.
        """
        growths = sum(one.get("reason") == Reason.OOM_KILLED for one in run.attempts)
        ready = Ready(run.node, run.step, run.facts, run.closed + 1, values, since, growths, run.purpose, run.produced)
        unfit = _of(ready, self.observed.unfit)
        if unfit:
            return Over(Reason.NEVER_FITS, unfit.message)
        refusal = _of(ready, self.observed.refused)
        if refusal and (refusal.hopeless or not (refusal.quota or self._in_time(run, refusal))):
            return Over(Reason.START_FAILED, f"the Job was not taken: {refusal.message}")
        self.found.ready.append(ready)
        return refusal

    def held_up(self, job: JobView, progress: Queued | Starting, kueue: bool) -> tuple[Reason, str] | None:
        """Why an attempt does not start whose Job is there, if the status is to tell that. `kueue`: it has a queue."""
        if isinstance(progress, Queued):
            queue = Reason.QUEUED_BY_KUEUE
            return (queue, queue.doc) if kueue else (Reason.SUSPENDED, f"Job {job.name} is suspended")
        patience = job.created + STARTING_PATIENCE
        if progress.detail and self.now < patience:
            self.found.wake_at.append(patience)
        return (Reason.STARTING, progress.detail) if progress.detail and self.now >= patience else None

    def _in_time(self, run: Run, refusal: Refusal) -> bool:
        deadline = refusal.since + run.node.task.work.start_timeout
        self.found.wake_at.append(deadline)
        return self.now < deadline

    def _read(self, run: Run, job: JobView) -> Stand:
        work = run.node.task.work
        progress = outcomes.read_attempt(
            job,
            self.observed.pods.get(job.uid, ()),
            work.outputs if run.purpose == RUN else (),
            work.replicas,
            work.start_timeout,
            self.now,
            self.observed.trouble.get(job.uid, ""),
        )
        match progress:
            case Success():
                return Won(job, progress)
            case Failure():
                if job.gone:
                    progress = replace(progress, node=progress.node or run.where(job.attempt))
                if progress.reason is Reason.START_FAILED:  # else it might start beside the next attempt
                    self.stop([one for one in self.live(run.step) if one is job])
                return self._failed(run, job.name, job.attempt, progress)
            case Starting() | Running() if progress.until:
                self.found.wake_at.append(progress.until)
        return Active(job, progress)

    def _failed(self, run: Run, job: str, number: int, failure: Failure) -> Again | Over:
        failures = (run.record.get("failures") or 0) + (not failure.disrupted)
        disruptions = (run.record.get("disruptions") or 0) + failure.disrupted
        attempt = Closed(job, number, failure, failures, disruptions)
        seed = f"{run.step.uid}/{run.facts.run}{'' if run.purpose == RUN else f'/{run.purpose}'}"
        verdict = retries.decide(run.node.task.work.retry, failure, failures, disruptions, seed)
        self.found.unsettled |= bool(self.live(run.step))  # what still runs is stopped once this end is on record
        if isinstance(verdict, retries.Again):
            self.found.wake_at.append(verdict.at + 1)
            self.found.unsettled |= verdict.at <= self.now
            return Again(attempt, verdict.at)
        message = f"{failure.message} ({verdict.why})" if verdict.why else failure.message
        return Over(failure.reason, message, attempt)


def obstacle(refusal: Refusal) -> Reason:
    """What an attempt waits for whose Job was not taken."""
    if refusal.quota:
        return Reason.QUOTA_EXCEEDED
    return Reason.NAME_CONFLICT if refusal.conflict else Reason.STARTING


def _of(ready: Ready, refusals: Mapping[str, Refusal]) -> Refusal | None:
    """The refusal of exactly that attempt: what was said of another one, or of an undo, says nothing about it."""
    found = refusals.get(ready.step.uid)
    mine = (ready.facts.run, ready.attempt, ready.purpose)
    return found if found and (found.run, found.attempt, found.purpose) == mine else None
