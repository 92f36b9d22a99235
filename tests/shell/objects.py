"""The objects of a cluster in memory: who changes one tells those who watch. And a Job controller and kubelet in one,
`work`, which moves only when a test says so."""

import asyncio
import itertools
import json
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

Object = dict[str, Any]
_MAJOR = ("pipelines", "steps", "jobs", "pipelineschedules")


def now() -> str:
    """This instant, as objects have it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def copied(obj: Any) -> Any:
    """An object of its own, as JSON carries it."""
    return json.loads(json.dumps(obj))


class Objects:
    """The objects as they are, by kind (in plural), namespace and name."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str, str], Object] = {}
        self.created: list[str] = []
        self.deaf: set[str] = set()
        """Kinds of which no watch tells."""
        self._counter = itertools.count(1000)
        self._watchers: list[tuple[str, str, asyncio.Queue[Object | None]]] = []
        self._told: deque[tuple[str, Object]] = deque(maxlen=1000)

    def watchers(self, namespace: str | None = None) -> list[str]:
        """What is being watched, or what of it in that namespace alone."""
        return [plural for plural, place, _ in self._watchers if namespace in (None, place)]

    def tell(self, plural: str, kind: str, obj: Object, old: Object | None = None) -> None:
        """Tells those who watch, now or later. `old`: what it was before."""
        event = {"type": kind, "object": copied(obj), "old": old}
        if plural not in self.deaf and kind != "ERROR":
            self._told.append((plural, event))
        for watched, namespace, queue in self._watchers:
            here = not namespace or obj["metadata"].get("namespace", namespace) == namespace
            if watched == plural and here and plural not in self.deaf:
                queue.put_nowait(event)

    def create(self, plural: str, namespace: str, body: Object) -> Object:
        """Stores a new object."""
        obj = copied(body)
        number = next(self._counter)
        obj["metadata"] |= {
            "namespace": namespace,
            "uid": f"uid-{number}",
            "resourceVersion": str(number),
            "creationTimestamp": now(),
            "generation": 1,
        }
        if plural in _MAJOR:
            obj.pop("status", None)
        self.objects[plural, namespace, obj["metadata"]["name"]] = obj
        self.created.append(f"{plural}/{obj['metadata']['name']}")
        self.tell(plural, "ADDED", obj)
        owners = {owner["uid"] for owner in obj["metadata"].get("ownerReferences") or ()}
        if plural in _MAJOR and owners and owners.isdisjoint(one["metadata"]["uid"] for one in self.objects.values()):
            self.delete(plural, namespace, obj["metadata"]["name"])  # as the garbage collector does
        return obj

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

    def update(self, plural: str, obj: Object) -> Object:
        """Stores a change."""
        obj = copied(obj)
        obj["metadata"]["resourceVersion"] = str(next(self._counter))
        key = plural, obj["metadata"]["namespace"], obj["metadata"]["name"]
        old, self.objects[key] = self.objects.get(key), obj
        self.tell(plural, "MODIFIED", obj, old)
        return obj

    def delete(self, plural: str, namespace: str, name: str, *, quietly: bool = False) -> None:
        """Removes an object and what it owns. `quietly`: no watch tells."""
        obj = self.objects.pop((plural, namespace, name))
        obj["metadata"]["resourceVersion"] = str(next(self._counter))
        if not quietly:
            self.tell(plural, "DELETED", obj)
        uid = obj["metadata"]["uid"]
        for key, other in list(self.objects.items()):
            owners = other["metadata"].get("ownerReferences") or ()
            if any(owner["uid"] == uid for owner in owners) and key in self.objects:
                self.delete(*key, quietly=quietly)

    def label(self, plural: str, name: str, key: str, value: str | None, namespace: str = "ns") -> None:
        """`kubectl label`."""
        old = self.objects[plural, namespace, name]
        marks = {**old["metadata"].get("labels", {}), key: value}
        if value is None:
            del marks[key]
        self.update(plural, {**old, "metadata": {**old["metadata"], "labels": marks}})

    def orphan(self, plural: str, name: str, namespace: str = "ns") -> None:
        """Removes an object as `kubectl delete --cascade=orphan` does: what it owns stays, without that owner."""
        gone = self.objects.pop((plural, namespace, name))
        self.tell(plural, "DELETED", gone)
        for (kind, _, _), other in list(self.objects.items()):
            owners = other["metadata"].get("ownerReferences") or []
            others = [owner for owner in owners if owner["uid"] != gone["metadata"]["uid"]]
            if others != owners:
                self.update(kind, {**other, "metadata": {**other["metadata"], "ownerReferences": others}})

    def all(self, plural: str) -> list[Object]:
        """All objects of a kind, by name."""
        return [obj for (kind, _, _), obj in sorted(self.objects.items()) if kind == plural]

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
