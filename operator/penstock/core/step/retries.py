"""Whether and when a failed attempt is tried again."""

import hashlib
from dataclasses import dataclass

from penstock.api import durations
from penstock.api.containers import Retry, RetryReason
from penstock.core.reasons import Reason
from penstock.core.step.outcomes import Failure

MAX_DISRUPTIONS = 50
"""Attempts of one run that may be lost to evictions, lost nodes and deleted pods before the step gives up."""

_DISRUPTION_BACKOFF = 5.0
CLASSES = {
    Reason.ERROR: RetryReason.ERROR,
    Reason.OUTPUTS_INVALID: RetryReason.ERROR,
    Reason.OUTPUTS_TOO_LARGE: RetryReason.ERROR,
    Reason.FETCH_FAILED: RetryReason.ERROR,
    Reason.PUBLISH_FAILED: RetryReason.ERROR,
    Reason.OOM_KILLED: RetryReason.OOM_KILLED,
    Reason.DEADLINE: RetryReason.DEADLINE,
    Reason.START_FAILED: RetryReason.START_FAILED,
}
"""What `retry.reasons` calls each way in which an attempt fails."""


@dataclass(frozen=True, slots=True)
class Again:
    """Try again at an instant."""

    at: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The step has failed; `why` adds to the message what kept it from being tried again."""

    why: str = ""


def decide(retry: Retry, failure: Failure, failures: int, disruptions: int, seed: str) -> Again | GiveUp:
    """What follows a failure; the counts include it. `seed` makes the jitter of up to 10 % deterministic."""
    if failure.disrupted:
        if disruptions > MAX_DISRUPTIONS:
            return GiveUp(f"lost {disruptions} attempts to disruptions")
        return Again(failure.ended + min(_DISRUPTION_BACKOFF * (disruptions - 1), 60.0))
    own = failure.reason is not Reason.DEADLINE  # its exit code is that of the signal which ended it
    if own and failure.exit_code and failure.exit_code in (retry.no_retry_exit_codes or ()):
        return GiveUp(f"exit code {failure.exit_code} is in noRetryExitCodes" if retry.limit else "")
    if retry.reasons is not None and CLASSES[failure.reason] not in retry.reasons:
        return GiveUp(f"{CLASSES[failure.reason].value} is not in retry.reasons" if retry.limit else "")
    if failures > retry.limit:
        return GiveUp(f"failed {failures} times" if retry.limit else "")
    return Again(failure.ended + wait(retry, failures, seed))


def wait(retry: Retry, failures: int, seed: str) -> float:
    """Seconds before the retry that follows the given number of failures."""
    backoff = retry.backoff
    longest = durations.parse(backoff.max)
    seconds = durations.parse(backoff.initial)
    for _ in range(failures - 1):
        seconds = min(seconds * backoff.factor, longest)
        if seconds >= longest:
            break
    jitter = hashlib.blake2b(f"{seed}/{failures}".encode(), digest_size=1).digest()[0] / 255
    return min(seconds, longest) * (1 + 0.1 * jitter)
