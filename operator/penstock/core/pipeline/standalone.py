"""A Step on its own: one step, one Job. The same decisions as in a Pipeline, over a graph of one task."""

from collections.abc import Mapping, Sequence

from penstock.api.step import StepSpec
from penstock.core.graph import checks
from penstock.core.graph.compiler import Compiled
from penstock.core.graph.fields import Filling
from penstock.core.graph.fingerprint import fingerprint
from penstock.core.graph.graph import Graph, Literal, Task, Wired
from penstock.core.graph.merge import merge
from penstock.core.graph.wire import clashes
from penstock.core.graph.world import Node, World
from penstock.core.pipeline.plan import Plan
from penstock.core.pipeline.tally import Tally
from penstock.core.pod.ready import RunFacts
from penstock.core.problems import Problem
from penstock.core.reasons import Reason
from penstock.core.seen.snapshot import Observed, Refusal
from penstock.core.seen.views import JobView, PipelineView, PodView, StepView
from penstock.core.step import status as step_status
from penstock.core.step import usage
from penstock.core.step.decide import Decider, Stage
from penstock.core.step.waiting import decided
from penstock.core.values import type_name
from penstock.core.waits import Wait

MAX_LISTED = 10


def compile_step(name: str, spec: StepSpec) -> Compiled:
    """The graph of a Step on its own, or the problems with its spec."""
    problems = [
        Problem(f"spec.inputs[{number}]", Reason.NOT_FOR_STANDALONE, "a Step on its own has literal values only")
        for number, given in enumerate(spec.inputs or ())
        if "value" not in given.model_fields_set
    ]
    inputs = tuple(Wired(given.name, type_name(given.value), Literal(given.value)) for given in spec.inputs or ())
    filled = Filling({}, lambda *wrong: problems.append(Problem(*wrong))).filled(spec, "spec")
    task = Task(id=name, where="spec", segments=(name,), levels=(), work=merge(filled, None, None), inputs=inputs)
    problems += [*clashes([wired.name for wired in inputs], "input", "spec.inputs"), *checks.tasks([task], None)]
    if problems:
        return Compiled(None, tuple(problems))
    return Compiled(Graph({name: task}), ())


def plan_step(
    step: StepView,
    compiled: Compiled,
    jobs: Sequence[JobView],
    pods: Mapping[str, Sequence[PodView]],
    now: float,
    trouble: Mapping[str, str],
    refused: Mapping[str, Refusal],
    waits: Mapping[str, Wait],
    unfit: Mapping[str, Refusal],
) -> Plan:
    """The plan for a Step on its own from a snapshot of it, its Jobs and their pods (by uid of the Job)."""
    if step.deleting:
        return Plan()
    nobody = PipelineView("", "", step.namespace, "", 1, step.created, {}, {})
    observed = Observed(
        nobody, compiled.graph, (), {step.path: step}, {step.uid: jobs}, pods, now, trouble, refused, waits, unfit
    )
    if compiled.graph is None:
        return _invalid(observed, step, compiled.problems)
    (task,) = compiled.graph.tasks.values()
    node = Node(task, (), (), task.id, fingerprint(compiled.graph, task))
    decider = Decider(observed, World(compiled.graph), Stage(round=0, revision=0))
    verdict = decided(decider, node, step)
    found = decider.found
    tally = Tally()
    tally.put(0, node, None, verdict)
    return Plan(
        delete_jobs=found.delete_jobs,
        step_statuses=usage.account(observed, found.statuses),
        ready=found.ready,
        tally=tally,
        settle_approvals=[step] if step.decided and step_status.ended(step.status) else [],
        unsettled=found.unsettled or (step.decided and bool(found.statuses)),
        wake_at=min(found.wake_at, default=None),
        finished=verdict.ended,
    )


def _invalid(observed: Observed, step: StepView, problems: Sequence[Problem]) -> Plan:
    message = "; ".join(map(str, problems[:MAX_LISTED]))
    facts = RunFacts((step.status.get("lastRun") or 0) + 1, "", "", 0, 0)
    status = step_status.failed(step, facts, problems[0].reason, message, observed.now)
    known = step.status.get("phase") == "Failed" and step.status.get("message") == status.get("message")
    return Plan(step_statuses=usage.account(observed, {} if known else {step.path: status}), finished=True)
