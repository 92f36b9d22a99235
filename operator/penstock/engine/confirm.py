"""Asks for what a step would run again without: pods that are not seen to have ended, Jobs that are not seen any more.

Pods and Jobs come by watches of their own, and nothing keeps one from lagging behind the other. Without the pod a Job
that is complete looks like one whose pod was deleted before its outputs were read. And a Job that leaves its watch was
deleted, or has lost its label, without which it runs as before.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import replace

from penstock.core.seen.reading import job_view
from penstock.core.seen.views import RUN, JobView, StepView
from penstock.core.step.outcomes import ENDED_PODS
from penstock.core.step.status import gone_job, under_way
from penstock.engine.client import Client, Refused
from penstock.engine.resources import JOBS, OURS, PODS, Object
from penstock.engine.store import Store

JOB_NAME = "batch.kubernetes.io/job-name"


class Confirm:
    """Makes sure of pods and Jobs before an attempt is judged. Raises Refused or Unreachable if they cannot be read."""

    def __init__(self, client: Client, store: Store) -> None:
        self.client = client
        self.store = store
        self._asked: set[str] = set()
        store.on_gone.append(self._asked.discard)

    def steps_of_jobs_away(self, owned: Mapping[str, StepView]) -> set[str]:
        """Paths of those of these Steps that have a Job of which no watch tells."""
        steps = (self.store.steps.get(job.step) for job in self.store.away.values())
        return {step.path for step in steps if step and owned.get(step.path) is step}

    async def pods(self, steps: Iterable[StepView]) -> bool:
        """Takes in the pods of all Jobs of these Steps about which there is a doubt; asks once about each Job.

        Returns whether there was any: then more may have happened meanwhile.
        """
        doubtful = [job for step in steps for job in self.store.jobs_of(step.uid) if self._doubtful(step, job)]
        for job in doubtful:
            await self._pods(job.namespace, job.name)
            if self.store.jobs.get(job.uid) or job.uid in self.store.away:
                self._asked.add(job.uid)
        return bool(doubtful)

    async def jobs(self, steps: Iterable[StepView]) -> None:
        """Reads by its name each Job of these Steps that should be there and is not seen, until it is over or gone."""
        looks: list[Coroutine[None, None, None]] = []
        for step in steps:
            known = self.store.jobs_of(step.uid)
            away = (job for job in known if job.uid in self.store.away and not (job.gone or job.finished))
            seen = {job.name for job in known}
            looks.extend(self._look(step, job.name, job) for job in away)
            looks.extend(self._look(step, name, None) for name in under_way(step.status) if name not in seen)
        await asyncio.gather(*looks)

    async def _look(self, step: StepView, name: str, was: JobView | None) -> None:
        """Reads a Job. `was`: what it was when last seen; if another has its name now, it is gone."""
        found = await self._read(step, name)
        if was:
            found = found if found and found.uid == was.uid else replace(was, gone=True)
        elif found is None:
            found = await self._left_behind(step, name)
        if found:
            self.store.set_aside(found)

    async def _left_behind(self, step: StepView, name: str) -> JobView | None:
        """A Job that nobody saw go, if it has left a pod behind that runs."""
        for item in await self._pods(step.namespace, name):
            pod = self.store.pods.get(item["metadata"]["uid"])
            if pod and pod.phase not in ENDED_PODS and self.store.jobs.get(pod.job) is None:
                return gone_job(step, name, pod.job, pod.created)
        return None

    async def _pods(self, namespace: str, job: str) -> list[Object]:
        """Takes in the pods of the Job of that name."""
        wanted = {"labelSelector": f"{OURS},{JOB_NAME}={job}"}
        found = [item async for _, items in self.client.pages(PODS, namespace, wanted) for item in items]
        for item in found:
            self.store.put(PODS, item)
        return found

    async def _read(self, step: StepView, name: str) -> JobView | None:
        try:
            found = job_view(await self.client.get(JOBS, step.namespace, name))
        except (KeyError, ValueError):  # somebody has made another one of it
            return None
        except Refused as error:
            if error.code != 404:
                raise
            return None
        return found if found.step == step.uid else None

    def _doubtful(self, step: StepView, job: JobView) -> bool:
        if not job.finished or job.uid in self._asked:
            return False
        if job.purpose == RUN and job.run <= (step.status.get("lastRun") or 0):
            return False
        return not any(pod.phase in ENDED_PODS for pod in self.store.pods_of(job.uid))
