"""What somebody should look at though nothing has failed: a step that runs on and on, a queue that stands still, a
Pipeline far past its estimate. Said once, by a condition and an Event; the sentence names no number of the moment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from penstock.api import durations
from penstock.api.step import StepPhase
from penstock.core.clock import instant
from penstock.core.graph.ranks import Ranks
from penstock.core.graph.world import Node, Verdict
from penstock.core.pipeline.tally import Tally
from penstock.core.pod.ready import Ready
from penstock.core.reasons import Reason
from penstock.core.seen.snapshot import Thresholds

UNDER_WAY = (StepPhase.RUNNING, StepPhase.RETRYING)


@dataclass(frozen=True, slots=True)
class Late:
    """Why a Pipeline is late."""

    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Watched:
    """What lateness is judged by: how all steps stand, which wait for a Job, what is expected of them."""

    tally: Tally
    waiting: Iterable[Ready]
    running: Mapping[int, tuple[Node, float]]
    """Attempts under way whose container runs, and since when; numbered in the order of the graph."""
    status: Mapping[str, Any]
    """Status of the Pipeline."""
    expected: Ranks | None
    thresholds: Thresholds


def late(watched: Watched, now: float) -> tuple[Late | None, float | None]:
    """Why it is late, if it is; and when, at the earliest, it will be (later), if nothing happens until then."""
    found = list(_overdue(watched, now))
    if not watched.tally.any(lambda kind: kind.phase in UNDER_WAY):
        found += _stalled(watched)
    found += _past_eta(watched)
    due = [one for at, one in found if at <= now]
    return (due[0] if due else None), min((at for at, _ in found if at > now), default=None)


def running_since(status: Mapping[str, Any], verdict: Verdict) -> float | None:
    """Since when the container of the attempt that is under way runs, as far as the status of its Step tells."""
    newest: Mapping[str, Any] = (status.get("attempts") or [{}])[-1]
    return None if verdict.phase not in UNDER_WAY or "end" in newest else instant(newest.get("start"))


def _limit(watched: Watched, seconds: float) -> float:
    limits = watched.thresholds
    return max(seconds * limits.factor, seconds + limits.at_least)


def _overdue(watched: Watched, now: float) -> Iterable[tuple[float, Late]]:
    """The first step that is overdue, and the one that will be next."""
    expected = watched.expected
    if expected is None or not watched.running:
        return
    tasks = {node.task.id for node, _ in watched.running.values()}.difference(expected.assumed)
    limits = {name: _limit(watched, expected.durations[name]) for name in tasks}
    running = ((number, node.task.id, began) for number, (node, began) in watched.running.items())
    ends = [(began + limits[name], number) for number, name, began in running if name in limits]
    over = min((number for at, number in ends if at <= now), default=None)
    soon = min((one for one in ends if one[0] > now), default=None)
    for at, number in [(now, over), soon or (now, None)]:
        if number is not None:
            node = watched.running[number][0]
            usual = durations.render(round(expected.durations[node.task.id]))
            words = f"step {node.path!r} runs far longer than the {usual} it is expected to take"
            yield at, Late(Reason.STEP_OVERDUE, words)


def _stalled(watched: Watched) -> Iterable[tuple[float, Late]]:
    waiting, patience = list(watched.waiting), watched.thresholds.stalled
    if not waiting or not patience:
        return
    ends = (verdict.ended_at for _, verdict in watched.tally.each(lambda kind: kind.ended))
    moved = max([*(ready.since for ready in waiting), *ends])
    words = (
        f"steps wait, {waiting[0].node.path!r} first, none runs, and none has started or ended for "
        f"{durations.render(patience)}; `penstock why` says what they wait for"
    )
    yield moved + patience, Late(Reason.QUEUE_STALLED, words)


def _past_eta(watched: Watched) -> Iterable[tuple[float, Late]]:
    began, eta = instant(watched.status.get("startTime")), instant(watched.status.get("eta"))
    if began is None or eta is None:
        return
    words = f"the Pipeline was expected to end by {watched.status['eta']}"
    yield began + _limit(watched, eta - began), Late(Reason.PAST_ETA, words)


def estimated_end(began: float, expected: Ranks | None) -> float | None:
    """When a Pipeline that began should end, if all its steps find room; None if a duration is not known."""
    if expected is None or expected.assumed or not expected.upward:
        return None
    return began + max(expected.upward.values())
