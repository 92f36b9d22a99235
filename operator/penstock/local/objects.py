"""Objects as an API server keeps them: who changes one tells those who listen.

Versions, owners, finalizers and deletion follow Kubernetes: what something owns goes with it, and an object that cannot
go yet (its own finalizers, or children with theirs) is marked with a deletionTimestamp until it can, as with foreground
cascading deletion. Stored objects are never changed in place, so that whoever is told of one may keep it.
"""

import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any

import orjson

Object = dict[str, Any]
Key = tuple[str, str, str]
"""Kind (in plural), namespace and name."""
Record = Callable[[Key, Object | None], None]
"""Told of what an object is about to become (None: gone). What it raises keeps that from happening."""
Listener = Callable[[str, str, Object, Object | None], None]
"""Told of (kind in plural, ADDED, MODIFIED or DELETED, the object, what it was before)."""

WITH_STATUS = ("pipelines", "steps", "jobs", "pipelineschedules")
"""Kinds whose status is a subresource, which creation leaves out."""


def now() -> str:
    """This instant, as objects have it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def copied(obj: Any) -> Any:
    """An object of its own, as JSON carries it."""
    try:
        return orjson.loads(orjson.dumps(obj))
    except TypeError:  # too deep, or a number too large, for what is fast; an API server takes it
        return json.loads(json.dumps(obj))


def new_uid() -> str:
    """A uid that no object has had."""
    return str(uuid.uuid4())


class Objects:
    """The objects as they are, by kind, namespace and name.

    `uid` makes the uids of new ones, and `now` says what time it is, as objects have it.
    """

    def __init__(
        self,
        uid: Callable[[], str] = new_uid,
        record: Record = lambda key, obj: None,
        now: Callable[[], str] = now,
    ) -> None:
        self.record = record
        self.now = now
        self.objects: dict[Key, Object] = {}
        self.listeners: list[Listener] = []
        self.versions = count(1000)
        self._uid = uid
        self._owned: dict[str, set[Key]] = {}

    def restore(self, objects: Mapping[Key, Object], version: int) -> None:
        """Replaces everything, and goes on from that version; nobody is told."""
        self.objects = dict(objects)
        self.versions = count(version)
        self._owned = {}
        for key, obj in self.objects.items():
            self._own(key, obj)

    def create(self, plural: str, namespace: str, body: Mapping[str, Any]) -> Object:
        """Stores a new object."""
        obj: Object = copied(body)
        obj["metadata"] |= {
            "namespace": namespace,
            "uid": self._uid(),
            "resourceVersion": str(next(self.versions)),
            "creationTimestamp": self.now(),
            "generation": 1,
        }
        if plural in WITH_STATUS:
            obj.pop("status", None)
        self._put((plural, namespace, obj["metadata"]["name"]), obj)
        self.tell(plural, "ADDED", obj)
        return obj

    def update(self, plural: str, obj: Mapping[str, Any]) -> Object:
        """Stores a change."""
        new: Object = copied(obj)
        new["metadata"]["resourceVersion"] = str(next(self.versions))
        key = plural, new["metadata"]["namespace"], new["metadata"]["name"]
        old = self.objects.get(key)
        self._put(key, new)
        self.tell(plural, "MODIFIED", new, old)
        meta = new["metadata"]
        if "deletionTimestamp" in meta and not meta.get("finalizers"):
            self.delete(*key)
        return new

    def delete(self, plural: str, namespace: str, name: str) -> None:
        """Removes an object with what it owns, its children first, or marks what cannot go yet."""
        key = plural, namespace, name
        for child in self._children(self.objects[key]):
            if child in self.objects:
                self.delete(*child)
        obj = self.objects.get(key)
        if obj is None:
            return
        meta = obj["metadata"]
        if meta.get("finalizers") or self._children(obj):
            if "deletionTimestamp" not in meta:
                self.update(plural, {**obj, "metadata": {**meta, "deletionTimestamp": self.now()}})
            return
        self.record(key, None)
        self._remove(key)
        gone = {**obj, "metadata": {**meta, "resourceVersion": str(next(self.versions))}}
        self.tell(plural, "DELETED", gone)
        for owner in self._owners(obj):
            if "deletionTimestamp" in self.objects[owner]["metadata"]:
                self.delete(*owner)

    def tell(self, plural: str, kind: str, obj: Object, old: Object | None = None) -> None:
        """Tells those who listen. `old`: what it was before."""
        for listener in self.listeners:
            listener(plural, kind, obj, old)

    def all(self, plural: str) -> list[Object]:
        """All objects of a kind, by namespace and name."""
        return [obj for (kind, _, _), obj in sorted(self.objects.items()) if kind == plural]

    def _put(self, key: Key, obj: Object) -> None:
        self.record(key, obj)
        if key in self.objects:
            self._remove(key)
        self.objects[key] = obj
        self._own(key, obj)

    def _remove(self, key: Key) -> None:
        for uid in _owner_uids(self.objects.pop(key)):
            self._owned.get(uid, set()).discard(key)
            if not self._owned.get(uid):
                self._owned.pop(uid, None)

    def _own(self, key: Key, obj: Object) -> None:
        for uid in _owner_uids(obj):
            self._owned.setdefault(uid, set()).add(key)

    def _children(self, obj: Object) -> list[Key]:
        return sorted(self._owned.get(obj["metadata"]["uid"], ()))

    def _owners(self, obj: Object) -> list[Key]:
        uids = set(_owner_uids(obj))
        namespace = obj["metadata"]["namespace"]
        references = obj["metadata"].get("ownerReferences") or ()
        names = {(one["kind"].lower() + "s", namespace, one["name"]) for one in references if "name" in one}
        return [key for key in names if key in self.objects and self.objects[key]["metadata"]["uid"] in uids]


def _owner_uids(obj: Object) -> Iterable[str]:
    return [owner["uid"] for owner in obj["metadata"].get("ownerReferences") or ()]
