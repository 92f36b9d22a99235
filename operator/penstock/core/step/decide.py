"""Decides about one Step: which run of it counts, whether it waits, starts, takes a held result, or has ended."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from penstock.api import durations
from penstock.api.step import Cache, StepPhase
from penstock.core.graph.bindings import Impossible, Met, Waiting, admit_by_guards, bind, dependencies, timed_tasks
from penstock.core.graph.learned import families, record
from penstock.core.graph.world import Node, Verdict, World
from penstock.core.pod.artifacts import stored_at
from penstock.core.pod.ready import RunFacts
from penstock.core.reasons import Reason
from penstock.core.seen.snapshot import Observed
from penstock.core.seen.views import RUN, JobView, StepView
from penstock.core.step import outcomes
from penstock.core.step import status as step_status
from penstock.core.step.approvals import decision
from penstock.core.step.outcomes import Success
from penstock.core.step.record import Recorder
from penstock.core.step.runs import Active, Again, BackingOff, Decided, Due, Ending, Life, Over, Run, Won, obstacle
from penstock.core.values import digest

BRIEF = 2.0
"""Seconds of running before the status tells of it: what ends sooner costs one write. Kubelet tells whole seconds."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What holds for the whole Pipeline while its Steps are decided."""

    round: int
    revision: int
    failing: bool = False
    decided: frozenset[str] = frozenset()
    """Paths of the Steps that ended before it failed: they were not kept from starting, even if they never started."""
    stopping: Reason | None = None
    held: Reason | None = None
    """Why nothing new starts, while what runs goes on."""
    producers: str = ""
    """For `finally`: the runs of all other Steps."""
    since: float = 0.0
    """When it began: nothing has been ready for longer."""


def runs_before(verdicts: Iterable[tuple[Node, Verdict]]) -> str:
    """What the steps of `finally` come after: how all others ended, in the order of the graph."""
    return digest([f"{node.path}:{verdict.phase.value}:{verdict.run}" for node, verdict in verdicts])


class Decider:
    """Decides about the Steps of one snapshot, in dependency order; what follows from it goes to `found`."""

    def __init__(self, observed: Observed, world: World, stage: Stage, found: Decided | None = None) -> None:
        self.observed = observed
        self.world = world
        self.stage = stage
        self.found = Decided() if found is None else found
        self.life = Life(observed, self.found)
        self.unwritten: set[str] = set()
        """Uids of Steps whose spec must be written before they start: it says which results a rerun dropped."""

    def decide(self, node: Node, step: StepView) -> Verdict:
        """The verdict on a Step that exists."""
        return _One(self, node, step).decide()


class _One:
    """The decision about one Step."""

    def __init__(self, case: Decider, node: Node, step: StepView) -> None:
        self.case = case
        self.stage = case.stage
        self.world = case.world
        self.life = case.life
        self.now = case.observed.now
        self.node = node
        self.step = step
        self.status = step.status
        self.work = node.task.work
        self.record = Recorder(case.found, node, step, case.stage.round, self.now)
        self.jobs = [job for job in case.observed.jobs.get(step.uid, ()) if job.purpose == RUN]
        self.live = case.life.live(step)
        self.live_runs = [job for job in self.live if job.purpose == RUN]

    def decide(self) -> Verdict:
        depends = dependencies(self.world, self.node, self.stage.producers if self.node.task.final else "")
        if isinstance(depends, Met):
            self.record.since = max(depends.since, self.step.created, self.stage.since)
        blocked = self._open_run(depends)
        if blocked:
            return blocked
        settled = self._settled(depends)
        if settled:
            return settled
        if isinstance(depends, Met):
            refused = admit_by_guards(self.world, self.node)
            if refused:
                return self._impossible(refused, depends.producers)
            held = self._held(depends.producers)
            if held:
                return self.record.reuse(held)
        if self.stage.stopping and not self.node.task.final:
            return self._skipped() or self.record.cancel(None, self.stage.stopping)
        if self._kept_from_starting():
            return self.record.skip(Reason.PIPELINE_FAILED, "another step failed, so nothing new starts")
        if isinstance(depends, Waiting):
            return self.record.wait(StepPhase.PENDING, Reason.WAITING_FOR_DEPENDENCIES, depends.message, quiet=True)
        if isinstance(depends, Impossible):
            return self._impossible(depends, "")
        return self._fresh(depends)

    # --- a run that has begun -----------------------------------------------------------------------------------------

    def _open_run(self, depends: Waiting | Impossible | Met) -> Verdict | None:
        """The verdict while a run that has begun is not over; None if there is none, or it counts no more."""
        last = self.record.last
        self.life.stop(job for job in self.live_runs if job.run <= last)
        recorded: int = self.status.get("run") or 0
        recorded = recorded if recorded > last and not step_status.ended(self.status) else 0
        number = max([recorded, *(job.run for job in self.jobs if job.run > last)])
        if not number:
            return None
        jobs = sorted((job for job in self.jobs if job.run == number), key=lambda job: job.attempt)
        status = self.status if number == recorded else {}
        facts = self._facts(number, status, jobs)
        counts = isinstance(depends, Met) and self._counts(facts, depends.producers)
        if counts and not (self.stage.stopping and not self.node.task.final):
            return self._advance(Run(self.node, self.step, facts, jobs, status))
        if self.live_runs:
            return self._discard(facts, jobs[-1] if jobs else None)
        if self.stage.stopping and counts:
            return self.record.cancel(facts, self.stage.stopping)
        self.record.last = max(last, number)
        return None

    def _facts(self, run: int, status: Mapping[str, Any], jobs: list[JobView]) -> RunFacts:
        if status:
            of = (status.get("fingerprint", ""), status.get("producers", ""), self.stage.round)
            return RunFacts(run, *of, status.get("revision", 0))
        job = jobs[-1]
        return RunFacts(run, job.fingerprint, job.producers, self.stage.round, job.revision)

    def _counts(self, facts: RunFacts, producers: str) -> bool:
        same = (facts.fingerprint, facts.producers) == (self.node.fingerprint, producers)
        return same and facts.run >= self.step.min_run

    def _discard(self, facts: RunFacts, newest: JobView | None) -> Verdict:
        """Stops a run that counts no more, once it is on record: no other may take its number, and an undo may ask."""
        verdict = self._ending(self.live_runs[-1])
        known = self.status.get("attempts") or () if self.status.get("run") == facts.run else ()
        if newest and newest in self.live_runs and all(one["number"] != newest.attempt for one in known):
            status = step_status.active(self.step, facts, newest, Reason.REPLACING, verdict.message, None, None)
            self.record.set(status)
            self.case.found.unsettled = True
        else:
            self.life.end(self.live_runs)
        return verdict

    def _ending(self, job: JobView) -> Verdict:
        """The verdict while a Job that counts no more comes to its end."""
        return Verdict(StepPhase.RUNNING, Reason.REPLACING, f"waits for the end of {job.name}", started=True)

    def _advance(self, run: Run) -> Verdict:
        match self.life.advance(run):
            case Won(job, success):
                return self._won(run, job, success)
            case Again() as again:
                return self.record.retry(run.facts, again)
            case Over() as over:
                return self.record.fail(run.facts, over)
            case Ending(job):
                return self._ending(job)
            case BackingOff(until):
                wait = f"next attempt in {durations.render(until - self.now)}"
                return Verdict(StepPhase.RETRYING, Reason.BACKOFF, wait, started=True)
            case Due(since):
                return self._retry(run, since)
            case Active(job, progress):
                return self._active(run.facts, job, progress)

    def _won(self, run: Run, job: JobView, success: Success) -> Verdict:
        graph = self.world.graph
        learned = None
        if success.started is not None:
            family = families(graph)[self.node.task.id]
            learned = record(self.status.get("learned"), family, success.ended - success.started)
        artifacts = stored_at(graph, self.node, self.case.observed, job)
        keep, timed = graph.settings.history_limit, self.node.task.id in timed_tasks(graph)
        return self.record.succeed(run.facts, job, success, artifacts, keep, learned, timed)

    def _active(
        self, facts: RunFacts, job: JobView, progress: outcomes.Queued | outcomes.Starting | outcomes.Running
    ) -> Verdict:
        match progress:
            case outcomes.Running(started, node, detail):
                if self.now < started + BRIEF:
                    self._wake(started + BRIEF)
                    return Verdict(StepPhase.RUNNING, Reason.RUNNING, started=True)
                return self.record.active(facts, job, Reason.RUNNING, detail, started, node)
            case outcomes.Queued() | outcomes.Starting():
                told = self.life.held_up(job, progress, self.world.graph.settings.queue_name is not None)
                if told is None:
                    detail = progress.detail if isinstance(progress, outcomes.Starting) else ""
                    return Verdict(StepPhase.RUNNING, Reason.STARTING, detail, started=True)
                if isinstance(progress, outcomes.Queued):
                    return self.record.queue(facts, job, *told)
                return self.record.active(facts, job, *told, None, None)

    def _retry(self, run: Run, since: float) -> Verdict:
        values = bind(self.world, self.node)
        if isinstance(values, Impossible):
            return self._impossible(values, run.facts.producers)
        if self.stage.held:
            return Verdict(StepPhase.RETRYING, self.stage.held, self.stage.held.doc, started=True)
        return self._start(run, values, since) or Verdict(StepPhase.RETRYING, Reason.BACKOFF, "", started=True)

    def _start(self, run: Run, values: Mapping[str, Any], since: float) -> Verdict | None:
        """Asks for a Job; the verdict if that must wait, or if there will be none."""
        if self.step.uid in self.case.unwritten:
            return self.record.wait(
                StepPhase.PENDING, Reason.REPLACING, "the Step is being prepared to run again", quiet=True
            )
        refusal = self.life.start(run, values, since)
        if refusal is None:
            return None
        if isinstance(refusal, Over):
            return self.record.fail(run.facts, refusal)
        if run.closed:
            return Verdict(StepPhase.RETRYING, obstacle(refusal), refusal.message, started=True)
        return self.record.wait(StepPhase.QUEUED, obstacle(refusal), refusal.message)

    # --- what has ended, and still counts -----------------------------------------------------------------------------

    def _settled(self, depends: Waiting | Impossible | Met) -> Verdict | None:
        """The verdict if the Step has ended and that still counts."""
        phase = self.status.get("phase")
        if phase == "Succeeded" and (self.status.get("undo") or {}).get("round") == self.stage.round:
            return self._undone()
        if phase not in ("Failed", "Cancelled") or self.status.get("round") != self.stage.round:
            return None
        if phase == "Cancelled":
            reason = Reason.of(self.status.get("reason")) or Reason.CANCELLED
            return self.record.cancellation(self.record.last, reason, "", self.record.ended_at, self.status)
        producers = depends.producers if isinstance(depends, Met) else ""
        if self.status.get("run", 0) < self.step.min_run or self.status.get("fingerprint") != self.node.fingerprint:
            return None
        if isinstance(depends, Waiting) or self.status.get("producers", "") != producers:
            return None
        why = Reason.of(self.status.get("reason")) or Reason.ERROR
        message = self.status.get("message", "")
        return self.record.failure(self.record.last, why, message, self.record.ended_at, self.status)

    def _undone(self) -> Verdict:
        """A success that is taken back, or was tried to be, stays one for the rest of its round."""
        return Verdict(
            StepPhase.SUCCEEDED,
            Reason.UNDONE,
            run=self.status["run"],
            outputs=self.status.get("outputs"),
            artifacts=self.status.get("artifacts"),
            ended_at=self.record.ended_at,
            started=True,
            ran=step_status.ran(self.status),
        )

    def _skipped(self) -> Verdict | None:
        """The verdict on a Step that was skipped in this round, before the Pipeline was stopped."""
        status = self.status
        if status.get("phase") != "Skipped" or status.get("round") != self.stage.round:
            return None
        reason = Reason.of(status.get("reason")) or Reason.PIPELINE_FAILED
        return Verdict(StepPhase.SKIPPED, reason, status.get("message", ""), ended_at=self.record.ended_at)

    def _held(self, producers: str) -> Mapping[str, Any] | None:
        """The held result that counts, newest first."""
        cache = Cache.NEVER if self.work.approval else self.work.cache
        results: list[Mapping[str, Any]] = self.status.get("results") or []
        for result in results:
            if result["fingerprint"] != self.node.fingerprint or result.get("producers", "") != producers:
                continue
            if result["run"] < self.step.min_run:
                continue
            if cache is Cache.LAST_RUN and result["run"] != (self.status.get("lastRun") or 0):
                continue
            if cache is Cache.NEVER and result.get("revision", 0) != self.stage.revision:
                continue
            return result
        return None

    # --- a run that is to begin ---------------------------------------------------------------------------------------

    def _kept_from_starting(self) -> bool:
        task = self.node.task
        return self.stage.failing and not (task.final or task.accepts_failure or self.node.path in self.stage.decided)

    def _fresh(self, depends: Met) -> Verdict:
        facts = self._new_run(depends.producers)
        if self.work.approval:
            keep = self.world.graph.settings.history_limit
            return decision(self.record, facts, self.work.approval, keep, self.stage.held)
        values = bind(self.world, self.node)
        if isinstance(values, Impossible):
            return self._impossible(values, depends.producers)
        if self.stage.held:
            return self.record.wait(StepPhase.PENDING, self.stage.held, self.stage.held.doc, quiet=True)
        if self.live:
            return self._ending(self.life.end(self.live).job)
        self.life.stop(self.jobs)
        run = Run(self.node, self.step, facts)
        assert self.record.since is not None
        return self._start(run, values, self.record.since) or self.record.wait(StepPhase.PENDING, None, "", quiet=True)

    def _new_run(self, producers: str) -> RunFacts:
        known = [self.record.last, self.status.get("run") or 0, self.step.min_run - 1, *(job.run for job in self.jobs)]
        return RunFacts(max(known) + 1, self.node.fingerprint, producers, self.stage.round, self.stage.revision)

    def _impossible(self, why: Impossible, producers: str) -> Verdict:
        if why.phase is StepPhase.SKIPPED:
            return self.record.skip(why.reason, why.message)
        return self.record.fail(self._new_run(producers), Over(why.reason, why.message))

    def _wake(self, at: float) -> None:
        self.case.found.wake_at.append(at)
