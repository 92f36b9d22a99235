"""A step that asks somebody: asks, and takes the answer."""

from collections.abc import Mapping

from penstock.api import durations
from penstock.api.step import Approval, StepPhase
from penstock.core import labels
from penstock.core.clock import instant, stamp
from penstock.core.graph.world import Verdict
from penstock.core.pod.ready import RunFacts
from penstock.core.reasons import Reason
from penstock.core.seen.views import StepView
from penstock.core.step import status as step_status
from penstock.core.step.record import Recorder
from penstock.core.step.runs import Over


def decision(record: Recorder, facts: RunFacts, approval: Approval, keep: int, held: Reason | None) -> Verdict:
    """What somebody decided, or the verdict while nobody has. `keep`: results to hold; `held`: why nothing is asked."""
    step, now = record.step, record.now
    if step.decided and step_status.ended(step.status):  # a decision counts once: this one is being removed
        return Verdict(StepPhase.PENDING, Reason.REPLACING, "the decision on the run before is being removed")
    if step.rejected_by:
        status = step_status.rejected(step, facts, step.rejected_by, now)
        record.set(status)
        return record.failure(facts.run, Reason.REJECTED, f"rejected by {step.rejected_by}", now, status)
    if step.approved_by and not held:
        status = step_status.approved(step, facts, step.approved_by, now, keep)
        record.set(status)
        ran = step_status.ran(status)
        return Verdict(StepPhase.SUCCEEDED, Reason.APPROVED, run=facts.run, ended_at=now, started=True, ran=ran)
    if held:  # nothing is asked meanwhile, and so no time for an answer runs out
        return record.wait(StepPhase.PENDING, held, held.doc, quiet=True)
    return _ask(record, facts, approval)


def _ask(record: Recorder, facts: RunFacts, approval: Approval) -> Verdict:
    step, now = record.step, record.now
    waits = step.status.get("reason") == Reason.WAITING_FOR_APPROVAL
    asked = instant((waits and step.status.get("startTime")) or stamp(now)) or now
    message = (
        f"{approval.message} To approve: kubectl annotate step {step.name}"
        f" -n {step.namespace} penstock.dev/approved-by=YOU"
    )
    if approval.timeout:
        until = asked + durations.parse(approval.timeout)
        if now >= until:
            words = f"nobody decided within {approval.timeout}: {approval.message}"
            return record.fail(facts, Over(Reason.APPROVAL_TIMED_OUT, words))
        record.found.wake_at.append(until)
        message += f" (until {stamp(until)})"
    record.set(step_status.asked(step, message, asked))
    return Verdict(StepPhase.QUEUED, Reason.WAITING_FOR_APPROVAL, message)


def decided_by(step: StepView) -> Mapping[str, None]:
    """The annotations of a decision, as a patch removes them once it is recorded: it counts once."""
    found = {labels.APPROVED_BY: step.approved_by, labels.REJECTED_BY: step.rejected_by}
    return {key: None for key, value in found.items() if value}
