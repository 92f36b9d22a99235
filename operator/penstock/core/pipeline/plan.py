"""The plan: what to do about one Pipeline, and how it stands, decided from one snapshot. Pure, in stable order."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from penstock.api.pipeline import OnFailure
from penstock.api.step import StepPhase
from penstock.core.admission.limits import Places, places
from penstock.core.clock import instant
from penstock.core.graph.bindings import Impossible, stub_verdict
from penstock.core.graph.graph import Graph
from penstock.core.graph.world import Missing, Node, Verdict, World
from penstock.core.pipeline import status as pipeline_status
from penstock.core.pipeline.collection import collection, due
from penstock.core.pipeline.lifecycle import new_rerun, parse_rerun, rerun_tasks, take_up
from penstock.core.pipeline.revisions import revision_manifest
from penstock.core.pipeline.summary import State
from penstock.core.pod.jobs import claim_manifest
from penstock.core.pod.ready import Ready, RunFacts
from penstock.core.pod.transfer import Collection
from penstock.core.reasons import Reason
from penstock.core.seen.snapshot import Observed
from penstock.core.seen.views import JobView, StepView
from penstock.core.step import status as step_status
from penstock.core.step import usage
from penstock.core.step.decide import Decider, Stage
from penstock.core.step.manifests import NewStep, spec_digest, step_spec
from penstock.core.step.runs import Decided
from penstock.core.step.undo import Undoing, undo
from penstock.core.step.waiting import note
from penstock.core.values import digest
from penstock.core.wording import Reader

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
    verdicts: list[tuple[Node, Verdict]] = field(default_factory=list)
    unsettled: bool = False
    """What comes next depends on these very writes: ask again once they are done. Else it waits for an event of an
    object, which wakes, or for `wake_at`."""
    wake_at: float | None = None
    finished: bool = False
    collection: Collection | None = None
    """Artifacts to remove; the status notes that it was begun."""
    expired: bool = False
    """The Pipeline itself is to be deleted: it ended longer ago than its ttlAfterFinished."""

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
        status = pipeline_status.invalid(pipeline, observed.problems, (), observed.now)
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
    return _Planner(observed, observed.graph).plan()


class _Planner:
    def __init__(self, observed: Observed, graph: Graph) -> None:
        self.observed = observed
        self.graph = graph
        self.pipeline = observed.pipeline
        self.now = observed.now
        self.result = Plan()
        self.undoing: Undoing | None = None
        self.rerun = None if new_rerun(self.pipeline) else parse_rerun(self.pipeline.rerun)
        self.rerun_tasks = rerun_tasks(graph, self.rerun) if self.rerun else set()
        status = self.pipeline.status
        self.stage = Stage(
            round=status.get("round") or 0,
            revision=status.get("revision") or 0,
            stopping=Reason.CANCELLED if self._cancelled() else None,
            held=Reason.INVALID if observed.problems else Reason.SUSPENDED if graph.settings.suspend else None,
            since=pipeline_status.unfinished_since(status),
        )

    def _cancelled(self) -> bool:
        """Whether what runs is to be stopped: that of a wrong spec, too, which can ask for it all the same."""
        return self.pipeline.spec.get("cancel") is True if self.observed.problems else self.graph.settings.cancel

    def plan(self) -> Plan:
        world, decided = self._main()
        verdicts = self._verdicts(world, final=False)
        main_ended = all(verdict.ended for _, verdict in verdicts)
        if main_ended:
            self._undo(world, decided, verdicts)
        self._finally(world, decided, main_ended and (self.undoing is None or self.undoing.done), verdicts)
        return self._compose(world, decided, main_ended)

    def _undo(self, world: World, decided: Decided, verdicts: list[tuple[Node, Verdict]]) -> None:
        """Takes back what was done, if something failed or was cancelled. A wrong spec may be put right: that waits."""
        bad = any(verdict.fails or verdict.phase is StepPhase.CANCELLED for _, verdict in verdicts)
        if bad and self.graph.settings.on_failure is OnFailure.UNDO and not self.observed.problems:
            self.undoing = undo(self.observed, world, self.stage, decided)

    def _main(self) -> tuple[World, Decided]:
        """Decides about all Steps outside `finally`, again if it shows that the Pipeline fails or is out of time."""
        world, decided = self._pass(self.stage)
        found = self._verdicts(world, final=False)
        verdicts = [verdict for _, verdict in found]
        failing = self.graph.settings.on_failure is not OnFailure.CONTINUE and any(one.fails for one in verdicts)
        ended = all(verdict.ended for verdict in verdicts)
        late = not ended and not pipeline_status.queued(verdicts) and self._out_of_time()
        if (failing or late) and not self.stage.stopping:
            decided_before = frozenset(node.path for node, verdict in found if verdict.ended)
            stopping = Reason.TIMED_OUT if late else None
            self.stage = replace(self.stage, failing=failing, decided=decided_before, stopping=stopping)
            world, decided = self._pass(self.stage)
        return world, decided

    def _out_of_time(self) -> bool:
        began = instant(self.pipeline.status.get("startTime"))
        limit = self.graph.settings.timeout
        if began is None or limit is None or self.stage.held:
            return False
        until = began + limit + pipeline_status.suspended_seconds(self.pipeline.status, self.now)
        if self.now < until:
            self._wake(until)
        return self.now >= until

    def _pass(self, stage: Stage) -> tuple[World, Decided]:
        self.result = Plan(wake_at=self.result.wake_at)
        world = World(self.graph)
        decider = Decider(self.observed, world, stage)
        for task in self.graph.tasks.values():
            if not task.final:
                for node in world.instances(task):
                    world.add(node, self._node(decider, node))
        return world, decider.found

    def _finally(self, world: World, decided: Decided, main_ended: bool, verdicts: list[tuple[Node, Verdict]]) -> None:
        finals = [task for task in self.graph.tasks.values() if task.final]
        if not finals:
            return
        runs = digest([f"{node.path}:{verdict.phase.value}:{verdict.run}" for node, verdict in verdicts])
        since = max((verdict.ended_at for _, verdict in verdicts), default=0.0)
        held = self.stage.held if self.observed.problems else None
        stage = Stage(self.stage.round, self.stage.revision, held=held, producers=runs, since=since)
        decider = Decider(self.observed, world, stage, decided)
        for task in finals:
            for node in world.instances(task):
                if main_ended or node.path not in self.observed.steps:
                    verdict = self._node(decider, node)
                else:
                    verdict = Verdict(StepPhase.PENDING, Reason.WAITING_FOR_DEPENDENCIES, "waits for all other steps")
                    step = self.observed.steps[node.path]
                    status = step_status.waiting(step, StepPhase.PENDING)
                    if step_status.differs(step.status, status):
                        decided.statuses[node.path] = status
                world.add(node, verdict)

    def _node(self, decider: Decider, node: Node) -> Verdict:
        if node.stub:
            missing = decider.world.combinations(node.task.levels[len(node.index)], node.index)
            if not isinstance(missing, Missing):
                return Verdict(StepPhase.PENDING, Reason.WAITING_FOR_DEPENDENCIES, "waits for the list to run over")
        if node.path in self.observed.taken:
            return self._taken(self.observed.taken[node.path])
        step = self.observed.steps.get(node.path)
        if step is None:
            rerun = self.rerun.token if self.rerun and node.task.id in self.rerun_tasks else ""
            new = NewStep(self.pipeline, self.graph, node, rerun)
            self.result.create_steps.append(new)
            words = self.observed.unwritable.get(new.name, "")
            return Verdict(StepPhase.PENDING, Reason.WRITE_REFUSED if words else None, words)
        if step.deleting:
            return Verdict(StepPhase.PENDING, Reason.REPLACING, "the old Step is being deleted")
        step = self._refresh(decider, node, step)
        if node.stub:
            assert isinstance(missing, Missing)
            return self._stub(decider, step, stub_verdict(missing))
        return decider.decide(node, step)

    def _taken(self, step: StepView) -> Verdict:
        """The verdict where a Step has the name that the Pipeline does not own: it is never taken over."""
        if step.deleting:
            return Verdict(StepPhase.PENDING, Reason.REPLACING, "the old Step is being deleted")
        more = len(self.observed.taken) - 1
        others, them = (f" (and {more} more)", "them") if more else ("", "it")
        whose = "another Pipeline owns it" if step.owner else "no Pipeline owns it"
        words = f"Step {step.name}{others} exists and {whose}: delete {them}, or rename the Pipeline"
        self._wake(self.now + 10)
        return Verdict(StepPhase.PENDING, Reason.NAME_CONFLICT, words)

    def _refresh(self, decider: Decider, node: Node, step: StepView) -> StepView:
        """Puts the Step's spec right if it is not what the graph says, and acts on a rerun."""
        min_run, rerun = step.min_run, step.rerun
        if self.rerun and node.task.id in self.rerun_tasks and rerun != self.rerun.token:
            known = [step.status.get("lastRun") or 0, step.status.get("run") or 0]
            known += [job.run for job in self.observed.jobs.get(step.uid, ())]
            min_run, rerun = max(known) + 1, self.rerun.token
            decider.unwritten.add(step.uid)
        if step.spec_digest != spec_digest(self.graph, node, min_run, rerun):
            self.result.replace_specs.append((step, step_spec(self.graph, node, min_run, rerun)))
        return step if (min_run, rerun) == (step.min_run, step.rerun) else replace(step, min_run=min_run, rerun=rerun)

    def _stub(self, decider: Decider, step: StepView, why: Impossible) -> Verdict:
        if why.phase is StepPhase.SKIPPED:
            status = step_status.skipped(step, why.reason, why.message, self.stage.round, self.now)
        else:
            facts = RunFacts(1, step.fingerprint, "", self.stage.round, self.stage.revision)
            status = step_status.failed(step, facts, why.reason, why.message, self.now)
        if step_status.differs(step.status, status):
            decider.found.statuses[step.path] = status
            return Verdict(why.phase, why.reason, why.message, ended_at=self.now)
        ended_at = instant(step.status.get("completionTime")) or self.now
        return Verdict(why.phase, why.reason, why.message, ended_at=ended_at)

    def _verdicts(self, world: World, final: bool) -> list[tuple[Node, Verdict]]:
        return [
            (node, world.verdicts[task.id, node.index])
            for task in self.graph.tasks.values()
            if task.final == final
            for node in world.instances(task)
        ]

    def _compose(self, world: World, decided: Decided, main_ended: bool) -> Plan:
        result = self.result
        self._ask(world, decided)
        main, finals = self._verdicts(world, final=False), self._verdicts(world, final=True)
        result.verdicts = main + finals
        steps = self.observed.steps
        result.step_statuses = usage.account(self.observed, decided.statuses)
        result.delete_jobs = list({job.uid: job for job in decided.delete_jobs}.values())
        result.delete_steps = self._obsolete(result.verdicts)
        result.settle_approvals = [step for step in steps.values() if step.decided and step_status.ended(step.status)]
        result.unsettled = bool(
            decided.unsettled
            or result.create_steps
            or result.replace_specs
            or any(steps[path].decided for path in decided.statuses)
        )
        for at in decided.wake_at:
            self._wake(at)
        state = State(self.observed, world, self.stage, self.undoing, main, finals, main_ended, result.ready)
        summary = state.summary(self._used())
        if self.observed.problems:
            status = pipeline_status.invalid(self.pipeline, self.observed.problems, summary.verdicts, self.now)
        else:
            status = pipeline_status.current(self.pipeline, summary, self.now)
            if summary.late_at is not None:
                self._wake(summary.late_at)
        if pipeline_status.differs(self.pipeline.status, status):
            result.pipeline_status = status
        if self.observed.deferred:  # what an edit waits for may end with these writes
            result.unsettled |= bool(result.pipeline_status or result.step_statuses)
        idle = not any(verdict.phase is StepPhase.RUNNING for _, verdict in result.verdicts)
        result.finished = "completionTime" in status or bool(self.observed.problems and idle)
        self._collect(status)
        self._expire(instant(status.get("completionTime")))
        return result

    def _used(self) -> list[Manifest]:
        """What the Steps used that the Pipeline has, by the statuses that they will have."""
        new = {step.path: status for step, status in self.result.step_statuses}
        gone = {step.path for step in self.result.delete_steps}
        stay = (one for one in self.observed.steps.values() if one.path not in gone and not one.deleting)
        return usage.total(new.get(step.path, step.status) for step in stay)

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

    def _ask(self, world: World, decided: Decided) -> None:
        """Asks for a Job for all that is ready; of what has been waiting for one, says why."""
        self.result.ready = decided.ready
        self.result.places = places(self.observed, world)
        for one in decided.ready:
            wait = self.observed.waits.get(one.step.uid)
            if wait is None:
                continue
            told = note(decided, one, wait.reason, partial(wait.words, Reader(one.step.namespace)), self.now)
            if told:
                before = world.verdicts[one.node.task.id, one.node.index]
                world.add(one.node, replace(before, phase=told[0], reason=wait.reason, message=told[1]))

    def _obsolete(self, verdicts: list[tuple[Node, Verdict]]) -> list[StepView]:
        """Steps that the graph no longer has; instances of a list that is not known yet stay."""
        known = {node.path for node, _ in verdicts}
        unknown = {node.task.id for node, verdict in verdicts if node.stub and not verdict.ended}
        return [
            step
            for path, step in self.observed.steps.items()
            if path not in known and step.task not in unknown and not step.deleting
        ]

    def _wake(self, at: float) -> None:
        if self.result.wake_at is None or at < self.result.wake_at:
            self.result.wake_at = at
