"""What one Pipeline asks for that has not started yet, and what it was told, from pass to pass of admission."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from penstock.core.admission.demands import Demand, Key
from penstock.core.admission.lanes import Lane, asked
from penstock.core.admission.lasting import Told, tell
from penstock.core.admission.limits import Places
from penstock.core.admission.turns import Turns
from penstock.core.graph.graph import Graph
from penstock.core.graph.learned import Learned
from penstock.core.graph.ranks import Ranks, ranks
from penstock.core.pod.ready import Ready
from penstock.core.waits import Wait


class Waiting(Lane):
    """A lane, of which the last `waiting` demands have to wait, and what they were told."""

    __slots__ = ("news", "told", "waiting")

    def __init__(self, lane: Lane, known: Sequence[Told | None]) -> None:
        super().__init__(lane.first, lane.keys)
        self.told = known[0]
        self.waiting = len(lane)
        self.news = len({one and one.wait.reason for one in known}) > 1

    def refuse(self, wait: Wait, count: int, now: float) -> bool:
        """The last demands have to wait; returns whether that says anything new to some of them."""
        before = self.told
        self.told, self.waiting = tell(before, wait, now), count
        news = self.news or before is None or before.wait.reason is not self.told.wait.reason
        self.news = False
        return news


class Asking:
    """The lanes of a Pipeline, and how it stands with the gate.

    `here`: what was let through for somebody who waits for the answer of the next pass; None while nobody does.
    `called`: since when there has been room that nobody came for. `left_out`: nobody comes, so that what it asks for
    takes no room from others until it asks again.
    """

    def __init__(self) -> None:
        self.ready: dict[Key, Ready] = {}
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
        news = self.left_out or self.called is not None or taken != self.places
        self.left_out, self.called = False, None
        self.ready = {(one.step.namespace, one.step.pipeline or "", one.node.path): one for one in ready}
        self.places = Places.of([taken])
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
            found.append(replace(self.ready.pop(one.key), estimate=one.duration, nodes=tuple(nodes[one.key])))
        for lane in (*self._asked, *self.lanes):
            lane.keys = [key for key in lane.keys if key in self.ready]
        self._asked = [lane for lane in self._asked if lane.keys]
        self.lanes = [lane for lane in self.lanes if lane.keys]
        return found

    def waits(self) -> dict[str, Wait]:
        """Why its Steps wait that the last pass did not let through, as far as it lasts; by uid."""
        return {one.step.uid: wait for one, _, wait in self.waiting()}

    def waiting(self) -> Iterator[tuple[Ready, Demand, Wait]]:
        """The same for each, with what is asked for, but for the key."""
        for lane in self.lanes:
            if lane.told:
                for key in lane.keys[len(lane) - lane.waiting :]:
                    yield self.ready[key], lane.first, lane.told.wait
