"""Lanes: demands that differ in nothing but their names wait alike, so that a pass looks at the first of each only."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import fields
from operator import attrgetter

from penstock.core.admission.demands import Demand, Key, demand
from penstock.core.admission.limits import Places
from penstock.core.graph.graph import Graph
from penstock.core.graph.learned import Learned
from penstock.core.pod.ready import Ready

_rest = attrgetter(*(field.name for field in fields(Demand)[1:]))
"""All fields of a demand but its key, which is the first."""


class Lane:
    """Demands of one Pipeline that are alike in all but their keys, which are in order.

    The order of every policy ends in the key. So that is their order, and once one has to wait, all after it do.
    """

    __slots__ = ("_like", "keys")

    def __init__(self, like: Demand, keys: list[Key]) -> None:
        self.keys = keys
        self._like = like

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, number: int) -> Demand:
        return Demand(self.keys[number], *_rest(self._like))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lane) and self.keys == other.keys and self.first == other.first

    __hash__ = None  # type: ignore[assignment]

    def remove(self, key: Key) -> None:
        """Takes out a demand, if it is in here."""
        at = bisect_left(self.keys, key)
        if at < len(self.keys) and self.keys[at] == key:
            del self.keys[at]

    @property
    def first(self) -> Demand:
        """The demand that goes before the others."""
        if self._like.key != self.keys[0]:
            self._like = self[0]
        return self._like


class Lanes:
    """Demands by what they have in common, as they come and go."""

    def __init__(self, demands: Iterable[Demand] = ()) -> None:
        self._of: dict[object, Lane] = {}
        for one in demands:
            self.add(one)

    def __iter__(self) -> Iterator[Lane]:
        return iter(self._of.values())

    def add(self, one: Demand) -> None:
        """A demand more."""
        lane = self._of.get(_kind(one))
        if lane is None:
            self._of[_kind(one)] = Lane(one, [one.key])
        else:
            insort(lane.keys, one.key)

    def remove(self, one: Demand) -> None:
        """It has started, or never will."""
        lane = self._of[_kind(one)]
        lane.remove(one.key)
        if not lane.keys:
            del self._of[_kind(one)]


def _kind(one: Demand) -> object:
    """What demands of one lane have in common."""
    return one.key[:2], _rest(one)


def asked(ready: Iterable[Ready], graph: Graph, learned: Learned | None, taken: Places) -> list[Lane]:
    """The lanes of a Pipeline's Steps that are ready. Steps that are bound to be alike are looked at once."""
    alike: dict[object, Lane] = {}
    found: dict[object, Lane] = {}
    for one in ready:
        node, step = one.node, one.step
        place = node.index if any(level.max_parallel for level in node.task.levels) else None
        key = (node.task.id, place, one.since, one.attempt > 1, one.memory_growths, one.purpose)
        lane = alike.get(key)
        if lane is None:
            like = demand(one, graph, learned, taken)
            lane = alike[key] = found.setdefault(_kind(like), Lane(like, []))
        lane.keys.append((step.namespace, step.pipeline or "", node.path))
    for lane in found.values():
        lane.keys.sort()
    return list(found.values())
