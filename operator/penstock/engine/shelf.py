"""Views of one kind by uid: never older than what was already known, and never again once deleted."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from typing import Generic, Protocol, TypeVar

from penstock.core.seen.views import PipelineView, PodView, StepView

REMEMBERED = 10_000
"""Deleted objects that a shelf remembers, so that late events do not bring them back."""


class View(Protocol):
    """What all views have. `version` is the resourceVersion: a number that grows (KEP-5504)."""

    @property
    def uid(self) -> str: ...
    @property
    def namespace(self) -> str: ...
    @property
    def version(self) -> str: ...


V = TypeVar("V", bound=View)


class Shelf(Generic[V]):
    """The known views of one kind."""

    def __init__(self) -> None:
        self._views: dict[str, V] = {}
        self._unread: dict[str, tuple[str, str]] = {}
        """Namespace and version of what could not be read."""
        self.newest = 0
        """The newest version that is known to exist."""
        self._gone: OrderedDict[str, int | None] = OrderedDict()
        """The version in which each deleted object was gone; None if it can never come back."""

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
            gone = self._gone[uid]
            return gone is None or int(version) <= gone
        known = self._views.get(uid)
        return known is not None and int(version) <= int(known.version)

    def put(self, view: V) -> None:
        """Keeps a view that is not stale."""
        self._gone.pop(view.uid, None)
        self._unread.pop(view.uid, None)
        self._views[view.uid] = view
        self.newest = max(self.newest, int(view.version))

    def unread(self, uid: str, namespace: str, version: str) -> bool:
        """Takes note of an object that cannot be read; returns whether that is news."""
        known, self._unread[uid] = self._unread.get(uid), (namespace, version)
        return known != (namespace, version)

    def drop(self, uid: str, version: int | None = None) -> V | None:
        """Forgets an object; returns its last view. Not if that is newer than the version in which it was gone.

        Without a version it is gone for good. With one it is gone from what is watched: it comes back with its label.
        """
        known = self._views.get(uid)
        if known is not None and version is not None and int(known.version) > version:
            return None
        self._unread.pop(uid, None)
        gone = self._gone.get(uid, 0)
        self._gone[uid] = None if gone is None or version is None else max(gone, version)
        if len(self._gone) > REMEMBERED:
            self._gone.popitem(last=False)
        return self._views.pop(uid, None)

    def forget(self, namespace: str | None) -> list[V]:
        """Forgets all of a namespace (None: of all), of which nothing can be told any more; returns their last views.

        They may come back.
        """
        gone = [view for view in self if namespace in (None, view.namespace)]
        for view in gone:
            del self._views[view.uid]
        self._unread = {uid: of for uid, of in self._unread.items() if namespace not in (None, of[0])}
        return gone

    def contradicts(self, uid: str, version: int, listed: int) -> bool:
        """Whether a list made at the version `listed` shows an object as it cannot have been any more at that time."""
        known = self._views.get(uid)
        then = int(known.version) if known else self._gone.get(uid)
        return then is not None and version < then <= listed

    def missing(self, found: set[str], version: int, namespace: str | None) -> list[str]:
        """What should have been in a complete list of a namespace (None: of all) made at that version, and was not."""
        known = self._unread | {view.uid: (view.namespace, view.version) for view in self}
        return [
            uid
            for uid, (of, then) in known.items()
            if uid not in found and namespace in (None, of) and int(then) <= version
        ]


def tells(old: object, new: View) -> bool:
    """Whether a view says something that a decision may depend on.

    A change of the version alone does not; nor does a pod that waits for nothing but its turn, wherever that is.
    """
    if isinstance(new, PodView) and new.phase == "Pending" and not (new.waiting or new.unschedulable or new.deleting):
        return isinstance(old, PodView) and bool(old.waiting or old.unschedulable)
    try:
        return type(old) is not type(new) or replace(old, version=new.version) != new  # type: ignore[type-var]
    except RecursionError:  # it is nested too deeply to be compared, and so to be valid
        return True


def asks(old: object, new: object) -> bool:
    """Whether somebody asks for something: by an edit, a cancel, a rerun, or a decision on an approval."""
    match old, new:
        case PipelineView(), PipelineView():
            return (old.generation, old.rerun, old.deleting) != (new.generation, new.rerun, new.deleting)
        case StepView(), StepView():
            return new.decided and not old.decided
    return False
