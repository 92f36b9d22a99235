"""What somebody should look at though nothing has failed: a step that runs on and on, a queue that stands still, a
Pipeline far past its estimate. Said once, by a condition and an Event; the sentence names no number of the moment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from penstock.api import durations
from penstock.api.step import StepPhase
from penstock.core.clock import instant
from penstock.core.graph.ranks import Ranks
from penstock.core.graph.world import Node
from penstock.core.pipeline.tally import Tally
from penstock.core.pod.ready import Ready
from penstock.core.reasons import Reason
from penstock.core.seen.snapshot import Thresholds
from penstock.core.seen.views import StepView


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
    steps: Mapping[str, StepView]
    """Step objects by path."""
    status: Mapping[str, Any]
    """Status of the Pipeline."""
    expected: Ranks | None
    thresholds: Thresholds


def late(watched: Watched, now: float) -> tuple[Late | None, float | None]:
    """Why it is late, if it is; and when, at the earliest, it will be (later), if nothing happens until then."""
    found: list[tuple[float, Late]] = []
    running = watched.tally.ordered(lambda kind: kind.phase in (StepPhase.RUNNING, StepPhase.RETRYING))
    for node, _ in running:
        found += _overdue(watched, node)
    if not running:
        found += _stalled(watched)
    found += _past_eta(watched)
    due = [one for at, one in found if at <= now]
    return (due[0] if due else None), min((at for at, _ in found if at > now), default=None)


def _limit(watched: Watched, seconds: float) -> float:
    limits = watched.thresholds
    return max(seconds * limits.factor, seconds + limits.at_least)


def _overdue(watched: Watched, node: Node) -> Iterable[tuple[float, Late]]:
    expected, name = watched.expected, node.task.id
    step = watched.steps.get(node.path)
    attempts = (step.status.get("attempts") if step else None) or [{}]
    began = instant(attempts[-1].get("start"))
    if expected is None or began is None or name in expected.assumed or "end" in attempts[-1]:
        return
    known = expected.durations[name]
    words = f"step {node.path!r} runs far longer than the {durations.render(round(known))} it is expected to take"
    yield began + _limit(watched, known), Late(Reason.STEP_OVERDUE, words)


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
