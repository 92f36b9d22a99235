"""The store says what has happened to which Step: to whatever looks otherwise than before, at least."""

import random
from itertools import count
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from penstock.core import labels
from penstock.core.seen.reading import job_view
from penstock.engine.resources import JOBS, PODS, STEPS, Object, Resource
from penstock.engine.store import Key, Store

KEY = Key("ns", "p")
CREATED = "2026-01-01T00:00:00Z"


class Happening:
    """Objects of one Pipeline that come, change and go in a random order, however that may be."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.versions = count(1)
        self.store = Store()
        self.objects: dict[str, tuple[Resource, Object]] = {}

    def seen(self) -> dict[str, Any]:
        """All that a plan sees of each Step."""
        found: dict[str, Any] = {}
        owned, taken = self.store.owned(KEY, "u-p"), self.store.taken(KEY, "u-p")
        for path in owned.keys() | taken.keys():
            uid = owned[path].uid if path in owned else ""
            jobs = self.store.jobs_by_step.get(uid, ())
            pods = [self.store.pods_by_job.get(job.uid, ()) for job in jobs]
            found[path] = owned.get(path), taken.get(path), jobs, pods
        return found

    def happen(self) -> None:
        """Something comes, changes or goes."""
        chance = self.random
        what = chance.choice([self._step, self._job, self._job, self._pod, self._pod, self._pod])
        if chance.random() < 0.2 and self.objects:
            uid = chance.choice(sorted(self.objects))
            resource, _ = self.objects.pop(uid)
            self.store.drop(resource, uid, next(self.versions) if chance.random() < 0.9 else None)
        elif chance.random() < 0.1:
            self.store.set_aside(job_view(self._job_object()))
        else:
            resource, obj = what()
            self.objects[obj["metadata"]["uid"]] = (resource, obj)
            self.store.put(resource, obj)

    def _meta(self, uid: str, name: str, **more: Any) -> Object:
        of = {"uid": uid, "name": name, "namespace": "ns", "creationTimestamp": CREATED}
        return {**of, "resourceVersion": str(next(self.versions)), **more}

    def _owner(self, kind: str, uid: str) -> list[Object]:
        return [{"kind": kind, "uid": uid, "controller": True}]

    def _step(self) -> tuple[Resource, Object]:
        name, life = self.random.choice("abc"), self.random.randrange(2)
        owners = self._owner("Pipeline", self.random.choice(["u-p", "u-p", "u-other"]))
        spec = {"image": self.random.choice("xy"), "fingerprint": "f"}
        status = {"phase": self.random.choice(["Pending", "Running"])}
        meta = self._meta(f"u-{name}{life}", f"p.{name}", ownerReferences=owners)
        return STEPS, {"metadata": meta, "spec": spec, "status": status}

    def _job(self) -> tuple[Resource, Object]:
        return JOBS, self._job_object()

    def _job_object(self) -> Object:
        step, number = f"u-{self.random.choice('abc')}{self.random.randrange(2)}", self.random.randrange(1, 3)
        notes = {labels.RUN: "1", labels.FINGERPRINT: "f"}
        marks = {labels.ATTEMPT: str(number)} | (
            {labels.MANAGED_BY: labels.PENSTOCK} if self.random.random() < 0.8 else {}
        )
        name = f"{step}-{number}"
        meta = self._meta(f"j-{name}", name, ownerReferences=self._owner("Step", step), annotations=notes, labels=marks)
        done = [{"type": "Complete", "status": "True"}] if self.random.random() < 0.3 else []
        return {"metadata": meta, "spec": {}, "status": {"conditions": done}}

    def _pod(self) -> tuple[Resource, Object]:
        job = f"j-u-{self.random.choice('abc')}{self.random.randrange(2)}-{self.random.randrange(1, 3)}"
        meta = self._meta(f"pod-{job}", f"pod-{job}", ownerReferences=self._owner("Job", job))
        phase = self.random.choice(["Pending", "Running", "Succeeded"])
        return PODS, {"metadata": meta, "spec": {"containers": []}, "status": {"phase": phase}}


@given(st.integers(0, 2**32))
def test_whatever_looks_otherwise_was_touched(seed: int) -> None:
    found = Happening(seed)
    for _ in range(80):
        before = found.seen()
        found.store.touched[KEY] = set()
        for _ in range(found.random.randrange(1, 4)):
            found.happen()
        after = found.seen()
        other = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
        assert other <= found.store.touched[KEY]


def test_what_nobody_follows_is_not_kept() -> None:
    found = Happening(0)
    for _ in range(80):
        found.happen()
    assert not found.store.touched
    found.store.touched[KEY] = {"a"}
    found.store.doubt(KEY)
    assert not found.store.touched
