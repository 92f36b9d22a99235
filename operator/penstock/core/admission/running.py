"""Since when a Step runs."""

from collections.abc import Iterable

from penstock.core.seen.snapshot import Observed
from penstock.core.seen.views import RUN, JobView


def began(observed: Observed, path: str) -> float | None:
    """When what runs of the Step at that path began: its last pod's container, or else its Job. Seconds since 1970."""
    job = _live(observed, path)
    if job is None:
        return None
    pods = [pod.started or pod.created for pod in observed.pods.get(job.uid, ()) if pod.ended is None]
    return max(pods, default=job.created)


def _live(observed: Observed, path: str) -> JobView | None:
    step = observed.steps.get(path)
    jobs: Iterable[JobView] = observed.jobs.get(step.uid, ()) if step else ()
    live = (job for job in jobs if not (job.finished or job.deleting or job.gone) and job.purpose == RUN)
    return max(live, key=lambda job: (job.run, job.attempt), default=None)
