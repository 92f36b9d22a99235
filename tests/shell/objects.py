"""An API server in memory whose objects tests change by hand. And a Job controller and kubelet in one, `work`, which
moves only when a test says so."""

import itertools
from collections.abc import Callable, Iterator

from penstock.local.objects import Object, copied, now
from penstock.local.server import Server

__all__ = ["Object", "Objects", "copied", "now"]

_COLLECTED = ("steps", "jobs")
"""What is deleted at once if it is created though its owner is gone, as the garbage collector does."""


class Objects(Server):
    """The objects as they are, and what somebody may do to them."""

    def __init__(self) -> None:
        numbers = itertools.count(1000)
        super().__init__(uid=lambda: f"uid-{next(numbers)}")
        self.created: list[str] = []
        self.deaf: set[str] = set()
        """Kinds of which no watch tells."""
        self._quiet = False

    def create(self, plural: str, namespace: str, body: Object) -> Object:
        """Stores a new object."""
        self.created.append(f"{plural}/{body['metadata']['name']}")
        made = super().create(plural, namespace, body)
        owners = {owner["uid"] for owner in made["metadata"].get("ownerReferences") or ()}
        orphan = owners.isdisjoint(one["metadata"]["uid"] for one in self.objects.values())
        if plural in _COLLECTED and owners and orphan:
            super().delete(plural, namespace, made["metadata"]["name"])
        return made

    def tell(self, plural: str, kind: str, obj: Object, old: Object | None = None) -> None:
        """Tells those who watch, now or later. `old`: what it was before."""
        if not (self._quiet or plural in self.deaf):
            super().tell(plural, kind, copied(obj), old)

    def apply(self, manifest: Object, namespace: str = "ns") -> Object:
        """`kubectl apply` of one of our kinds."""
        plural = manifest["kind"].lower() + "s"
        known = self.objects.get((plural, namespace, manifest["metadata"]["name"]))
        if known is None:
            return self.create(plural, namespace, manifest)
        if known["spec"] == manifest["spec"]:
            return known
        meta = {**known["metadata"], "generation": known["metadata"]["generation"] + 1}
        return self.update(plural, {**known, "spec": copied(manifest["spec"]), "metadata": meta})

    def delete(self, plural: str, namespace: str, name: str, *, quietly: bool = False) -> None:
        """Removes an object and what it owns. `quietly`: no watch tells."""
        self._quiet |= quietly
        super().delete(plural, namespace, name)
        self._quiet &= not quietly

    def label(self, plural: str, name: str, key: str, value: str | None, namespace: str = "ns") -> None:
        """`kubectl label`."""
        old = self.objects[plural, namespace, name]
        marks = {**old["metadata"].get("labels", {}), key: value}
        if value is None:
            del marks[key]
        self.update(plural, {**old, "metadata": {**old["metadata"], "labels": marks}})

    def orphan(self, plural: str, name: str, namespace: str = "ns") -> None:
        """Removes an object as `kubectl delete --cascade=orphan` does: what it owns stays, without that owner."""
        gone = self.objects[plural, namespace, name]
        for kind, place, child in self._children(gone):
            meta = self.objects[kind, place, child]["metadata"]
            others = [owner for owner in meta["ownerReferences"] if owner["uid"] != gone["metadata"]["uid"]]
            self.update(kind, {**self.objects[kind, place, child], "metadata": {**meta, "ownerReferences": others}})
        self.delete(plural, namespace, name)

    def get(self, plural: str, name: str) -> Object:
        """An object of the namespace `ns`."""
        return self.objects[plural, "ns", name]

    # --- Job controller and kubelet ---------------------------------------------------------------------------------

    def pending(self) -> Iterator[Object]:
        """Jobs that have no pod."""
        owned = {owner["uid"] for pod in self.all("pods") for owner in pod["metadata"]["ownerReferences"]}
        yield from (job for job in self.all("jobs") if job["metadata"]["uid"] not in owned)

    def work(self, message: Callable[[Object], str] = lambda job: "", code: int = 0) -> int:
        """Runs a pod for every Job without one, to its end; returns how many. `message`: what it leaves behind."""
        jobs = list(self.pending())
        for job in jobs:
            meta = job["metadata"]
            owner = {"apiVersion": "batch/v1", "kind": "Job", "name": meta["name"], "uid": meta["uid"]}
            pod = self.create(
                "pods",
                meta["namespace"],
                {
                    "apiVersion": "v1",
                    "kind": "Pod",
                    "metadata": {
                        "name": f"{meta['name']}-x",
                        "labels": {
                            **job["spec"]["template"]["metadata"]["labels"],
                            "batch.kubernetes.io/job-name": meta["name"],
                        },
                        "ownerReferences": [{**owner, "controller": True}],
                    },
                    "spec": {"nodeName": "node"},
                    "status": {"phase": "Pending"},
                },
            )
            ended = {"exitCode": code, "startedAt": now(), "finishedAt": now(), "message": message(job)}
            pod["status"] = {
                "phase": "Failed" if code else "Succeeded",
                "containerStatuses": [{"name": "step", "state": {"terminated": ended}}],
            }
            self.update("pods", pod)
        return len(jobs)

    def conclude(self) -> None:
        """The Job controller catches up with the pods."""
        ended = {owner["uid"]: pod for pod in self.all("pods") for owner in pod["metadata"]["ownerReferences"]}
        for job in self.all("jobs"):
            pod = ended.get(job["metadata"]["uid"])
            if pod and not (job.get("status") or {}).get("conditions"):
                kind = "Complete" if pod["status"]["phase"] == "Succeeded" else "Failed"
                condition = {"type": kind, "status": "True", "lastTransitionTime": now()}
                self.update("jobs", {**job, "status": {"conditions": [condition]}})
