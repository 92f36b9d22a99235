"""What is left of a Pipeline that runs, as the simulation sees it."""

from collections.abc import Sequence
from dataclasses import replace

from penstock.api.step import StepPhase
from penstock.core.admission.capacity import expected_end
from penstock.core.admission.demands import Key
from penstock.core.admission.limits import limits
from penstock.core.admission.running import began
from penstock.core.foresight.activities import Activity, Workload, workload
from penstock.core.graph.learned import Learned
from penstock.core.graph.world import Node, Verdict
from penstock.core.seen.snapshot import Observed


def remaining(
    observed: Observed, verdicts: Sequence[tuple[Node, Verdict]], now: float, learned: Learned | None = None
) -> Workload:
    """The steps that have not ended, from `now` on (seconds since 1970). The Pipeline must be valid.

    `verdicts`: how its steps stand, from a plan of that snapshot, which may be older: nothing has changed since. What
    runs takes no room of its own here, since its pods are part of what the capacity says is held; it ends when they
    are expected to.
    """
    graph, pipeline = observed.graph, observed.pipeline
    assert graph is not None
    whole = workload(graph, pipeline.namespace, pipeline.name, learned, verdicts)
    states = {(pipeline.namespace, pipeline.name, node.path): verdict for node, verdict in verdicts}
    ended = {key for key, verdict in states.items() if verdict.ended}
    activities = []
    for activity in whole.activities:
        if activity.key in ended:
            continue
        running = activity.key in states and states[activity.key].phase is StepPhase.RUNNING
        activities.append(_going_on(observed, activity, now) if running else activity)
    barriers = {name: tuple(key for key in keys if key not in ended) for name, keys in whole.barriers.items()}
    sharing = (
        limit
        for node, verdict in verdicts
        if verdict.started
        for limit in limits(graph, node, pipeline.namespace, pipeline.name)
        if limit.slot is not None
    )
    under_way = tuple(dict.fromkeys(sharing))
    return replace(whole, activities=tuple(activities), barriers=barriers, under_way=under_way)


def _going_on(observed: Observed, activity: Activity, now: float) -> Activity:
    key: Key = activity.key
    start = began(observed, key[2])
    start = now if start is None else start
    end = expected_end(start, start + activity.duration, now)
    return replace(activity, shape=None, duration=end - now)
