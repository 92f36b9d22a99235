"""Plan against actual: how a Pipeline that runs, or has run, compares with its plan, and when it should end."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from penstock.api import durations
from penstock.core.admission.capacity import Capacity, Holding, by_namespace
from penstock.core.admission.demands import Key, task_shape
from penstock.core.admission.policies import CRITICAL_PATH, Policy
from penstock.core.admission.running import began as running_since
from penstock.core.asked.drawing import Drawing
from penstock.core.asked.gantt import Bar, Chart, Span, draw
from penstock.core.clock import instant
from penstock.core.foresight.activities import Activity, lacking, workload
from penstock.core.foresight.planned_pass import foreseen
from penstock.core.foresight.remaining import remaining
from penstock.core.foresight.simulate import Run, Simulated, without
from penstock.core.foresight.timeline import Use, uses
from penstock.core.graph.graph import Graph
from penstock.core.graph.learned import Learned, families
from penstock.core.graph.ranks import ranks
from penstock.core.graph.world import Node, Verdict
from penstock.core.pipeline.plan import plan
from penstock.core.seen.snapshot import Observed
from penstock.core.seen.views import StepView
from penstock.core.waits import Wait
from penstock.core.wording import Reader

NAMED = 5
"""So many steps are named in a note."""


@dataclass(frozen=True, slots=True)
class Course:
    """One step. `planned`: by the plan, None if the plan had no such step; `ran`: as it was, and as far as it has not
    ended as it is expected, None if it took a held result, was skipped or cannot start. Seconds since 1970."""

    activity: Activity
    phase: str
    planned: Span | None
    ran: Span | None
    started: bool
    ended: bool

    @property
    def late(self) -> float | None:
        """Seconds by which it ends later than planned; negative if sooner."""
        return self.ran[1] - self.planned[1] if self.planned and self.ran else None


@dataclass(frozen=True, slots=True)
class Progress:
    """A Pipeline against its plan. `planned` and `expected` are makespans in seconds from `began`; `stuck`: what cannot
    start as things are, so that `expected` is only that of the rest."""

    name: str
    phase: str
    began: float
    now: float
    steps: Sequence[Course]
    planned: float
    expected: float
    uses: Mapping[str, Use]
    stuck: Mapping[Key, Wait]
    notes: Sequence[str]

    @property
    def ended(self) -> bool:
        """Whether nothing is left to run."""
        return all(step.ended for step in self.steps)

    @property
    def late(self) -> float:
        """Seconds by which it ends later than planned; negative if sooner."""
        return self.expected - self.planned


def progress(
    observed: Observed, others: Iterable[Observed], capacity: Capacity, learned: Learned, policy: Policy = CRITICAL_PATH
) -> Progress:
    """Compares a Pipeline, which must be valid, with its plan.

    The plan is simulated from the Pipeline's start on what the capacity would be without its pods, with the durations
    known before (`others`: Pipelines whose Steps know some); of a Pipeline that has ended, on what it would be if
    nothing ran, since what others hold now says nothing about then, and where no duration was known, with those that
    it took: then it is late by its waiting alone. What is left is simulated from now on the capacity
    as it is, with the durations known now.
    """
    graph, pipeline, now = observed.graph, observed.pipeline, observed.now
    assert graph is not None
    began = instant(pipeline.status.get("startTime")) or now
    verdicts = plan(observed).verdicts
    states = {(pipeline.namespace, pipeline.name, node.path): (node, verdict) for node, verdict in verdicts}
    actual = dict(_actual(observed, states, began))
    held = {key for key, (_, verdict) in states.items() if verdict.phase.value == "Succeeded" and key not in actual}

    before = known_before(observed, others, began)
    over = all(verdict.ended for _, verdict in verdicts)
    unknown = _learn_from_itself(before, observed, graph) if over else ()
    whole = lacking(workload(graph, pipeline.namespace, pipeline.name, before, verdicts), held)
    room = unheld(capacity) if over else idle(capacity, pipeline.namespace, pipeline.name)
    _, by_plan = foreseen(whole, room, began, policy)
    _, to_come = foreseen(remaining(observed, verdicts, now, learned), capacity, now, policy)

    activities = {one.key: one for one in whole.activities}
    for key, (node, _) in states.items():
        if key in actual and key not in activities:
            approval = node.task.work.approval
            pods = None if approval else task_shape(graph, node.task, pipeline.namespace, pipeline.name)
            activities[key] = Activity(key, node.task.id, pods, 0.0, 0.0)
    steps = []
    for key, activity in activities.items():
        state = states.get(key)
        ended = state is not None and state[1].ended
        start = actual[key][0] if key in actual else None
        run = to_come.runs.get(key)
        ran = actual.get(key) if ended else None
        if run is not None and not ended:
            ran = (run.start if start is None else start, run.end)
        planned = by_plan.runs.get(key)
        span = (planned.start, planned.end) if planned else None
        phase = state[1].phase.value if state else "Pending"
        steps.append(Course(activity, phase, span, ran, start is not None, ended))
    steps.sort(key=lambda one: (one.planned or one.ran or (now, now), one.activity.key))
    runs = {one.activity.key: Run(one.activity, one.ran[0], *one.ran) for one in steps if one.ran}
    seen = Simulated(runs, {}, {}, began)
    return Progress(
        pipeline.name,
        str(pipeline.status.get("phase") or "Pending"),
        began,
        now,
        steps,
        by_plan.makespan,
        seen.makespan,
        uses(seen, capacity),
        to_come.stuck,
        (*_from_itself(unknown), *whole.notes, *_suspended(observed)),
    )


def _actual(observed: Observed, states: Mapping[Key, tuple[Node, Verdict]], began: float) -> Iterator[tuple[Key, Span]]:
    """When Steps ran since the beginning; the end of one that runs is now."""
    for key, (node, verdict) in states.items():
        step = observed.steps.get(node.path)
        if step is None:
            continue
        if verdict.ended:
            start, end = instant(step.status.get("startTime")), instant(step.status.get("completionTime"))
            if start is not None and end is not None and end >= start >= began - 1:
                yield key, (start, end)
        elif verdict.phase.value in ("Running", "Retrying"):
            start = instant(step.status.get("startTime")) or running_since(observed, node.path) or observed.now
            yield key, (min(start, observed.now), observed.now)


def known_before(observed: Observed, others: Iterable[Observed], began: float) -> Learned:
    """The durations that were known when the Pipeline began: without the samples that it has added itself since."""
    learned = Learned()
    for one in others:
        if one.pipeline.uid != observed.pipeline.uid:
            for step in one.steps.values():
                learned.put(step.uid, step.status.get("learned"))
    for step in observed.steps.values():
        learned.put(step.uid, _before(step, began))
    return learned


def _before(step: StepView, began: float) -> Mapping[str, object] | None:
    known = step.status.get("learned")
    ended = instant(step.status.get("completionTime"))
    if not known or step.status.get("phase") != "Succeeded" or ended is None or ended < began:
        return known if isinstance(known, Mapping) else None
    return {**known, "seconds": list(known.get("seconds") or ())[1:]}


def _learn_from_itself(before: Learned, observed: Observed, graph: Graph) -> list[str]:
    """Adds what the Pipeline's own Steps have learned where nothing else is known; returns those tasks."""
    of_task = families(graph)
    assumed = ranks(graph, before).assumed
    wanted = {of_task[name] for name in assumed}
    found = set()
    for step in observed.steps.values():
        learned = step.status.get("learned") or {}
        if learned.get("family") in wanted and learned.get("seconds"):
            before.put(step.uid, learned)
            found.add(learned["family"])
    return [name for name in assumed if of_task[name] in found]


def _from_itself(tasks: Sequence[str]) -> Iterator[str]:
    if tasks:
        more = f" and {len(tasks) - NAMED} more" if len(tasks) > NAMED else ""
        names = ", ".join(tasks[:NAMED]) + more
        yield f"nothing was known before of how long these take, so the plan has what they took: {names}"


def idle(capacity: Capacity, namespace: str, pipeline: str) -> Capacity:
    """The capacity as it would be if nothing of that Pipeline ran."""

    def mine(one: Holding) -> bool:
        return one.own and one.shape.namespace == namespace and one.owner.name.startswith(f"{pipeline}/")

    held = [*(one for load in capacity.loads.values() for one in load.held), *capacity.unplaced]
    freed = [one for one in held if mine(one)]
    quotas = [without(quota, freed, capacity) for found in capacity.quotas.values() for quota in found]
    ranges = [one for found in capacity.ranges.values() for one in found]
    nodes = None if capacity.nodes is None else capacity.nodes.values()
    return Capacity.of(nodes, [one for one in held if not mine(one)], quotas, ranges, capacity.caps)


def unheld(capacity: Capacity) -> Capacity:
    """The capacity as it would be if nothing ran at all."""
    quotas = [replace(quota, used={}) for found in capacity.quotas.values() for quota in found]
    return replace(capacity, loads={}, unplaced=(), quotas=by_namespace(quotas))


def _suspended(observed: Observed) -> Iterator[str]:
    if observed.pipeline.spec.get("suspend"):
        yield "it is suspended: what is expected is so if it is resumed now"


def words(found: Progress) -> str:
    """The makespans in words."""
    planned = f"planned {durations.render(round(found.planned))}"
    if found.stuck:
        return f"{planned}; there is no telling when it ends, since a step cannot start as things are"
    if found.phase in ("Failed", "Cancelled"):
        return f"{planned}, {found.phase.lower()} after {durations.render(round(found.expected))}"
    late = round(found.late)
    how = "as planned" if late == 0 else f"{durations.render(abs(late))} {'late' if late > 0 else 'early'}"
    took = "took" if found.ended else "expected"
    return f"{planned}, {took} {durations.render(round(found.expected))}: {how}"


def picture(found: Progress) -> Drawing:
    """Planned as thin outlines, what was as bars, what is expected as light ones."""
    return draw(chart(found, f"{found.name}: plan against actual", words(found)))


def chart(found: Progress, title: str, told: str = "", say: Mapping[str, str] | None = None) -> Chart:
    """The chart of that picture. `told`: what stands above it; `say`: other words than the English ones."""
    bars = [_bar(one, say or {}) for one in found.steps]
    end = found.began + max(found.planned, found.expected)
    return Chart(title, told, (found.began, end), bars, found.uses, found.now, say or {})


def _bar(one: Course, say: Mapping[str, str]) -> Bar:
    tip = f"{one.activity.key[2]}: {say.get(one.phase, one.phase)}"
    return Bar(one.activity, tip, one.ran, planned=one.planned)


def as_data(found: Progress) -> dict[str, object]:
    """The progress as JSON: times in seconds from the beginning."""

    def span(of: Span | None) -> dict[str, float] | None:
        return None if of is None else {"start": round(of[0] - found.began, 3), "end": round(of[1] - found.began, 3)}

    steps: list[dict[str, object]] = []
    for one in found.steps:
        data: dict[str, object] = {"step": one.activity.key[2], "phase": one.phase, "planned": span(one.planned)}
        shown = span(one.ran)
        if shown and one.started:
            data["actual"] = shown if one.ended else {"start": shown["start"]}
        if shown and not one.ended:
            data["expected"] = shown
        if one.late is not None:
            data["late"] = round(one.late, 3)
        steps.append(data)
    return {
        "name": found.name,
        "phase": found.phase,
        "now": round(found.now - found.began, 3),
        "ended": found.ended,
        "planned": round(found.planned, 3),
        "expected": None if found.stuck else round(found.expected, 3),
        "late": None if found.stuck else round(found.late, 3),
        "steps": steps,
        "neverStart": [
            {"step": key[2], "reason": wait.reason.value, "message": wait.words(Reader.of_all(key[0]))}
            for key, wait in sorted(found.stuck.items(), key=lambda item: item[0])
        ],
        "notes": list(found.notes),
    }
