"""How much of a node is free over time, for planning ahead."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

Vector = tuple[int, ...]
"""Amounts in the order of the resources that a plan is about."""


class Profile:
    """Free amounts of one node from time 0 on, constant between instants at which something starts or ends."""

    __slots__ = ("free", "times")

    def __init__(self, capacity: Sequence[int]) -> None:
        self.times: list[float] = [0.0]
        self.free: list[list[int]] = [list(capacity)]

    def fits(self, start: float, duration: float, vector: Vector, most: int) -> tuple[int, float]:
        """How many such pods, up to `most`, fit from `start` on; if none do, the earliest instant to ask about next."""
        at = bisect_right(self.times, start) - 1
        end = start + duration
        count = most
        while at < len(self.times) and (self.times[at] < end or self.times[at] <= start):
            for room, amount in zip(self.free[at], vector, strict=True):
                if amount and room < amount * count:
                    count = room // amount if room > 0 else 0
            if not count:
                following = self.times[at + 1] if at + 1 < len(self.times) else float("inf")
                return 0, following
            at += 1
        return count, start

    def next_change(self, instant: float) -> float:
        """The first instant after this one at which something changes."""
        at = bisect_right(self.times, instant)
        return self.times[at] if at < len(self.times) else float("inf")

    def take(self, start: float, duration: float, vector: Vector, pods: int) -> None:
        """Takes room for pods during a time."""
        if duration <= 0:
            return
        first, last = self._cut(start), self._cut(start + duration)
        for at in range(first, last):
            free = self.free[at]
            for number, amount in enumerate(vector):
                free[number] -= amount * pods

    def _cut(self, instant: float) -> int:
        at = bisect_left(self.times, instant)
        if at == len(self.times) or self.times[at] != instant:
            self.times.insert(at, instant)
            self.free.insert(at, list(self.free[at - 1]))
        return at
