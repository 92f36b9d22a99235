"""Asks for the pods of a Job that has ended while none of its pods is known to have.

Pods and Jobs come by watches of their own, and nothing keeps one from lagging behind the other. Without the pod a Job
that is complete looks like one whose pod was deleted before its outputs were read, and its step would run again.
"""

from collections.abc import Iterable

from penstock.core.observed import RUN, JobView, StepView
from penstock.shell.client import Client
from penstock.shell.resources import OURS, PODS
from penstock.shell.store import Store

_ENDED = ("Succeeded", "Failed")
JOB_NAME = "batch.kubernetes.io/job-name"


class Confirm:
    """Makes sure that what is known of pods is no older than what is known of their Jobs."""

    def __init__(self, client: Client, store: Store) -> None:
        self.client = client
        self.store = store
        self._asked: set[str] = set()
        store.on_gone.append(self._asked.discard)

    async def pods(self, steps: Iterable[StepView]) -> None:
        """Takes in the pods of all Jobs of these Steps about which there is a doubt; asks once about each Job.

        Raises Refused or Unreachable if they cannot be read.
        """
        doubtful = [job for step in steps for job in self.store.jobs_of(step.uid) if self._doubtful(step, job)]
        for job in doubtful:
            wanted = {"labelSelector": f"{OURS},{JOB_NAME}={job.name}"}
            async for _, items in self.client.pages(PODS, job.namespace, wanted):
                for item in items:
                    self.store.put(PODS, item)
            if self.store.jobs.get(job.uid):
                self._asked.add(job.uid)

    def _doubtful(self, step: StepView, job: JobView) -> bool:
        if not job.finished or job.uid in self._asked:
            return False
        if job.purpose == RUN and job.run <= (step.status.get("lastRun") or 0):
            return False
        return not any(pod.phase in _ENDED for pod in self.store.pods_of(job.uid))
