"""What becomes of an event, whoever brings it: the store knows, and what is concerned is woken."""

from collections.abc import Mapping
from typing import Any

import structlog

from penstock.engine.loop import Loop
from penstock.engine.resources import PODS, Object, Resource
from penstock.engine.shelf import asks
from penstock.engine.store import Key, Store

log = structlog.get_logger(__name__)


class Intake:
    """Takes events in. An object that cannot be taken in harms nothing else."""

    def __init__(self, store: Store, loop: Loop) -> None:
        self.store = store
        self.loop = loop

    def take(self, resource: Resource, event: Mapping[str, Any]) -> None:
        """One event of a watch. Its `type` is DELETED, or says that the object is there."""
        try:
            self._take(resource, event["type"] == "DELETED", event["object"])
        except Exception:
            log.exception("an event could not be taken in; the next resync will", kind=resource.kind)

    def _take(self, resource: Resource, gone: bool, obj: Object) -> None:
        meta, asked = obj["metadata"], False
        concerned: tuple[Key, ...]
        if gone:
            concerned = self.store.drop(resource, meta["uid"], int(meta["resourceVersion"]))
        else:
            shelf = self.store.shelf(resource)
            before = shelf.get(meta["uid"])
            concerned = self.store.put(resource, obj)
            asked = asks(before, shelf.get(meta["uid"]))
        phase = obj["status"].get("phase") if resource is PODS and concerned else None
        for key in concerned:
            if phase == "Succeeded":
                self.loop.pod_finished(key)
            if phase in ("Pending", "Running"):
                self.loop.wake_soon(key)
            else:
                self.loop.wake(key, asked)
