"""How many Steps stand in which way, and which: kept by difference, so that a change of one costs what one costs."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from penstock.api.step import StepPhase
from penstock.core.graph.world import ENDED, Node, Verdict
from penstock.core.reasons import Reason

Decision = tuple[Node, Verdict]


class Kind(NamedTuple):
    """What is told apart of the ways in which Steps stand."""

    phase: StepPhase
    reason: Reason | None
    tolerated: bool
    started: bool
    stub: bool
    final: bool

    @property
    def ended(self) -> bool:
        """Whether it does nothing any more."""
        return self.phase in ENDED

    @property
    def fails(self) -> bool:
        """Whether the Pipeline fails by it."""
        return self.phase is StepPhase.FAILED and not self.tolerated

    @property
    def unknown(self) -> bool:
        """Whether it stands for instances of a list that is not known yet."""
        return self.stub and not self.ended


Which = Callable[[Kind], bool]


@dataclass(slots=True)
class Tally:
    """The decisions on all Steps of a Pipeline, by kind. Steps are numbered in the order of the graph."""

    _kinds: dict[Kind, dict[int, Decision]] = field(default_factory=dict)

    def put(self, number: int, node: Node, before: Verdict | None, after: Verdict) -> None:
        """The Step stands so now, and before as was put before."""
        old, new = None if before is None else _kind(node, before), _kind(node, after)
        if old is not None and old != new:
            del self._kinds[old][number]
            if not self._kinds[old]:
                del self._kinds[old]
        self._kinds.setdefault(new, {})[number] = (node, after)

    def any(self, which: Which) -> bool:
        """Whether any Step is of such a kind."""
        return any(which(kind) for kind in self._kinds)

    def all(self, which: Which) -> bool:
        """Whether every Step is."""
        return all(which(kind) for kind in self._kinds)

    def count(self, which: Which) -> int:
        """How many are."""
        return sum(len(several) for kind, several in self._kinds.items() if which(kind))

    def each(self, which: Which = lambda kind: True) -> Iterator[Decision]:
        """Those that are, in no order."""
        for kind, several in self._kinds.items():
            if which(kind):
                yield from several.values()

    def ordered(self, which: Which = lambda kind: True) -> list[Decision]:
        """Those that are, in the order of the graph."""
        found = {number: one for kind, several in self._kinds.items() if which(kind) for number, one in several.items()}
        return [found[number] for number in sorted(found)]

    def first(self, which: Which) -> Decision | None:
        """The first of those that are."""
        firsts = [(min(several), several) for kind, several in self._kinds.items() if which(kind)]
        number, several = min(firsts, key=lambda one: one[0], default=(0, None))
        return None if several is None else several[number]

    def phases(self) -> Counter[str]:
        """How many instances that are known are in each phase."""
        found: Counter[str] = Counter()
        for kind, several in self._kinds.items():
            if not kind.unknown:
                found[kind.phase.value] += len(several)
        return found


def _kind(node: Node, verdict: Verdict) -> Kind:
    return Kind(verdict.phase, verdict.reason, verdict.tolerated, verdict.started, node.stub, node.task.final)
