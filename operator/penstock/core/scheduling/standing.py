"""How every step stands right now, with live numbers: what `penstock why` and the web page show."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from penstock.api.step import StepPhase
from penstock.core.observed import Observed
from penstock.core.plan import plan
from penstock.core.reasons import Reason
from penstock.core.scheduling.activities import Activity, Workload
from penstock.core.scheduling.admission import Admission, admit
from penstock.core.scheduling.capacity import Capacity
from penstock.core.scheduling.demands import Demand, Key, demand
from penstock.core.scheduling.learned import Learned
from penstock.core.scheduling.limits import Places
from penstock.core.scheduling.policies import CRITICAL_PATH, Policy
from penstock.core.scheduling.ranks import ranks
from penstock.core.scheduling.simulate import simulate

HELD_BACK = frozenset(
    {
        Reason.WAITING_FOR_RESOURCES,
        Reason.OUTRANKED,
        Reason.RESERVED,
        Reason.PLANNED_LATER,
        Reason.QUOTA_EXCEEDED,
        Reason.NEVER_FITS,
    }
)
"""What admission holds Steps back for."""

FORESEEN = 500
"""So many waiting steps, in the order of admission, get an ETA."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One step: phase, why in a word and a sentence; its place among all that wait for room; when it should start."""

    key: Key
    phase: str
    reason: Reason | None
    message: str
    rank: float | None = None
    place: int | None = None
    waiting: int | None = None
    eta: float | None = None


def standings(
    observed: Sequence[Observed],
    capacity: Capacity,
    now: float,
    learned: Learned | None = None,
    policy: Policy = CRITICAL_PATH,
) -> list[Standing]:
    """How all steps of these Pipelines stand, in their order, decided as the operator would decide now."""
    found: list[Standing] = []
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
        pipeline = one.pipeline
        for node, verdict in made.verdicts:
            key, rank = (pipeline.namespace, pipeline.name, node.path), known.upward[node.task.id]
            found.append(Standing(key, verdict.phase.value, verdict.reason, verdict.message, rank))
    admission = admit(demands, capacity, now, policy, Places.of(taken))
    return list(_with_admission(found, demands, admission, told, capacity, now, policy))


def _told(observed: Observed) -> dict[Key, tuple[Reason, str]]:
    """What the operator wrote of Steps that it holds back: it alone knows its plan and its caps."""
    pipeline, found = observed.pipeline, {}
    for path, step in observed.steps.items():
        reason = Reason.of(step.status.get("reason"))
        if reason in HELD_BACK and step.status.get("phase") in (StepPhase.QUEUED, StepPhase.RETRYING):
            words = step.status.get("message", "")
            seen = "" if reason is Reason.PLANNED_LATER else " (as the operator wrote; what you may see has room)"
            found[pipeline.namespace, pipeline.name, path] = (reason, words + seen)
    return found


def _with_admission(
    found: Sequence[Standing],
    demands: Sequence[Demand],
    admission: Admission,
    told: Mapping[Key, tuple[Reason, str]],
    capacity: Capacity,
    now: float,
    policy: Policy,
) -> Iterator[Standing]:
    waits = admission.waits
    limited = {key for key, wait in waits.items() if wait.reason is Reason.PARALLELISM}
    asking = {one.key for one in demands}
    ordered = [one for one in demands if one.shape is not None and one.key not in limited]
    ordered.sort(key=lambda one: policy.order(one, now))
    places = {one.key: number + 1 for number, one in enumerate(ordered)}
    etas = _etas(ordered[:FORESEEN], capacity, now, policy)
    for one in found:
        if one.key not in asking:
            yield one
            continue
        wait = waits.get(one.key)
        reason, message = Reason.STARTING, "there is room; its Job is created with the operator's next pass"
        if wait:
            reason, message = wait.reason, wait.message
        elif one.key in told:
            reason, message = told[one.key]
        yield Standing(
            one.key,
            one.phase,
            reason,
            message,
            one.rank,
            places.get(one.key),
            len(ordered) if one.key in places else None,
            etas.get(one.key) if wait or one.key not in told else None,
        )


def _etas(demands: Sequence[Demand], capacity: Capacity, now: float, policy: Policy) -> dict[Key, float]:
    """When each would start if nothing else came: a simulation of what waits now."""
    activities = tuple(
        Activity(one.key, one.key[2], one.shape, one.duration, one.rank, one.priority) for one in demands
    )
    return {key: run.start for key, run in simulate(Workload(activities, {}), capacity, now, policy).runs.items()}
