"""Why a Step that is ready does not start: written once that has lasted a moment, and then when the reason changes.

So one finished step does not rewrite the statuses of all that wait. The numbers of the moment are computed when asked.
"""

from dataclasses import replace

from penstock.api.step import StepPhase
from penstock.core.graph.world import Node, Verdict
from penstock.core.pod.ready import Ready
from penstock.core.reasons import Reason
from penstock.core.seen.snapshot import Observed
from penstock.core.seen.views import UNDO, StepView
from penstock.core.step import status as step_status
from penstock.core.step.decide import Decider
from penstock.core.step.runs import Decided
from penstock.core.step.status import Status
from penstock.core.step.undo import undo_waits
from penstock.core.waits import PATIENCE
from penstock.core.wording import Reader


def decided(case: Decider, node: Node, step: StepView) -> Verdict:
    """The verdict on a Step that exists; of one that is ready and was held back, why it waits."""
    verdict = case.decide(node, step)
    for one in case.found.ready:
        told = note(case.observed, case.found, one)
        if told:
            verdict = replace(verdict, phase=told[0], reason=told[1], message=told[2])
    return verdict


def note(observed: Observed, found: Decided, ready: Ready) -> tuple[StepPhase, Reason, str] | None:
    """Notes why a ready Step waits that admission held back; returns its phase, the reason and the words, or None as
    long as nothing is said.

    What is being tried again stays Retrying. An undo that waits changes nothing about its Step but the words on itself.
    """
    wait = observed.waits.get(ready.step.uid)
    if wait is None:
        return None
    due = ready.since + PATIENCE
    if observed.now < due:
        found.wake_at.append(due)
        return None
    step, phase = ready.step, StepPhase.QUEUED if ready.attempt == 1 else StepPhase.RETRYING

    def say() -> str:
        return wait.words(Reader(step.namespace))

    if ready.purpose == UNDO:
        _set(found, step, undo_waits(step, ready.facts, ready.attempt, wait.reason, say))
        return None
    known = step.status.get("phase") == phase and step.status.get("reason") == wait.reason
    words = step.status.get("message", "") if known else say()
    status = step_status.waiting(step, phase, wait.reason, words)
    so_far = found.statuses.get(step.path) or {}
    if "lastRun" in so_far:  # a run that counts no more has just ended, and no other may take its number
        status["lastRun"] = so_far["lastRun"]
    if ready.attempt > 1:
        status = {**step.status, **status}
    else:
        status["readyTime"] = step_status.ready_time(step, None, ready.since)
    _set(found, step, status)
    return phase, wait.reason, status.get("message", "")


def _set(found: Decided, step: StepView, status: Status) -> None:
    if step_status.differs(step.status, status):
        found.statuses[step.path] = status
    else:
        found.statuses.pop(step.path, None)
