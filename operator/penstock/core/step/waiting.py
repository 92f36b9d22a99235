"""Why a Step that is ready does not start: written once that has lasted a moment, and then when the reason changes.

So one finished step does not rewrite the statuses of all that wait. The numbers of the moment are computed when asked.
"""

from collections.abc import Callable

from penstock.api.step import StepPhase
from penstock.core.pod.ready import Ready
from penstock.core.reasons import Reason
from penstock.core.seen.views import UNDO, StepView
from penstock.core.step import status as step_status
from penstock.core.step.runs import Decided
from penstock.core.step.status import Status
from penstock.core.step.undo import undo_waits
from penstock.core.waits import PATIENCE


def note(
    decided: Decided, ready: Ready, reason: Reason, say: Callable[[], str], now: float
) -> tuple[StepPhase, str] | None:
    """Notes why a ready Step waits; returns its phase and the words, or None as long as nothing is said.

    What is being tried again stays Retrying. An undo that waits changes nothing about its Step but the words on itself.
    """
    due = ready.since + PATIENCE
    if now < due:
        decided.wake_at.append(due)
        return None
    if ready.purpose == UNDO:
        _set(decided, ready.step, undo_waits(ready.step, ready.facts, ready.attempt, reason, say))
        return None
    step, phase = ready.step, StepPhase.QUEUED if ready.attempt == 1 else StepPhase.RETRYING
    known = step.status.get("phase") == phase and step.status.get("reason") == reason
    words = step.status.get("message", "") if known else say()
    status = step_status.waiting(step, phase, reason, words)
    decided_so_far = decided.statuses.get(step.path) or {}
    if "lastRun" in decided_so_far:  # a run that counts no more has just ended, and no other may take its number
        status["lastRun"] = decided_so_far["lastRun"]
    if ready.attempt > 1:
        status = {**step.status, **status}
    _set(decided, step, status)
    return phase, status.get("message", "")


def _set(decided: Decided, step: StepView, status: Status) -> None:
    if step_status.differs(step.status, status):
        decided.statuses[step.path] = status
    else:
        decided.statuses.pop(step.path, None)
