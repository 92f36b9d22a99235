"""Creates Jobs: under names that only this attempt can have, so that no attempt ever runs twice.

A Job that the API server does not take is a fact about its Step, and goes into the next snapshot.
"""

from dataclasses import dataclass

import structlog

from penstock.core import labels
from penstock.core.graph.graph import Graph
from penstock.core.pod.collector import collector
from penstock.core.pod.jobs import gang_service, job_manifest
from penstock.core.pod.ready import Ready
from penstock.core.pod.transfer import Collection
from penstock.core.reasons import Reason
from penstock.core.seen.reading import owner_uid
from penstock.core.seen.snapshot import Refusal
from penstock.core.seen.views import PipelineView
from penstock.engine import clock
from penstock.engine.client import Client, Refused
from penstock.engine.resources import JOBS, SERVICES, Object
from penstock.engine.setbacks import LONGEST_PAUSE, Setback, after
from penstock.engine.store import Store

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Refused:
    """The Job of one attempt (run, attempt, purpose) was not taken."""

    attempt: tuple[int, int, str]
    refusal: Refusal
    setback: Setback


class Starter:
    """Starts attempts, and remembers which could not be started."""

    def __init__(self, client: Client, store: Store, courier: str) -> None:
        self.client = client
        self.store = store
        self.courier = courier
        self._refused: dict[str, _Refused] = {}

    @property
    def any_refused(self) -> bool:
        """Whether any Job was not taken."""
        return bool(self._refused)

    def refusals(self) -> dict[str, Refusal]:
        """Why Jobs were not taken, by the uid of their Step."""
        return {step: found.refusal for step, found in self._refused.items()}

    def refused(self, step: str) -> Refusal | None:
        """Why the Job of the Step with that uid was not taken."""
        found = self._refused.get(step)
        return found.refusal if found else None

    def gave_up(self, step: str, now: float) -> bool:
        """Whether nobody has tried again to start a Step's Job though it was time: it waits for nothing any more."""
        found = self._refused.get(step)
        return found is None or now - found.setback.until > LONGEST_PAUSE

    def forget(self, step: str) -> None:
        """The Step with that uid has no use for this any more."""
        self._refused.pop(step, None)

    def prune(self) -> None:
        """Forgets Steps that are gone."""
        for step in [step for step in self._refused if self.store.steps.get(step) is None]:
            self.forget(step)

    def not_before(self, ready: Ready) -> float:
        """Earliest time (seconds since 1970) of the next try."""
        found = self._refused.get(ready.step.uid)
        if found and found.attempt != _attempt(ready):
            self.forget(ready.step.uid)
            return 0.0
        return found.setback.until if found else 0.0

    async def start(self, graph: Graph, ready: Ready, pipeline: tuple[str, str] | None) -> bool:
        """Creates the Job of an attempt, or adopts it if it is there already; returns whether there is one now."""
        try:
            service = gang_service(ready, pipeline[0] if pipeline else None)
            if service:
                await self._service(service)
            job = await self._job(job_manifest(graph, ready, pipeline, self.courier), ready)
        except Refused as error:
            self._note(ready, error)
            return False
        self.forget(ready.step.uid)
        self.store.put(JOBS, job)
        return True

    async def collect(self, graph: Graph, pipeline: PipelineView, what: Collection) -> bool:
        """Creates the Job that removes unreferenced artifacts after a round, unless it is there already."""
        try:
            await self.client.create(JOBS, collector(graph, pipeline, what, self.courier))
        except Refused as error:
            if error.code != 409:
                raise
        return True

    async def _job(self, manifest: Object, ready: Ready) -> Object:
        meta = manifest["metadata"]
        try:
            return await self.client.create(JOBS, manifest)
        except Refused as error:
            if error.code != 409 or error.reason != "AlreadyExists":
                raise
        known = await self.client.get(JOBS, meta["namespace"], meta["name"])
        notes = known["metadata"].get("annotations") or {}
        wanted = meta["annotations"]
        ours = owner_uid(known, "Step") == ready.step.uid
        if ours and all(notes.get(name) == wanted[name] for name in (labels.RUN, labels.FINGERPRINT)):
            return known
        words = f"a Job {meta['name']} exists and belongs to somebody else; delete it"
        raise Refused(409, Reason.NAME_CONFLICT, words)

    async def _service(self, manifest: Object) -> None:
        meta = manifest["metadata"]
        try:
            await self.client.create(SERVICES, manifest)
        except Refused as error:
            if error.code != 409:
                raise
            known = await self.client.get(SERVICES, meta["namespace"], meta["name"])
            if owner_uid(known, "Step") != meta["ownerReferences"][0]["uid"]:
                words = f"a Service {meta['name']} exists and belongs to somebody else; delete it"
                raise Refused(409, Reason.NAME_CONFLICT, words) from error

    def _note(self, ready: Ready, error: Refused) -> None:
        run, attempt, purpose = _attempt(ready)
        before = self._refused.get(ready.step.uid)
        same = before is not None and before.attempt == (run, attempt, purpose)
        setback = after(before.setback if before and same else None, error.message, clock.now())
        refusal = Refusal(
            message=error.message,
            since=setback.since,
            quota=error.code == 403 and "exceeded quota" in error.message,
            hopeless=error.code in (400, 413, 422),
            conflict=error.reason == Reason.NAME_CONFLICT,
            purpose=purpose,
            run=run,
            attempt=attempt,
        )
        self._refused[ready.step.uid] = _Refused((run, attempt, purpose), refusal, setback)
        log.warning("a Job was not taken", step=ready.step.name, namespace=ready.step.namespace, error=str(error))


def _attempt(ready: Ready) -> tuple[int, int, str]:
    return ready.facts.run, ready.attempt, ready.purpose
