"""Views of one kind by uid: never older than what was already known, and never again once deleted."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from typing import Generic, Protocol, TypeVar

from penstock.core.observed import PodView

REMEMBERED = 10_000
"""Deleted objects that a shelf remembers, so that late events do not bring them back."""


class View(Protocol):
    """What all views have. `version` is the resourceVersion: a number that grows (KEP-5504)."""

    @property
    def uid(self) -> str: ...
    @property
    def version(self) -> str: ...


V = TypeVar("V", bound=View)


class Shelf(Generic[V]):
    """The known views of one kind."""

    def __init__(self) -> None:
        self._views: dict[str, V] = {}
        self._gone: OrderedDict[str, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._views)

    def __iter__(self) -> Iterator[V]:
        return iter(self._views.values())

    def get(self, uid: str) -> V | None:
        """The view of an object."""
        return self._views.get(uid)

    def stale(self, uid: str, version: str) -> bool:
        """Whether that version of the object tells nothing new."""
        if uid in self._gone:
            return True
        known = self._views.get(uid)
        return known is not None and int(version) <= int(known.version)

    def put(self, view: V) -> None:
        """Keeps a view that is not stale."""
        self._views[view.uid] = view

    def drop(self, uid: str) -> V | None:
        """Forgets a deleted object for good; returns its last view."""
        self._gone[uid] = None
        if len(self._gone) > REMEMBERED:
            self._gone.popitem(last=False)
        return self._views.pop(uid, None)

    def missing(self, found: set[str], version: int) -> list[V]:
        """What should have been in a complete list made at that version, and was not."""
        return [view for view in self if view.uid not in found and int(view.version) <= version]


def tells(old: object, new: View) -> bool:
    """Whether a view says something that a decision may depend on.

    A change of the version alone does not; nor does a pod that waits for nothing but its turn, wherever that is.
    """
    if isinstance(new, PodView) and new.phase == "Pending" and not (new.waiting or new.unschedulable or new.deleting):
        return isinstance(old, PodView) and bool(old.waiting or old.unschedulable)
    return type(old) is not type(new) or replace(old, version=new.version) != new  # type: ignore[type-var]
