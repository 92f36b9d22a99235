"""Steps that wait for somebody's decision, as an inbox shows them."""

from dataclasses import dataclass

from penstock.core.asked.view.rows import moment
from penstock.core.reasons import Reason
from penstock.core.seen.views import StepView


@dataclass(frozen=True, slots=True)
class Ask:
    """One step of a Pipeline that waits for an approval, since an instant in seconds since 1970."""

    namespace: str
    pipeline: str
    path: str
    since: float | None


def ask(step: StepView) -> Ask | None:
    """What a step asks; None if it asks nothing, or is no Pipeline's (any more)."""
    waits = step.status.get("reason") == Reason.WAITING_FOR_APPROVAL and not step.decided
    if not waits or step.owner is None or step.pipeline is None:
        return None
    return Ask(step.namespace, step.pipeline, step.path, moment(step.status.get("startTime")))
