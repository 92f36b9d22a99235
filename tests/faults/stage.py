"""The stage of one scenario: a namespace, the operator with its proxy, and hands to do what users and others do."""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.faults.evidence import ENDED
from tests.faults.ground import Ground
from tests.faults.history import History
from tests.faults.replica import Replica
from tests.faults.rules import Rule
from tests.plane.api import (
    ACCOUNTS,
    BINDINGS,
    COMPONENTS,
    JOBS,
    NAMESPACES,
    PIPELINES,
    PODS,
    QUOTAS,
    REVISIONS,
    ROLES,
    SCHEDULES,
    SECRETS,
    STEPS,
    ApiError,
    Object,
    path,
)

SETTINGS: Mapping[str, Any] = {"logFormat": "json", "resyncSeconds": 10}
ACCOUNT = "demo-penstock"
CANARY = "canary-Zq7-must-not-be-told"
QUIET = 5.0
"""Seconds without a write of the operator's after which all counts as settled."""
WAIT = 90.0
COLLECTIONS = {
    "Pipeline": PIPELINES,
    "Step": STEPS,
    "Component": COMPONENTS,
    "PipelineSchedule": SCHEDULES,
    "Job": JOBS,
    "Pod": PODS,
    "ResourceQuota": QUOTAS,
    "Role": ROLES,
    "RoleBinding": BINDINGS,
    "Secret": SECRETS,
    "ControllerRevision": REVISIONS,
}


class Stage:
    """What a scenario acts on. Everything is in one namespace."""

    def __init__(
        self, ground: Ground, name: str, seed: str, settings: Mapping[str, Any] | None = None, replicas: int = 1
    ) -> None:
        self.ground = ground
        self.api = ground.api
        self.namespace = name
        self.seed = seed
        self.broken = 0.0
        """When the leader of several replicas was broken."""
        self.foreign: set[str] = set()
        self.applied: dict[str, int] = {}
        """Generations of Pipelines, by name, which the watcher must have seen before anything counts as settled."""
        self.folder = Path(ground.plane.state) / "stages" / name
        scope = {"namespaces": [name], "leaderElection": replicas > 1}
        wanted = {**SETTINGS, **scope, **(settings or {})}
        self.replicas = [Replica(ground, self.folder, name, one, wanted, seed) for one in range(replicas)]

    @property
    def history(self) -> History:
        return self.ground.watcher.histories[self.namespace]

    @property
    def replica(self) -> Replica:
        """The only one, or the first."""
        return self.replicas[0]

    # --- from beginning to end

    async def build(self) -> None:
        """The namespace with the operator's rights, and a secret that nobody may tell."""
        await self.api.create(NAMESPACES, {"metadata": {"name": self.namespace}})
        await self.create({"kind": "ServiceAccount", "metadata": {"name": ACCOUNT}}, ACCOUNTS)
        await self.create({"kind": "Secret", "metadata": {"name": "secret"}, "stringData": {"password": CANARY}})
        for one in self.ground.rights:
            await self.create(self._placed(one))
        await self.new_token()

    async def open(self, *rules: Rule) -> None:
        """Starts the operator, under these rules."""
        for replica in self.replicas:
            replica.proxy.obey(*rules)
            await replica.start()

    async def close(self) -> None:
        """Ends the operator."""
        await asyncio.gather(*(one.stop() for one in self.replicas))

    async def settled(self, rests: tuple[str, ...] = ENDED, seconds: float = WAIT) -> None:
        """Waits until all Pipelines are at rest and the operator has written nothing for a while."""
        await self.history.until("all Pipelines at rest", lambda: self.at_rest(rests), seconds)
        rested = time.monotonic()  # what made them rest may be seen before its answer has passed the proxy
        deadline = rested + seconds
        while (left := max(self.quiet_until(), rested + QUIET) - time.monotonic()) > 0 or not self.at_rest(rests):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the operator still writes after {seconds:.0f} s: {self._last_writes()}")
            await asyncio.sleep(max(0.1, left))

    def at_rest(self, rests: tuple[str, ...]) -> bool:
        """Whether every Pipeline tells of an end, and of its present generation, and nothing is being deleted."""
        if any("deletionTimestamp" in item["metadata"] for item in self.history.objects("Step").values()):
            return False
        found = self.history.objects("Pipeline")
        seen = {name: item["metadata"]["generation"] for name, item in found.items()}
        return all(seen.get(name, 0) >= generation for name, generation in self.applied.items()) and all(
            (item.get("status") or {}).get("phase") in rests
            and item["status"].get("observedGeneration") == item["metadata"]["generation"]
            for item in found.values()
        )

    def quiet_until(self) -> float:
        """When so much time will have passed since the operator's last write that all counts as settled."""
        last = [made.at for one in self.replicas for made in one.proxy.made if made.call.resource != "leases"]
        return max(last, default=0.0) + QUIET

    def _last_writes(self) -> str:
        made = [made for one in self.replicas for made in one.proxy.made if made.call.resource != "leases"][-4:]
        return ", ".join(f"{one.call.verb} {one.call.resource} {one.call.name} ({one.code})" for one in made)

    # --- what users do

    async def create(self, manifest: Object, collection: str = "") -> Object:
        """Creates an object in the namespace."""
        where = path(collection or COLLECTIONS[manifest["kind"]], self.namespace)
        return await self.api.create(where, manifest)

    async def apply(self, manifest: Object) -> None:
        """`kubectl apply` of one of our kinds: creates it, or replaces its spec."""
        collection, name = COLLECTIONS[manifest["kind"]], manifest["metadata"]["name"]
        while True:
            try:
                known = await self.api.get(path(collection, self.namespace, name))
            except ApiError as error:
                if error.code != 404:
                    raise
                self._note(await self.create(manifest))
                return
            try:
                place = path(collection, self.namespace, name)
                self._note(await self.api.replace(place, {**known, "spec": manifest["spec"]}))
            except ApiError as error:
                if error.code != 409:
                    raise
            else:
                return

    def _note(self, applied: Object) -> None:
        if applied["kind"] == "Pipeline":
            self.applied[applied["metadata"]["name"]] = applied["metadata"]["generation"]

    async def edit(self, name: str, change: Callable[[Object], None]) -> None:
        """`kubectl edit` of a Pipeline's spec."""
        known = await self.api.get(path(PIPELINES, self.namespace, name))
        spec = copy.deepcopy(known["spec"])
        change(spec)
        await self.apply({**known, "spec": spec})

    async def annotate(self, kind: str, name: str, **notes: str) -> None:
        """Annotations of `penstock.dev/`: approved_by is `approved-by`."""
        found = {f"penstock.dev/{key.replace('_', '-')}": value for key, value in notes.items()}
        await self.api.merge(path(COLLECTIONS[kind], self.namespace, name), {"metadata": {"annotations": found}})

    async def delete(self, kind: str, name: str, propagation: str = "Background", grace: int | None = None) -> None:
        """`kubectl delete`; what is gone already is no error."""
        if kind == "Pipeline":
            self.applied.pop(name, None)
        try:
            await self.api.delete(path(COLLECTIONS[kind], self.namespace, name), propagation, grace)
        except ApiError as error:
            if error.code != 404:
                raise

    def release(self, gate: str) -> None:
        """What holds at that name goes on."""
        self.ground.kubelet.release(self.namespace, gate)

    async def running(self, step: str, seconds: float = WAIT) -> None:
        """Waits until the Step of that name tells that it runs and its pod does."""
        await self.history.until(f"{step} runs", lambda: bool(self._live(step, "Running")), seconds)

    async def phase(self, kind: str, name: str, *phases: str, seconds: float = WAIT) -> None:
        """Waits until an object tells one of these phases."""

        def told() -> bool:
            known = self.history.now[kind].get(name)
            return known is not None and known.phase in phases

        await self.history.until(f"{kind} {name} {' or '.join(phases)}", told, seconds)

    def _live(self, step: str, phase: str) -> list[Object]:
        pipeline, _, place = step.partition(".")
        return [
            pod
            for pod in self.history.objects("Pod").values()
            if pod["metadata"].get("labels", {}).get("penstock.dev/pipeline") == pipeline
            and self._place(pod) == place
            and pod["status"].get("phase") == phase
        ]

    @staticmethod
    def _place(item: Object) -> str:
        labels = item["metadata"].get("labels") or {}
        return ".".join(filter(None, (labels.get("penstock.dev/step"), labels.get("penstock.dev/index"))))

    # --- what others do

    async def hand(self, kind: str, name: str, patch: Object, part: str = "") -> None:
        """A patch by somebody whom it does not concern, and who does not care whether it succeeds."""
        try:
            found = await self.api.merge(path(COLLECTIONS[kind], self.namespace, name, part), patch)
        except ApiError as error:
            if error.code not in (404, 409, 500, 504):
                raise
        else:
            self.foreign.add(found["metadata"]["resourceVersion"])

    def pods(self, step: str) -> list[Object]:
        """The running pods of a step."""
        return self._live(step, "Running")

    def jobs(self, step: str) -> list[Object]:
        """The Jobs of a step."""
        pipeline, _, place = step.partition(".")
        return [
            job
            for job in self.history.objects("Job").values()
            if job["metadata"]["labels"].get("penstock.dev/pipeline") == pipeline and self._place(job) == place
        ]

    async def new_token(self) -> None:
        """A fresh token of the operator's service account, in the file that it is told to read."""
        where = path(ACCOUNTS, self.namespace, ACCOUNT, "token")
        request = {
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "spec": {"expirationSeconds": 3600},
        }
        answer = await self.api.create(where, request)
        for replica in self.replicas:
            replica.token.write_text(answer["status"]["token"])

    async def no_rights(self) -> None:
        """The operator loses what it may do here."""
        for one in self.ground.rights:
            if one["kind"] == "RoleBinding":
                await self.delete("RoleBinding", one["metadata"]["name"])

    async def rights(self) -> None:
        """It gets it back."""
        for one in self.ground.rights:
            if one["kind"] == "RoleBinding":
                await self.create(self._placed(one))

    def _placed(self, one: Object) -> Object:
        placed = copy.deepcopy(one)
        placed["metadata"]["namespace"] = self.namespace
        for subject in placed.get("subjects") or ():
            subject["namespace"] = self.namespace
        return placed
