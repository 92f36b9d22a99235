"""What the API server is asked about viewers, and its answers for as long as they count.

A yes is good for half a minute, a no for less, since somebody is waiting for it to change.
"""

import time
from collections import OrderedDict
from dataclasses import dataclass

from penstock.cluster.api import Resource

YES_SECONDS = 30.0
NO_SECONDS = 5.0
KEPT = 50_000
"""Answers that are kept of all viewers: four for each namespace that one looks at who may not look at all at once."""


@dataclass(frozen=True, slots=True)
class Need:
    """What one has to be allowed to see something. `namespace` None: in all."""

    verb: str
    resource: Resource
    namespace: str | None

    @property
    def sentence(self) -> str:
        """What whoever lacks it is told."""
        place = f"in namespace {self.namespace}" if self.namespace else "in all namespaces"
        return f"you may not {self.verb} {self.resource.plural} {place}; ask who looks after it for the right"


class Answers:
    """What the API server answered of all viewers, as long as it counts. The oldest give way."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[object, Need], tuple[float, bool]] = OrderedDict()

    def known(self, who: object, need: Need) -> bool | None:
        """What it answered of somebody; None if that is not known (any more)."""
        until, found = self._answers.get((who, need), (0.0, False))
        return found if time.monotonic() < until else None

    def keep(self, who: object, need: Need, asked: float, found: bool) -> None:
        """It answered that. `asked`: when, since an answer is as old as its question."""
        self._answers.pop((who, need), None)
        self._answers[who, need] = asked + (YES_SECONDS if found else NO_SECONDS), found
        while len(self._answers) > KEPT or next(iter(self._answers.values()))[0] < asked:
            self._answers.popitem(last=False)
