"""The rules of an API server, over objects in memory: what it answers, and what it refuses."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

from penstock.engine.client import Refused
from penstock.local.objects import Object, Objects, Record, copied, new_uid, now
from penstock.local.selection import Selection

REMEMBERED = 1000
"""Changes that a watch may begin before."""

_OWN = ("namespace", "uid", "creationTimestamp", "deletionTimestamp", "generation")
"""Metadata that no request changes."""

_Queue = asyncio.Queue[tuple[str, Object, Object | None] | None]


class Server(Objects):
    """Answers requests. Every one raises Refused with the code and reason that Kubernetes gives."""

    def __init__(
        self,
        uid: Callable[[], str] = new_uid,
        record: Record = lambda key, obj: None,
        now: Callable[[], str] = now,
    ) -> None:
        super().__init__(uid, record, now)
        self._watchers: list[tuple[str, str, _Queue]] = []
        self._told: deque[tuple[str, str, Object, Object | None]] = deque(maxlen=REMEMBERED)
        self.listeners.append(self._pass_on)

    # --- reads --------------------------------------------------------------------------------------------------------

    def find(self, plural: str, namespace: str, name: str) -> Object:
        """One object."""
        found = self.objects.get((plural, namespace, name))
        if found is None:
            raise Refused(404, "NotFound", f'{plural} "{name}" not found')
        return found

    def select(self, plural: str, namespace: str | None, query: Mapping[str, str]) -> tuple[int, list[Object]]:
        """The objects of a namespace (None: of all) that a query selects, and the version at which that is so."""
        chosen = Selection(query)
        found = [
            obj
            for (kind, place, _), obj in sorted(self.objects.items())
            if kind == plural and namespace in (None, place) and chosen.has(obj)
        ]
        return next(self.versions), found

    async def watch(
        self, plural: str, namespace: str | None, version: int, query: Mapping[str, str]
    ) -> AsyncGenerator[Object, None]:
        """Events after a version, until the watch is cut."""
        chosen, queue = Selection(query), _Queue()
        entry = (plural, namespace or "", queue)
        self._watchers.append(entry)
        for told, kind, obj, old in self._told:
            if told == plural and _here(obj, namespace) and int(obj["metadata"]["resourceVersion"]) > version:
                queue.put_nowait((kind, obj, old))
        try:
            while (change := await queue.get()) is not None:
                kind, obj, old = change
                event = {"type": kind, "object": obj} if kind == "ERROR" else chosen.event(kind, obj, old)
                if event:
                    yield event
        finally:
            self._watchers.remove(entry)

    def cut_watches(self) -> None:
        """Ends every watch that is open."""
        for *_, queue in self._watchers:
            queue.put_nowait(None)

    def watchers(self, namespace: str | None = None) -> list[str]:
        """What is being watched, or what of it in that namespace alone."""
        return [plural for plural, place, _ in self._watchers if namespace in (None, place)]

    def _pass_on(self, plural: str, kind: str, obj: Object, old: Object | None) -> None:
        if kind != "ERROR":
            self._told.append((plural, kind, obj, old))
        for watched, namespace, queue in self._watchers:
            if watched == plural and _here(obj, namespace):
                queue.put_nowait((kind, obj, old))

    # --- writes -------------------------------------------------------------------------------------------------------

    def add(self, plural: str, body: Mapping[str, Any]) -> Object:
        """A new object in the namespace that it names."""
        meta = body["metadata"]
        if (plural, meta["namespace"], meta["name"]) in self.objects:
            raise Refused(409, "AlreadyExists", f'{plural} "{meta["name"]}" already exists')
        return self.create(plural, meta["namespace"], body)

    def replace(self, plural: str, body: Mapping[str, Any], part: str = "") -> Object:
        """An object, or its status, by another."""
        known = self.find(plural, body["metadata"]["namespace"], body["metadata"]["name"])
        sent = body["metadata"]
        if part:
            return self._change(plural, known, {**known, part: body.get(part)}, sent)
        own = {field: known["metadata"][field] for field in _OWN if field in known["metadata"]}
        new = {**known, **body, "status": known.get("status"), "metadata": {**sent, **own}}
        return self._change(plural, known, new, sent)

    def patch(self, plural: str, namespace: str, name: str, patch: Any) -> Object:
        """An object with some of it changed: by operations (a list, RFC 6902) or a merge (an object, RFC 7396).

        Of the operations there is `replace`, as nobody needs others.
        """
        known = self.find(plural, namespace, name)
        if not isinstance(patch, list):
            return self._change(plural, known, _merged(known, patch), patch.get("metadata") or {})
        wanted, sent = dict(known), dict[str, Any]()
        for operation in patch:
            *parents, last = operation["path"].strip("/").split("/")
            (sent if parents == ["metadata"] else wanted)[last] = operation["value"]
        return self._change(plural, known, wanted, sent)

    def _change(self, plural: str, known: Object, wanted: Object, sent: Mapping[str, Any]) -> Object:
        """`sent`: metadata that the request names, which must be that of the object as it is."""
        meta = known["metadata"]
        for field in ("uid", "resourceVersion"):
            if field in sent and sent[field] != meta[field]:
                raise Refused(409, "Conflict", "the object has been modified")
        wanted["metadata"] = {**wanted["metadata"], "uid": meta["uid"], "resourceVersion": meta["resourceVersion"]}
        wanted = copied(wanted)
        if wanted == known:
            return known
        if wanted.get("spec") != known.get("spec"):
            wanted["metadata"]["generation"] = meta["generation"] + 1
        return self.update(plural, wanted)

    def remove(self, plural: str, namespace: str, name: str, uid: str = "", version: str = "") -> Object:
        """Deletes an object; returns it as it was last. `uid`, `version`: only if it is that very one."""
        known = self.find(plural, namespace, name)
        for field, value in (("uid", uid), ("resourceVersion", version)):
            if value and value != known["metadata"][field]:
                raise Refused(409, "Conflict", f"the {field} is another")
        self.delete(plural, namespace, name)
        left = self.objects.get((plural, namespace, name), known)
        return {**left, "metadata": {"deletionTimestamp": self.now(), **left["metadata"]}}


def _here(obj: Object, namespace: str | None) -> bool:
    return not namespace or obj["metadata"].get("namespace", namespace) == namespace


def _merged(known: Object, patch: Mapping[str, Any]) -> Object:
    merged = dict(known)
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            merged[key] = _merged(merged.get(key) or {}, value)
        else:
            merged[key] = value
    return merged
