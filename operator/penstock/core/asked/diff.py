"""What applying a manifest would do: which Steps would run, which would be reused, skipped or removed, and why.

The operator's own decisions, made on the objects that exist as if the manifest had been applied.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from penstock.api.step import StepPhase
from penstock.core.asked.change import Action, Cause, Change
from penstock.core.graph.graph import Graph, groups_of
from penstock.core.graph.world import NAMED, Node, Verdict, World
from penstock.core.pipeline.lifecycle import Rerun, rerun_tasks
from penstock.core.reasons import Reason
from penstock.core.seen.owners import by_owner
from penstock.core.seen.reading import pipeline_view, step_view
from penstock.core.seen.snapshot import Observed
from penstock.core.seen.views import Object, StepView
from penstock.core.step.decide import Decider, Stage, runs_before
from penstock.core.step.manifests import step_spec
from penstock.core.values import canonical, shorten

_OWN = ("fingerprint", "dependsOn", "minRun", "rerun")
"""Fields of a Step's spec that the operator derives; they are never the reason themselves."""


def diff(
    graph: Graph, pipeline: Object | None, steps: Sequence[Object], now: float, rerun: Rerun | None = None
) -> list[Change]:
    """The changes that a compiled manifest would bring, in the order of the graph, removals last.

    `pipeline` and `steps` are the objects that exist; None and nothing if there are none.
    """
    views, _ = by_owner(map(step_view, steps), pipeline["metadata"]["uid"] if pipeline else "")
    specs = {step_view(step).path: step.get("spec") or {} for step in steps}
    world, decider = _imagine(graph, pipeline, views, now)
    forced = rerun_tasks(graph, rerun) if rerun else set()
    changes: list[Change] = []
    running: set[str] = set()
    before: list[tuple[Node, Verdict]] = []
    for task in graph.tasks.values():
        after = task.final and any(not graph.tasks[name].final for name in running)
        if task.final and not after:
            decider.stage = replace(decider.stage, producers=runs_before(before))
        for node in world.instances(task):
            step = views.get(node.path)
            if node.stub or step is None or task.id in forced or after:
                verdict = Verdict(StepPhase.PENDING)
            else:
                verdict = decider.decide(node, step)
            world.add(node, verdict)
            if not task.final:
                before.append((node, verdict))
            change = _change(graph, node, step, specs.get(node.path), verdict, running, task.id in forced)
            if change.action is Action.RUN:
                running.add(task.id)
            changes.append(change)
    known = {change.path for change in changes}
    open_tasks = {node.task.id for nodes in world.nodes.values() for node in nodes if node.stub}
    for path, view in views.items():
        if path not in known and view.task not in open_tasks:
            changes.append(Change(path, Action.REMOVE, Cause.GONE))
    return changes


def _imagine(graph: Graph, pipeline: Object | None, views: Mapping[str, StepView], now: float) -> tuple[World, Decider]:
    """The snapshot as it would be once the manifest is applied and all that runs has ended."""
    empty: dict[str, Any] = {"metadata": {"uid": "", "name": "", "namespace": "", "resourceVersion": "0"}}
    empty["metadata"]["creationTimestamp"] = "1970-01-01T00:00:00Z"
    view = pipeline_view(pipeline or empty)
    settled = {path: replace(step, status=_ended(step.status)) for path, step in views.items()}
    observed = Observed(view, graph, (), settled, {}, {}, now)
    world = World(graph)
    stage = Stage((view.status.get("round") or 0) + 1, (view.status.get("revision") or 0) + 1)
    return world, Decider(observed, world, stage)


def _ended(status: Object) -> Object:
    """The status without a run that has not ended: only held results are left of it."""
    if "completionTime" in status:
        return status
    return {key: status[key] for key in ("results", "lastRun") if key in status}


def _change(
    graph: Graph,
    node: Node,
    step: StepView | None,
    spec: Object | None,
    verdict: Verdict,
    running: set[str],
    forced: bool,
) -> Change:
    if verdict.phase is StepPhase.SUCCEEDED:
        return Change(node.path, Action.REUSE, Cause.HELD, (str(verdict.run),))
    if verdict.phase is StepPhase.SKIPPED:
        return Change(node.path, Action.SKIP, Cause.SKIPPED, (verdict.message,))
    cause, about = _why(graph, node, step, spec, verdict, running, forced)
    return Change(node.path, Action.RUN, cause, tuple(about))


def _why(
    graph: Graph,
    node: Node,
    step: StepView | None,
    spec: Object | None,
    verdict: Verdict,
    running: set[str],
    forced: bool,
) -> tuple[Cause, Sequence[str]]:
    """Why it would run."""
    if forced:
        return Cause.RERUN, ()
    if node.stub:
        return Cause.OPEN, ()
    if step is None or spec is None:
        return Cause.NEW, ()
    fields = changed_fields(spec, step_spec(graph, node))
    if fields:
        return Cause.FIELDS, fields
    upstream = [name for group in groups_of(node.task) for name in group.tasks if name in running]
    if node.task.final and not upstream:
        upstream = [name for name in graph.tasks if name in running and not graph.tasks[name].final][:NAMED]
    if upstream:
        return Cause.UPSTREAM, list(dict.fromkeys(upstream))
    if verdict.reason is Reason.WAITING_FOR_APPROVAL:
        return Cause.APPROVAL, ()
    phase = step.status.get("phase", "Pending")
    if phase == "Succeeded":
        return Cause.CACHE, (node.task.work.cache.value,)
    return Cause.NO_RESULT, (str(phase),)


def changed_fields(old: Object, new: Object) -> list[str]:
    """Fields of a Step's spec that decide its result and differ: `image`, `inputs[lr]`, `env[MODE]`."""
    found: list[str] = []
    for name in sorted((old.keys() | new.keys()) - set(_OWN) - set(_PATIENCE)):
        before, after = old.get(name), new.get(name)
        if canonical(before) == canonical(after):
            continue
        if name == "pod":
            found += [f"pod.{key}" for key in ("volumes", "volumeMounts") if _differ(before, after, key)]
        elif isinstance(before or after, list) and all(
            isinstance(one, dict) for one in [*(before or ()), *(after or ())]
        ):
            found += _changed_items(name, before or [], after or [])
        else:
            found.append(name)
    return found


_PATIENCE = ("resources", "retry", "timeout", "startTimeout", "duration", "onError", "cache", "undo")
"""Fields that only decide where, when and how patiently a step runs; no part of a fingerprint."""


def _differ(before: Any, after: Any, key: str) -> bool:
    return canonical((before or {}).get(key)) != canonical((after or {}).get(key))


def _changed_items(name: str, before: Sequence[Object], after: Sequence[Object]) -> list[str]:
    old = {str(one.get("name")): one for one in before}
    new = {str(one.get("name")): one for one in after}
    found = []
    for key in dict.fromkeys([*old, *new]):
        if canonical(old.get(key)) != canonical(new.get(key)):
            values = [one.get("value") for one in (old.get(key) or {}, new.get(key) or {}) if "value" in one]
            words = (
                f" ({shorten(canonical(values[0]), 24)} -> {shorten(canonical(values[1]), 24)})"
                if len(values) == 2
                else ""
            )
            found.append(f"{name}[{key}]{words}")
    return found
