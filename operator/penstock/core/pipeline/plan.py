"""The plan: what to do about one Pipeline, and how it stands, decided from one snapshot. Pure, in stable order."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from penstock.api.pipeline import OnFailure
from penstock.api.step import StepPhase
from penstock.core.admission.limits import Places, places, shares
from penstock.core.clock import instant
from penstock.core.graph.graph import Graph
from penstock.core.pipeline import status as pipeline_status
from penstock.core.pipeline.collection import collection, due
from penstock.core.pipeline.course import Course
from penstock.core.pipeline.deciding import Asked, Deciding
from penstock.core.pipeline.lifecycle import new_rerun, parse_rerun, rerun_tasks, take_up
from penstock.core.pipeline.revisions import revision_manifest
from penstock.core.pipeline.summary import State
from penstock.core.pipeline.tally import Decision, Tally
from penstock.core.pod.jobs import claim_manifest
from penstock.core.pod.ready import Ready
from penstock.core.pod.transfer import Collection as Removal
from penstock.core.reasons import Reason
from penstock.core.seen.snapshot import Observed
from penstock.core.seen.views import JobView, StepView
from penstock.core.step import usage
from penstock.core.step.decide import Stage, runs_before
from penstock.core.step.manifests import NewStep
from penstock.core.step.runs import Decided
from penstock.core.step.undo import Undoing, undo
from penstock.core.step.waiting import note

Manifest = dict[str, Any]


@dataclass(slots=True)
class Plan:
    """Actions, each safe to repeat, and the new statuses. Applied in this order; what is left out stays as it is."""

    revision: Manifest | None = None
    drop_revisions: Sequence[str] = ()
    pipeline_status: Manifest | None = None
    claim: Manifest | None = None
    create_steps: list[NewStep] = field(default_factory=list)
    replace_specs: list[tuple[StepView, Manifest]] = field(default_factory=list)
    delete_steps: list[StepView] = field(default_factory=list)
    delete_jobs: list[JobView] = field(default_factory=list)
    step_statuses: list[tuple[StepView, Manifest]] = field(default_factory=list)
    settle_approvals: list[StepView] = field(default_factory=list)
    ready: list[Ready] = field(default_factory=list)
    """Steps that want a Job now, in the order of the graph. Which of them get one admission says."""
    places: Places = field(default_factory=Places)
    """What is taken of the Pipeline's own limits."""
    unsettled: bool = False
    """What comes next depends on these very writes: ask again once they are done. Else it waits for an event of an
    object, which wakes, or for `wake_at`."""
    wake_at: float | None = None
    finished: bool = False
    tally: Tally = field(default_factory=Tally)
    """How all Steps stand."""
    course: Course | None = field(default=None, compare=False, repr=False)
    """What the next plan may go on from."""
    collection: Removal | None = None
    """Artifacts to remove; the status notes that it was begun."""
    expired: bool = False
    """The Pipeline itself is to be deleted: it ended longer ago than its ttlAfterFinished."""

    @property
    def verdicts(self) -> list[Decision]:
        """How each Step stands, in the order of the graph."""
        return self.tally.ordered()

    @property
    def begins(self) -> bool:
        """Whether it takes a spec up, and no more: how the Steps stand by that comes with the next plan."""
        return self.revision is not None

    @property
    def acts(self) -> bool:
        """Whether there is anything to write, Jobs of ready Steps apart."""
        return bool(
            self.revision
            or self.pipeline_status
            or self.claim
            or self.create_steps
            or self.replace_specs
            or self.delete_steps
            or self.delete_jobs
            or self.step_statuses
            or self.settle_approvals
            or self.collection
            or self.expired
        )


def plan(observed: Observed) -> Plan:
    """The plan for a Pipeline from a snapshot of it and its children."""
    pipeline = observed.pipeline
    if pipeline.deleting:
        return Plan()
    if observed.graph is None:
        status = pipeline_status.invalid(pipeline, observed.problems, Tally(), observed.now)
        changed = pipeline_status.differs(pipeline.status, status)
        return Plan(pipeline_status=status if changed else None, finished=True)
    standing = None if observed.deferred or observed.problems else take_up(observed)
    if standing is not None:
        return Plan(
            revision=revision_manifest(pipeline, standing, observed.pins),
            drop_revisions=observed.superfluous,
            pipeline_status=pipeline_status.taken_up(pipeline, standing, observed.steps.values(), observed.now),
            claim=None  # a cancel must not wait until a claim can be had
            if observed.graph.settings.cancel
            else claim_manifest(observed.graph, pipeline.name, pipeline.namespace, pipeline.uid),
            unsettled=True,
        )
    return _Planner(observed, observed.graph).whole()


def advance(course: Course, observed: Observed, touched: Collection[str]) -> Plan | None:
    """The same plan as `plan` would make, from the course of the one before: in as many decisions as things happened.

    `touched`: paths of all Steps that something has happened to since: to their objects, their Jobs or pods, or to what
    is said of these. None if that is not enough, so that a whole plan must be made; the course is of no use then.
    """
    graph = observed.graph
    if graph is None or observed.pipeline.deleting:
        return None
    if not (observed.deferred or observed.problems) and take_up(observed) is not None:
        return None
    return _Planner(observed, graph).touched(course, touched)


class _Planner:
    def __init__(self, observed: Observed, graph: Graph) -> None:
        self.observed = observed
        self.graph = graph
        self.pipeline = observed.pipeline
        self.now = observed.now
        self.result = Plan()
        self.undoing: Undoing | None = None
        self.undone = Decided()
        status = self.pipeline.status
        rerun = None if new_rerun(self.pipeline) else parse_rerun(self.pipeline.rerun)
        self.asked = Asked(rerun, frozenset(rerun_tasks(graph, rerun)) if rerun else frozenset())
        self.stage = Stage(
            round=status.get("round") or 0,
            revision=status.get("revision") or 0,
            stopping=Reason.CANCELLED if self._cancelled() else None,
            held=Reason.INVALID if observed.problems else Reason.SUSPENDED if graph.settings.suspend else None,
            since=pipeline_status.unfinished_since(status),
        )
        self.main = [task for task in graph.tasks.values() if not task.final]
        self.finals = [task for task in graph.tasks.values() if task.final]

    def _cancelled(self) -> bool:
        """Whether what runs is to be stopped: that of a wrong spec, too, which can ask for it all the same."""
        return self.pipeline.spec.get("cancel") is True if self.observed.problems else self.graph.settings.cancel

    @property
    def basis(self) -> tuple[object, ...]:
        """What all decisions depend on."""
        return self.pipeline.uid, self.stage, self.asked.rerun

    def whole(self) -> Plan:
        """Decides about all Steps; again if it shows that the Pipeline fails or is out of time."""
        course = self.result.course = self._begun(self.stage)
        if self._turns(course.tally):
            self.result.course = None
            ended = frozenset(node.path for node, _ in course.tally.each(lambda kind: kind.ended))
            late = Reason.TIMED_OUT if self._late(course.tally) else None
            failing = self._failing(course.tally)
            self.stage = replace(self.stage, failing=failing, decided=ended, stopping=late)
            course = self._begun(self.stage)
        main_ended = course.tally.all(lambda kind: kind.ended)
        if main_ended:
            self._undo(course)
        course.decide(self.finals, self._last(course, main_ended))
        if main_ended and (self.undoing or self.finals):
            self.result.course = None
        return self._compose(course, main_ended, [*self.observed.steps])

    def touched(self, course: Course, paths: Collection[str]) -> Plan | None:
        """Decides about Steps that were touched, and about whoever sees a difference by that."""
        if course.world.graph is not self.graph or course.basis != self.basis:
            return None
        deciding = Deciding(self.observed, course.world, self.stage, self.asked)
        # What is said where names are taken counts all that are.
        redone = course.touch({*paths, *self.observed.taken}, deciding, self._last(course, main_ended=False))
        if redone is None or self._turns(course.tally):
            return None
        main_ended = not course.tally.any(lambda kind: not (kind.final or kind.ended))
        if main_ended and (self.finals or self._to_undo(course.tally)):
            return None
        self.result.course = course
        return self._compose(course, main_ended, redone | set(paths))

    def _begun(self, stage: Stage) -> Course:
        course = Course(self.graph, self.basis)
        course.decide(self.main, Deciding(self.observed, course.world, stage, self.asked))
        return course

    # --- the Pipeline as a whole ----------------------------------------------------------------------------------

    def _turns(self, tally: Tally) -> bool:
        """Whether all has to be decided again by what has shown."""
        return not self.stage.stopping and (self._failing(tally) or self._late(tally))

    def _failing(self, tally: Tally) -> bool:
        stops = self.graph.settings.on_failure is not OnFailure.CONTINUE
        return stops and tally.any(lambda kind: kind.fails and not kind.final)

    def _late(self, tally: Tally) -> bool:
        began = instant(self.pipeline.status.get("startTime"))
        limit = self.graph.settings.timeout
        if began is None or limit is None or self.stage.held or pipeline_status.queued(tally, finals=False):
            return False
        if not tally.any(lambda kind: not (kind.final or kind.ended)):
            return False
        until = began + limit + pipeline_status.suspended_seconds(self.pipeline.status, self.now)
        if self.now < until:
            self._wake(until)
        return self.now >= until

    def _to_undo(self, tally: Tally) -> bool:
        """Whether what was done is to be taken back. A wrong spec may be put right: that waits."""
        bad = tally.any(lambda kind: not kind.final and (kind.fails or kind.phase is StepPhase.CANCELLED))
        return bad and self.graph.settings.on_failure is OnFailure.UNDO and not self.observed.problems

    def _undo(self, course: Course) -> None:
        if self._to_undo(course.tally):
            self.undone = Decided(statuses=course.found().statuses)
            self.undoing = undo(self.observed, course.world, self.stage, self.undone)

    def _last(self, course: Course, main_ended: bool) -> Deciding:
        """Decides about `finally`."""
        if not (self.finals and main_ended and (self.undoing is None or self.undoing.done)):
            return Deciding(self.observed, course.world, self.stage, self.asked, waits=True)
        verdicts = course.tally.ordered()
        since = max((verdict.ended_at for _, verdict in verdicts), default=0.0)
        held = self.stage.held if self.observed.problems else None
        stage = Stage(self.stage.round, self.stage.revision, held=held, producers=runs_before(verdicts), since=since)
        return Deciding(self.observed, course.world, stage, self.asked)

    # --- what is done ---------------------------------------------------------------------------------------------

    def _compose(self, course: Course, main_ended: bool, changed: Collection[str]) -> Plan:
        """The plan. `changed`: paths of the Steps that stand in another way than in the plan before."""
        result, observed, steps = self.result, self.observed, self.observed.steps
        found = course.found()
        for one in self.undone.ready:
            note(observed, self.undone, one)
        found.add(self.undone)
        result.tally = course.tally
        result.create_steps, result.replace_specs, result.ready = found.create, found.specs, found.ready
        result.step_statuses = usage.account(observed, found.statuses)
        result.delete_jobs = list({job.uid: job for job in found.delete_jobs}.values())
        course.see(changed, observed, {step.path: status for step, status in result.step_statuses})
        result.delete_steps = list(course.obsolete.values())
        result.settle_approvals = list(course.settled.values())
        shared = shares(self.graph)
        holders = course.tally.each(lambda kind: shared or (kind.started and not kind.ended))
        result.places = places(observed, self.graph, holders)
        result.unsettled = bool(
            found.unsettled or found.create or found.specs or any(steps[path].decided for path in found.statuses)
        )
        for at in (course.alarms.first(), *self.undone.wake_at):
            if at is not None:
                self._wake(at)
        self._sum_up(course, main_ended)
        return result

    def _sum_up(self, course: Course, main_ended: bool) -> None:
        """How the Pipeline stands, and what follows from that."""
        result, tally = self.result, course.tally
        state = State(
            self.observed, course.world, self.stage, self.undoing, tally, course.running, main_ended, result.ready
        )
        summary = state.summary(course.used.of_each())
        if self.observed.problems:
            status = pipeline_status.invalid(self.pipeline, self.observed.problems, tally, self.now)
        else:
            status = pipeline_status.current(self.pipeline, summary, self.now)
            if summary.late_at is not None:
                self._wake(summary.late_at)
        if pipeline_status.differs(self.pipeline.status, status):
            result.pipeline_status = status
        if self.observed.deferred:  # what an edit waits for may end with these writes
            result.unsettled |= bool(result.pipeline_status or result.step_statuses)
        idle = not tally.any(lambda kind: kind.phase is StepPhase.RUNNING)
        result.finished = "completionTime" in status or bool(self.observed.problems and idle)
        self._collect(status)
        self._expire(instant(status.get("completionTime")))

    def _collect(self, status: Manifest) -> None:
        """Has unreferenced artifacts removed once they have been so for their retention."""
        steps = self.observed.steps.values()
        at = due(self.graph.settings.storage, status, steps)
        if at is None:
            return
        if not self._comes_next(at):
            return
        ended = instant(status["completionTime"])
        assert ended is not None
        self.result.collection = collection(self.pipeline, steps, ended)
        self.result.pipeline_status = {**status, "collected": status["round"]}

    def _expire(self, ended: float | None) -> None:
        """Deletes the Pipeline once its time is over (KEP-592), but not before its end is written and all is done."""
        time_to_live = self.graph.settings.ttl_after_finished
        if ended is None or time_to_live is None:
            return
        if self._comes_next(ended + time_to_live):
            self.result.expired = True

    def _comes_next(self, at: float) -> bool:
        """Whether it is time, and nothing else is left to be done but to put specs right: a cluster that does not keep
        what is in them never has them right."""
        if self.now < at:
            self._wake(at)
            return False
        left = replace(self.result, replace_specs=[]).acts
        self.result.unsettled |= left
        return not (left or self.result.ready)

    def _wake(self, at: float) -> None:
        if self.result.wake_at is None or at < self.result.wake_at:
            self.result.wake_at = at
