"""Jobs that are over and on record: nothing but their logs goes with them, so that they may make room for others.

Where a ResourceQuota counts objects, those that have ended count too; a fan-out would wait for its own ended Jobs.
"""

from collections.abc import Iterable, Sequence

from penstock.api.quantities import MILLI
from penstock.core.admission.capacity import JOBS, Quota
from penstock.core.seen.views import RUN, JobView, StepView

PODS = "count/pods"
COUNTS = frozenset({JOBS, PODS})
"""Resources of a quota that ended Jobs take up."""


def on_record(step: StepView, job: JobView) -> bool:
    """Whether the Step's status tells how the attempt ended that a Job was for."""
    status = step.status
    if job.purpose == RUN:
        if job.run <= (status.get("lastRun") or 0):
            return True
        record = status if status.get("run") == job.run else {}
    else:
        undo = status.get("undo") or {}
        if (undo.get("round") or 0) > job.round:
            return True
        record = undo if (undo.get("run"), undo.get("round")) == (job.run, job.round) else {}
    return any(one["number"] >= job.attempt and "end" in one for one in record.get("attempts") or ())


def to_clear(pods: Sequence[int], quotas: Sequence[Quota], jobs: Iterable[tuple[StepView, JobView]]) -> list[JobView]:
    """Which Jobs of a namespace to delete so that others with so many pods each find room; the oldest end first.

    `quotas`: those of the namespace, as far as they are known; if none is that counts, one goes for each that waits.
    """
    wanted = {JOBS: len(pods), PODS: sum(pods)}
    short: dict[str, int] = {}
    for quota in quotas:
        for name in COUNTS & quota.hard.keys():
            left = max(0, quota.hard[name] - quota.used.get(name, 0)) // MILLI
            short[name] = max(short.get(name, 0), wanted[name] - left)
    if not short:
        short[JOBS] = len(pods)
    spent = [job for step, job in jobs if job.finished and not job.deleting and on_record(step, job)]
    found = []
    for job in sorted(spent, key=lambda job: (job.finished_at or job.created, job.name)):
        if max(short.values()) <= 0:
            break
        found.append(job)
        short = {name: amount - (job.completions if name == PODS else 1) for name, amount in short.items()}
    return found
