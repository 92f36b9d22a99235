"""What to do about one instance of a step of a Pipeline, whether its Step object exists or not, and how it stands."""

from dataclasses import dataclass, replace

from penstock.api.step import StepPhase
from penstock.core.clock import instant
from penstock.core.graph.bindings import Impossible, stub_verdict
from penstock.core.graph.missing import Missing
from penstock.core.graph.world import Node, Verdict, World
from penstock.core.pipeline.lifecycle import Rerun
from penstock.core.pod.ready import RunFacts
from penstock.core.reasons import Reason
from penstock.core.seen.snapshot import Observed
from penstock.core.seen.views import StepView
from penstock.core.step import status as step_status
from penstock.core.step.decide import Decider, Stage
from penstock.core.step.manifests import NewStep, spec_digest, step_spec
from penstock.core.step.runs import Decided
from penstock.core.step.waiting import decided

TAKEN_CHECK = 10.0
"""Seconds after which a Step is looked at again that has the name of one of the Pipeline's."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The rerun that was taken up last, and the tasks whose results it drops."""

    rerun: Rerun | None = None
    tasks: frozenset[str] = frozenset()

    def of(self, node: Node) -> str:
        """Its token, if it is about that instance."""
        return self.rerun.token if self.rerun and node.task.id in self.tasks else ""


class Deciding:
    """Decides about instances, from one snapshot and how those before them stand."""

    def __init__(self, observed: Observed, world: World, stage: Stage, asked: Asked, waits: bool = False) -> None:
        self.observed = observed
        self.world = world
        self.stage = stage
        self.asked = asked
        self.waits = waits
        """They are of `finally`, and others have not ended yet."""

    def about(self, node: Node) -> tuple[Verdict, Decided]:
        """The verdict on an instance, and what follows from it."""
        found = Decided()
        return self._node(node, found), found

    def _node(self, node: Node, found: Decided) -> Verdict:
        observed = self.observed
        step = observed.steps.get(node.path)
        if self.waits and step is not None:
            return self._last(step, found)
        missing = self._missing(node) if node.stub else None
        if node.stub and missing is None:
            return Verdict(StepPhase.PENDING, Reason.WAITING_FOR_DEPENDENCIES, "waits for the list to run over")
        if node.path in observed.taken:
            return self._taken(observed.taken[node.path], found)
        if step is None:
            new = NewStep(observed.pipeline, self.world.graph, node, self.asked.of(node))
            found.create.append(new)
            words = observed.unwritable.get(new.name, "")
            return Verdict(StepPhase.PENDING, Reason.WRITE_REFUSED if words else None, words)
        if step.deleting:
            return Verdict(StepPhase.PENDING, Reason.REPLACING, "the old Step is being deleted")
        case = Decider(observed, self.world, self.stage, found)
        step = self._refresh(case, node, step)
        return self._stub(step, stub_verdict(missing), found) if missing else decided(case, node, step)

    def _missing(self, node: Node) -> Missing | None:
        found = self.world.combinations(node.task.levels[len(node.index)], node.index)
        return found if isinstance(found, Missing) else None

    def _last(self, step: StepView, found: Decided) -> Verdict:
        """A Step of `finally` that waits for all others."""
        status = step_status.waiting(step, StepPhase.PENDING)
        if step_status.differs(step.status, status):
            found.statuses[step.path] = status
        return Verdict(StepPhase.PENDING, Reason.WAITING_FOR_DEPENDENCIES, "waits for all other steps")

    def _taken(self, step: StepView, found: Decided) -> Verdict:
        """The verdict where a Step has the name that the Pipeline does not own: it is never taken over."""
        if step.deleting:
            return Verdict(StepPhase.PENDING, Reason.REPLACING, "the old Step is being deleted")
        more = len(self.observed.taken) - 1
        others, them = (f" (and {more} more)", "them") if more else ("", "it")
        whose = "another Pipeline owns it" if step.owner else "no Pipeline owns it"
        words = f"Step {step.name}{others} exists and {whose}: delete {them}, or rename the Pipeline"
        found.wake_at.append(self.observed.now + TAKEN_CHECK)
        return Verdict(StepPhase.PENDING, Reason.NAME_CONFLICT, words)

    def _refresh(self, case: Decider, node: Node, step: StepView) -> StepView:
        """Puts the Step's spec right if it is not what the graph says, and acts on a rerun."""
        min_run, rerun, graph = step.min_run, step.rerun, self.world.graph
        token = self.asked.of(node)
        if token and rerun != token:
            known = [step.status.get("lastRun") or 0, step.status.get("run") or 0]
            known += [job.run for job in self.observed.jobs.get(step.uid, ())]
            min_run, rerun = max(known) + 1, token
            case.unwritten.add(step.uid)
        if step.spec_digest != spec_digest(graph, node, min_run, rerun):
            case.found.specs.append((step, step_spec(graph, node, min_run, rerun)))
        return step if (min_run, rerun) == (step.min_run, step.rerun) else replace(step, min_run=min_run, rerun=rerun)

    def _stub(self, step: StepView, why: Impossible, found: Decided) -> Verdict:
        now, stage = self.observed.now, self.stage
        if why.phase is StepPhase.SKIPPED:
            status = step_status.skipped(step, why.reason, why.message, stage.round, now)
        else:
            facts = RunFacts(1, step.fingerprint, "", stage.round, stage.revision)
            status = step_status.failed(step, facts, why.reason, why.message, now)
        if step_status.differs(step.status, status):
            found.statuses[step.path] = status
            return Verdict(why.phase, why.reason, why.message, ended_at=now)
        ended_at = instant(step.status.get("completionTime")) or now
        return Verdict(why.phase, why.reason, why.message, ended_at=ended_at)
