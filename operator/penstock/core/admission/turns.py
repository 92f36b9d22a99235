"""Turns: when each step of a plan is to start, and what that means for those that are ready."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from penstock.api.step import StepPhase
from penstock.core.admission.demands import Demand, Key
from penstock.core.admission.lanes import Lane
from penstock.core.admission.policies import PATIENCE
from penstock.core.graph.world import Node, Verdict

TOLERANCE = 1e-6
"""Seconds by which sums of the same durations may differ."""


class Turns:
    """The turns that have not come yet. `at`: instants in seconds, by Step; `nodes`: where each should run.

    A step is held back until its turn only as long as something that comes earlier has not started, or its nodes are
    taken, so a plan that reality is ahead of costs little; and never beyond its turn, so one that reality is behind
    costs little too; nor longer than `PATIENCE`, after which it goes by age.
    """

    def __init__(self, at: Mapping[Key, float], nodes: Mapping[Key, tuple[str, ...]] | None = None) -> None:
        self._at = dict(at)
        self._nodes = nodes or {}

    def over(self, key: Key) -> None:
        """The Step has started, or never will."""
        self._at.pop(key, None)

    def note(self, pipeline: tuple[str, str], verdicts: Iterable[tuple[Node, Verdict]]) -> None:
        """Takes note of how the Steps of a Pipeline (namespace, name) stand: what runs, has ended or is not there has
        no turn any more. A Pipeline that is over has no verdicts."""
        mine = {key for key in self._at if key[:2] == pipeline}
        for node, verdict in verdicts if mine else ():
            if not (verdict.ended or verdict.phase is StepPhase.RUNNING):
                mine.discard((*pipeline, node.path))
        for key in mine:
            self.over(key)

    def __len__(self) -> int:
        return len(self._at)

    def __contains__(self, key: Key) -> bool:
        return key in self._at

    def assign(self, demands: Iterable[Demand]) -> list[Demand]:
        """The demands, those of the plan with their planned rank and the earliest instant at which they may start."""
        if not self._at:
            return list(demands)
        first = min(self._at.values())
        horizon = max(self._at.values())
        found = []
        for demand in demands:
            turn = self._at.get(demand.key)
            if turn is not None:
                demand = replace(
                    demand,
                    planned=horizon - turn,
                    not_before=min(turn, demand.since + PATIENCE),
                    nodes=self._nodes.get(demand.key, ()),
                    early=turn <= first + TOLERANCE,
                )
            found.append(demand)
        return found

    def split(self, lanes: Iterable[Lane]) -> Iterator[Lane]:
        """The same for demands in lanes: what has a turn is in a lane of its own."""
        planned = {key[:2] for key in self._at}
        for lane in lanes:
            turned = [key for key in lane.keys if key in self._at] if lane.first.key[:2] in planned else []
            if not turned:
                yield lane
                continue
            for one in self.assign(replace(lane.first, key=key) for key in turned):
                yield Lane(one, [one.key])
            others = [key for key in lane.keys if key not in self._at]
            if others:
                yield Lane(lane.first, others)
