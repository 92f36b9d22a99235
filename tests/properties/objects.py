"""One namespace in memory: objects as the API server holds them. Time moves only when a test says so."""

import copy
import itertools
import json
from typing import Any

from penstock.core.clock import stamp

Object = dict[str, Any]

START = 1_800_000_000.0


class Objects:
    """Objects by kind and name, of one Pipeline at a time."""

    def __init__(self) -> None:
        self.now = START
        self.counter = itertools.count(1)
        self.objects: dict[tuple[str, str], Object] = {}
        self.transitions: list[tuple[Object, Object]] = []
        """Every status of a Step that was written, with the one before."""
        self.slow = False
        """Whether Jobs take their time to be deleted."""
        self.writes = 0

    def create(self, obj: Object) -> Object | None:
        """Creates an object, or returns None if one of that name exists."""
        key = (obj["kind"], obj["metadata"]["name"])
        if key in self.objects:
            return None
        stored = json.loads(json.dumps(obj))
        meta = stored["metadata"]
        meta.setdefault("namespace", "ns")
        meta.update(
            uid=f"uid-{next(self.counter)}",
            resourceVersion=str(next(self.counter)),
            creationTimestamp=stamp(self.now),
            generation=1,
        )
        self.objects[key] = stored
        self.writes += 1
        return stored

    def changed(self, obj: Object) -> None:
        """Counts a write to an object."""
        obj["metadata"]["resourceVersion"] = str(next(self.counter))
        self.writes += 1

    def apply(self, manifest: Object) -> Object:
        """`kubectl apply` of a Pipeline."""
        existing = self.objects.get((manifest["kind"], manifest["metadata"]["name"]))
        if existing is None:
            created = self.create({**copy.deepcopy(manifest), "status": {}})
            assert created is not None
            return created
        if existing["spec"] != manifest["spec"]:
            existing["spec"] = json.loads(json.dumps(manifest["spec"]))
            existing["metadata"]["generation"] += 1
            self.changed(existing)
        return existing

    def delete(self, kind: str, name: str) -> None:
        """Deletes an object with what it owns."""
        gone = self.objects.pop((kind, name), None)
        if gone is None:
            return
        uid = gone["metadata"]["uid"]
        for other_kind, other in list(self.objects):
            owners = self.objects.get((other_kind, other), {}).get("metadata", {}).get("ownerReferences", ())
            if any(owner["uid"] == uid for owner in owners):
                self.delete(other_kind, other)

    def of(self, kind: str) -> list[Object]:
        """All objects of a kind, by name."""
        return [obj for (found, _), obj in sorted(self.objects.items()) if found == kind]

    def step(self, path: str) -> Object:
        """The Step at a path of the Pipeline."""
        (pipeline,) = self.of("Pipeline")
        return self.objects["Step", f"{pipeline['metadata']['name']}.{path}"]

    def phases(self) -> dict[str, str]:
        """Phase of each Step by path."""
        return {
            step["metadata"]["name"].partition(".")[2]: step.get("status", {}).get("phase", "Pending")
            for step in self.of("Step")
        }

    @property
    def status(self) -> Object:
        """Status of the Pipeline."""
        (pipeline,) = self.of("Pipeline")
        found: Object = pipeline["status"]
        return found

    def set_status(self, obj: Object, version: str, status: Object) -> None:
        """Writes a status if the object is still as it was seen."""
        if obj["metadata"]["resourceVersion"] != version or not self._there(obj):
            return
        if obj["kind"] == "Step":
            self.transitions.append((obj.get("status") or {}, status))
        elif "completionTime" in status and "completionTime" not in (obj.get("status") or {}):
            live = [job["metadata"]["name"] for job in self.of("Job") if self.is_live(job)]
            assert not live, f"{obj['metadata']['name']} has ended, but {live} may run"
        obj["status"] = json.loads(json.dumps(status))
        self.changed(obj)

    def _there(self, obj: Object) -> bool:
        return self.objects.get((obj["kind"], obj["metadata"]["name"])) is obj

    def set_spec(self, obj: Object, spec: Object) -> None:
        """Writes a spec, as the operator or a user does."""
        if not self._there(obj):
            return
        obj["spec"] = json.loads(json.dumps(spec))
        obj["metadata"]["generation"] += 1
        self.changed(obj)

    def annotate(self, obj: Object, key: str, value: str | None) -> None:
        """`kubectl annotate`."""
        annotations = obj["metadata"].setdefault("annotations", {})
        annotations[key] = value
        if value is None:
            del annotations[key]
        self.changed(obj)

    # --- Jobs and pods ------------------------------------------------------------------------------------------------

    def jobs_of(self, step: Object) -> list[Object]:
        """The Jobs of a Step."""
        uid = step["metadata"]["uid"]
        return [job for job in self.of("Job") if job["metadata"]["ownerReferences"][0]["uid"] == uid]

    def pods_of(self, job: Object) -> list[Object]:
        """The pods of a Job."""
        uid = job["metadata"]["uid"]
        return [pod for pod in self.of("Pod") if pod["metadata"]["ownerReferences"][0]["uid"] == uid]

    def is_live(self, job: Object) -> bool:
        """Whether a container of the Job runs or may still come to run."""
        if job.get("status", {}).get("conditions"):
            return False
        pods = self.pods_of(job)
        return not pods or any(pod["status"]["phase"] == "Running" for pod in pods)

    def delete_job(self, name: str, uid: str) -> None:
        """Deletes a Job and its pods in the foreground: with `slow` it is there until `purge`."""
        job = self.objects.get(("Job", name))
        if job is None or job["metadata"]["uid"] != uid:
            return
        if not self.slow:
            self.delete("Job", name)
        else:
            self._mark(job)

    def delete_step(self, name: str) -> None:
        """Deletes a Step and its Jobs in the foreground: with `slow` they are there until `purge`."""
        step = self.objects.get(("Step", name))
        if step is None or not (self.slow and self.jobs_of(step)):
            self.delete("Step", name)
            return
        for one in (step, *self.jobs_of(step)):
            self._mark(one)

    def _mark(self, obj: Object) -> None:
        if "deletionTimestamp" not in obj["metadata"]:
            obj["metadata"]["deletionTimestamp"] = stamp(self.now)
            self.changed(obj)

    def purge(self) -> None:
        """Ends the deletion of Jobs and Steps."""
        for kind in ("Job", "Step"):
            for obj in self.of(kind):
                if "deletionTimestamp" in obj["metadata"]:
                    self.delete(kind, obj["metadata"]["name"])
