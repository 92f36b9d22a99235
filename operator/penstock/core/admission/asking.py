"""What one Pipeline asks for that has not started yet, and what it was told, from pass to pass of admission."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from operator import is_

from penstock.core.admission.demands import Demand, Key
from penstock.core.admission.lanes import Lane, asked
from penstock.core.admission.lasting import Told, tell
from penstock.core.admission.limits import Places, shares
from penstock.core.admission.turns import Turns
from penstock.core.graph.graph import Graph
from penstock.core.graph.learned import Learned
from penstock.core.graph.ranks import Ranks, ranks
from penstock.core.pod.ready import Ready
from penstock.core.reasons import Reason
from penstock.core.waits import Wait


class Waiting(Lane):
    """A lane, of which the last `waiting` demands have to wait, and what they were told.

    `shown`: the reason, and of how many, when it was asked for what is new.
    """

    __slots__ = ("news", "shown", "told", "waiting")

    def __init__(self, lane: Lane, known: Sequence[Told | None]) -> None:
        super().__init__(lane.first, lane.keys)
        self.told = known[0]
        self.waiting = len(lane)
        self.news = len({one and one.wait.reason for one in known}) > 1
        self.shown: tuple[Reason | None, int] | None = None

    @property
    def behind(self) -> Sequence[Key]:
        """Those that have to wait and were told why."""
        return self.keys[len(self) - self.waiting :] if self.told else ()

    def changes(self) -> Sequence[Key]:
        """Of which demands it is new why they wait, or whether they do, since this was asked last."""
        before, now = self.shown, (self.told.wait.reason if self.told else None, self.waiting)
        self.shown = now
        if before is None:
            return self.keys
        if before == now:
            return ()
        least, most = sorted((before[1], now[1]))
        return self.keys[len(self) - most : len(self) - (least if before[0] is now[0] else 0)]

    def refuse(self, wait: Wait, count: int, now: float) -> bool:
        """The last demands have to wait; returns whether that says anything new to some of them."""
        before = self.told
        self.told, self.waiting = tell(before, wait, now), count
        news = self.news or before is None or before.wait.reason is not self.told.wait.reason
        self.news = False
        return news


class Waits(Mapping[str, Wait]):
    """Why Steps of a Pipeline wait that the last pass did not let through, as far as it lasts; by uid. No copy."""

    def __init__(self, asking: "Asking") -> None:
        self._asking = asking

    def __getitem__(self, uid: str) -> Wait:
        key = self._asking.keys[uid]
        lane = self._asking.lane_of[key]
        if lane.told is None or bisect_left(lane.keys, key) < len(lane) - lane.waiting:
            raise KeyError(uid)
        return lane.told.wait

    def __iter__(self) -> Iterator[str]:
        return (one.step.uid for one, _, _ in self._asking.waiting())

    def __len__(self) -> int:
        return sum(len(lane.behind) for lane in self._asking.lanes)


class Asking:
    """The lanes of a Pipeline, and how it stands with the gate.

    `here`: what was let through for somebody who waits for the answer of the next pass; None while nobody does.
    `called`: since when there has been room that nobody came for. `left_out`: nobody comes, so that what it asks for
    takes no room from others until it asks again.
    """

    def __init__(self) -> None:
        self.ready: dict[Key, Ready] = {}
        self.keys: dict[str, Key] = {}
        """By the uid of the Step."""
        self.lane_of: dict[Key, Waiting] = {}
        self.places = Places()
        self.lanes: list[Waiting] = []
        self.here: list[Ready] | None = None
        self.called: float | None = None
        self.left_out = False
        self._asked: list[Lane] = []
        self._graph: Graph | None = None
        self._ranks: Ranks | None = None

    def put(self, ready: Sequence[Ready], graph: Graph, learned: Learned, taken: Places, turns: Turns) -> bool:
        """What it asks for now; returns whether a pass may say anything else than the last one did."""
        moved = taken != self.places
        news = self.left_out or self.called is not None or moved
        self.left_out, self.called = False, None
        same = len(ready) == len(self.ready) and all(map(is_, ready, self.ready.values()))
        if not same:
            self.ready = {(one.step.namespace, one.step.pipeline or "", one.node.path): one for one in ready}
            self.keys = {one.step.uid: key for key, one in self.ready.items()}
        if moved:
            self.places = Places.of([taken])
        if same and graph is self._graph and not (moved and shares(graph)):
            return self.learn(learned, turns) or news
        self._graph = graph
        return self._build(graph, learned, turns) or news

    def learn(self, learned: Learned, turns: Turns) -> bool:
        """Takes in what was learned meanwhile; returns whether it changes anything."""
        graph = self._graph
        return graph is not None and ranks(graph, learned) is not self._ranks and self._build(graph, learned, turns)

    def turn(self, turns: Turns) -> None:
        """From now on these turns hold."""
        told = {key: lane.told for lane in self.lanes for key in lane.keys}
        self.lanes = [Waiting(one, [told.get(key) for key in one.keys]) for one in turns.split(self._asked)]
        self.lane_of = {key: lane for lane in self.lanes for key in lane.keys}

    def _build(self, graph: Graph, learned: Learned, turns: Turns) -> bool:
        self._ranks = ranks(graph, learned)
        lanes = asked(self.ready.values(), graph, learned, self.places)
        if lanes == self._asked:
            return False
        self._asked = lanes
        self.turn(turns)
        return True

    def start(self, demands: Sequence[Demand], nodes: Mapping[Key, Iterable[str]], now: float) -> list[Ready]:
        """These start, on these nodes: they take their places, and ask for nothing any more."""
        found = []
        for one in demands:
            for limit in one.limits:
                if not self.places.has(limit):
                    self.places.take(limit, one.key, (now, now + one.duration))
            ready = self.ready.pop(one.key)
            del self.keys[ready.step.uid]
            self.lane_of.pop(one.key).remove(one.key)
            found.append(replace(ready, estimate=one.duration, nodes=tuple(nodes[one.key])))
        for lane in self._asked:
            for one in demands:
                lane.remove(one.key)
        self._asked = [lane for lane in self._asked if lane.keys]
        self.lanes = [lane for lane in self.lanes if lane.keys]
        return found

    def changes(self) -> set[str]:
        """Paths of the Steps of which it is new why they wait, or whether they do, since this was asked last."""
        return {path for lane in self.lanes for _, _, path in lane.changes()}

    def waiting(self, which: Callable[[Wait], bool] = lambda wait: True) -> Iterator[tuple[Ready, Demand, Wait]]:
        """Those that the last pass did not let through, what is asked for, but for the key, and why they wait."""
        for lane in self.lanes:
            if lane.told and which(lane.told.wait):
                for key in lane.behind:
                    yield self.ready[key], lane.first, lane.told.wait
