"""Why every step stands as it does right now, with live numbers: what `penstock why` says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from penstock.api.pipeline import PipelinePhase
from penstock.api.step import StepPhase
from penstock.core.admission.admission import Admission, admit
from penstock.core.admission.capacity import Capacity
from penstock.core.admission.demands import Demand, Key, demand
from penstock.core.admission.limits import Places
from penstock.core.admission.policies import CRITICAL_PATH, Policy
from penstock.core.foresight.activities import Activity, Workload
from penstock.core.foresight.simulate import simulate
from penstock.core.graph.learned import Learned
from penstock.core.graph.ranks import ranks
from penstock.core.pipeline.lifecycle import take_up
from penstock.core.pipeline.plan import plan
from penstock.core.problems import Problem
from penstock.core.reasons import HELD_BACK, Reason
from penstock.core.seen.snapshot import Observed
from penstock.core.seen.views import UNDO
from penstock.core.step.status import ended
from penstock.core.step.undo import undo_record
from penstock.core.waits import Wait
from penstock.core.wording import Reader

FORESEEN = 500
"""So many waiting steps, in the order of admission, get an ETA."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One step: phase, why in a word and a sentence; its place among all that wait for room; when it should start."""

    key: Key
    phase: str
    reason: Reason | None
    said: str
    rank: float | None = None
    place: int | None = None
    waiting: int | None = None
    eta: float | None = None
    wait: Wait | None = None
    """What admission holds it back for, if it does; instead of what is `said`."""
    undo: bool = False
    """It is about the undo of the step."""

    def words(self, reader: Reader) -> str:
        """The sentence, with no name that the reader may not know."""
        return self.wait.words(reader) if self.wait else self.said


@dataclass(frozen=True, slots=True)
class Whole:
    """How a Pipeline itself stands, where that says more than its steps. `problems`: with its manifest."""

    phase: str
    reason: str
    message: str
    problems: Sequence[Problem] = ()


def whole(observed: Observed) -> Whole | None:
    """What is to be said of the Pipeline before its steps; None if they say it all."""
    status = observed.pipeline.status
    phase = status.get("phase") or PipelinePhase.PENDING.value
    reason, message = status.get("reason") or "", status.get("message") or ""
    if observed.pipeline.deleting:
        return Whole(phase, "", "it is being deleted")
    if observed.graph is None or observed.problems:
        return _invalid(observed)
    if observed.deferred:
        return Whole(phase, "", "the latest edit or rerun waits for the end of the undo or of `finally`")
    if take_up(observed):
        last = f"it said last: {reason}, {message}" if message else "does it run?"
        return Whole(phase, "", f"the operator has not taken up the latest edit or rerun yet; {last}")
    return Whole(phase, reason, message) if message and reason not in _OF_STEPS else None


_OF_STEPS = (Reason.WAITING, Reason.WAITING_FOR_APPROVAL)
"""What a Pipeline waits for because its steps do, which say it themselves."""


def _invalid(observed: Observed) -> Whole:
    known = observed.pipeline.status.get("problems") or ()
    problems = observed.problems or [
        Problem(one.get("path", ""), Reason.of(one.get("reason")) or Reason.INVALID, one.get("message", ""))
        for one in known
    ]
    words = "the manifest is not valid" if problems else "the manifest cannot be read"
    return Whole(PipelinePhase.INVALID.value, Reason.INVALID.value, words, problems)


def answers(
    observed: Sequence[Observed],
    capacity: Capacity,
    now: float,
    learned: Learned | None = None,
    policy: Policy = CRITICAL_PATH,
) -> list[Answer]:
    """How all steps of these Pipelines stand, in their order, decided as the operator would decide now."""
    found: list[Answer] = []
    demands: list[Demand] = []
    taken: list[Places] = []
    told: dict[Key, tuple[Reason, str]] = {}
    for one in observed:
        if one.graph is None:
            continue
        known = ranks(one.graph, learned)
        made = plan(replace(one, expected=known))
        told |= _told(one)
        demands += [demand(ready, one.graph, learned, made.places) for ready in made.ready]
        taken.append(made.places)
        pipeline, undos = one.pipeline, {ready.node.path for ready in made.ready if ready.purpose == UNDO}
        for node, verdict in made.verdicts:
            key, rank = (pipeline.namespace, pipeline.name, node.path), known.upward[node.task.id]
            found.append(Answer(key, verdict.phase.value, verdict.reason, verdict.message, rank))
            undone = _undone(one, key, node.path in undos)
            found += [replace(undone, rank=rank)] if undone else ()
    admission = admit(demands, capacity, now, policy, Places.of(taken))
    return list(_with_admission(found, demands, admission, told, capacity, now, policy))


_UNDO_REASONS = {"Succeeded": Reason.UNDONE, "Failed": Reason.UNDO_FAILED}


def _undone(observed: Observed, key: Key, asks: bool) -> Answer | None:
    """How the undo of a Step stands; None if there is none. `asks`: it wants a Job."""
    record = _record(observed, key[2])
    if not record:
        return Answer(key, StepPhase.PENDING.value, None, "", undo=True) if asks else None
    phase = record["phase"]
    reason = _UNDO_REASONS.get(phase) or Reason.of(record.get("reason"))
    return Answer(key, phase, reason, record.get("message", ""), undo=True)


def _record(observed: Observed, path: str) -> Mapping[str, Any]:
    step = observed.steps.get(path)
    return undo_record(step, observed.pipeline.status.get("round") or 0) if step else {}


def _told(observed: Observed) -> dict[Key, tuple[Reason, str]]:
    """What the operator wrote of Steps and undos that do not start: it alone knows its plan, its caps and what was
    refused."""
    pipeline, found = observed.pipeline, {}
    for path, step in observed.steps.items():
        status = _record(observed, path) if ended(step.status) else step.status
        reason = Reason.of(status.get("reason"))
        if reason is None or status.get("phase") not in (StepPhase.QUEUED, StepPhase.RETRYING):
            continue
        if reason in HELD_BACK or reason in _NOT_TAKEN:
            seen = "" if reason in _NO_ROOM_NEEDED else " (as the operator wrote; what you may see has room)"
            found[pipeline.namespace, pipeline.name, path] = (reason, status.get("message", "") + seen)
    return found


_NOT_TAKEN = (Reason.STARTING, Reason.NAME_CONFLICT)
"""Why the API server did not take the Job of a Step that is ready."""
_NO_ROOM_NEEDED = (*_NOT_TAKEN, Reason.PLANNED_LATER)


def _with_admission(
    found: Sequence[Answer],
    demands: Sequence[Demand],
    admission: Admission,
    told: Mapping[Key, tuple[Reason, str]],
    capacity: Capacity,
    now: float,
    policy: Policy,
) -> Iterator[Answer]:
    waits = admission.waits
    limited = {key for key, wait in waits.items() if wait.reason is Reason.PARALLELISM}
    asking = {one.key for one in demands}
    undos = {one.key for one in found if one.undo}
    ordered = [one for one in demands if one.shape is not None and one.key not in limited]
    ordered.sort(key=lambda one: policy.order(one, now))
    places = {one.key: number + 1 for number, one in enumerate(ordered)}
    etas = _etas(ordered[:FORESEEN], capacity, now, policy)
    for one in found:
        if one.key not in asking or (one.key in undos and not one.undo):
            yield one
            continue
        wait = waits.get(one.key)
        reason, message = Reason.STARTING, "there is room; its Job is created with the operator's next pass"
        if wait:
            reason = wait.reason
        elif one.key in told:
            reason, message = told[one.key]
        held = (wait or one.key in told) and one.phase == StepPhase.PENDING
        yield replace(
            one,
            phase=StepPhase.QUEUED.value if held else one.phase,
            reason=reason,
            said=message,
            place=places.get(one.key),
            waiting=len(ordered) if one.key in places else None,
            eta=etas.get(one.key) if wait or one.key not in told else None,
            wait=wait,
        )


def _etas(demands: Sequence[Demand], capacity: Capacity, now: float, policy: Policy) -> dict[Key, float]:
    """When each would start if nothing else came: a simulation of what waits now."""
    activities = tuple(
        Activity(one.key, one.key[2], one.shape, one.duration, one.rank, one.priority) for one in demands
    )
    return {key: run.start for key, run in simulate(Workload(activities, {}), capacity, now, policy).runs.items()}
