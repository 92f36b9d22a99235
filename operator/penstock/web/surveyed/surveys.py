"""All that may be seen of the cluster, at an instant: looked for while somebody asks, once for all who see the same."""

import asyncio
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from penstock.cluster.api import Cluster
from penstock.cluster.observing import Sight, observe
from penstock.cluster.stock import Stock, stock
from penstock.core.asked.view.lanes import Holds, holds
from penstock.core.asked.why import Answer, answers
from penstock.core.seen.snapshot import Observed
from penstock.web.threads import in_thread

FRESH_SECONDS = 2.0
"""So old may be what is told,"""
SHARE = 2.0
"""and so many times as old as it took to find it: a large cluster is looked at less often."""
UNUSED_SECONDS = 120.0
"""A survey is not kept longer, if nobody asks for another; what was held then is."""
AT_ONCE = 4
"""So many things are found in one survey at once."""
MOST = 64
"""Surveys of viewers who see different things."""
KEPT = 4_000
"""Instants of the past that are kept."""

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Survey:
    """`past`: what was held at earlier instants, and last now."""

    sight: Sight
    stock: Stock
    past: Sequence[Holds]
    known: dict[Hashable, "Once"] = field(default_factory=dict, compare=False, repr=False)
    """What was found from it already."""

    def once(self, key: Hashable, find: Callable[[], Found]) -> Found:
        """Finds something, unless that was done, or is being done in another thread."""
        return self.known.setdefault(key, Once()).of(find)

    @property
    def answers(self) -> list[Answer]:
        """How all steps stand."""
        sight = self.sight
        return self.once("answers", lambda: answers(sight.observed, self.stock.capacity, sight.now, sight.learned))

    def pipeline(self, namespace: str, name: str) -> Observed | None:
        """The Pipeline of that name, if it is seen."""
        key = namespace, name
        mine = (one for one in self.sight.observed if (one.pipeline.namespace, one.pipeline.name) == key)
        return next(mine, None)


class Once:
    """What is found once, whoever asks first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: tuple[object] | None = None

    def of(self, find: Callable[[], Found]) -> Found:
        """What was found."""
        with self._lock:
            if self._found is None:
                self._found = (find(),)
        return self._found[0]  # type: ignore[return-value]


class Surveys:
    """The last survey, and what was held before."""

    def __init__(self, cluster: Cluster, homes: Sequence[str] = ()) -> None:
        """`homes`: the namespaces to be content with where all may not be listed."""
        self._cluster = cluster
        self._homes = homes
        self._one_at_a_time = asyncio.Lock()
        self._finding = asyncio.Semaphore(AT_ONCE)  # so that whoever waits for another's find takes few threads
        self._past: deque[Holds] = deque(maxlen=KEPT)
        self._last: Survey | None = None
        self._at = self._took = 0.0

    async def find(self, find: Callable[[Survey], Found]) -> Found:
        """What is found in a fresh survey, beside the loop. Raises Failure if the API server cannot be asked."""
        async with self._one_at_a_time:
            began = time.monotonic()
            last = self._last
            if last is None or began >= self._at + max(FRESH_SECONDS, SHARE * self._took):
                last = self._last = await in_thread(self._look)
                self._took, self._at = time.monotonic() - began, began
                asyncio.get_running_loop().call_later(UNUSED_SECONDS, self._forget, began)
        async with self._finding:
            began = time.monotonic()
            try:
                return await in_thread(find, last)
            finally:
                self._took += time.monotonic() - began

    def _forget(self, at: float) -> None:
        if self._at == at:
            self._last = None

    def _look(self) -> Survey:
        last = self._last
        sight = observe(self._cluster, self._homes, last.sight.made if last else {})
        there = stock(self._cluster, self._homes)
        self._past.append(holds(there.capacity, sight.now))
        return Survey(sight, there, tuple(self._past))


class Surveying:
    """All surveys, by what is seen in them."""

    def __init__(self) -> None:
        self._surveys: OrderedDict[Hashable, Surveys] = OrderedDict()

    def of(self, key: Hashable, cluster: Cluster, homes: Sequence[str]) -> Surveys:
        """Those of all who see the same; the ones that were used longest ago give way."""
        found = self._surveys.setdefault(key, Surveys(cluster, homes))
        self._surveys.move_to_end(key)
        while len(self._surveys) > MOST:
            self._surveys.popitem(last=False)
        return found
