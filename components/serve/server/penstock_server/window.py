"""What the model was asked of late: a sample of inputs with their predictions, bounded, and lost with the process."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from penstock_ml import wire

LONGEST = 8192
"""Characters of a text, or numbers, that are kept; a larger sample is not, so that the window's memory has a bound."""
DECIMALS = 6
"""Of numbers that are kept."""


@dataclass
class _Reservoir:
    since: float
    seen: int = 0
    items: list[dict[str, object]] = field(default_factory=list)


class Window:
    """At most `most` items of the last `seconds`, or of the last half of that at least.

    Two reservoirs (algorithm R, Vitter 1985) overlap: the second begins when the first is half over, and takes its
    place when that ends. So the sample is uniform over all that was asked since `since`, and old traffic leaves.
    """

    def __init__(self, most: int, seconds: float, now: float, seed: int | None = None) -> None:
        self._most = most
        self._seconds = seconds
        self._random = random.Random(seed)
        self._older = _Reservoir(now)
        self._newer = _Reservoir(now + seconds / 2)

    def add(self, now: float, samples: Any, predictions: list[Any], confidences: list[float]) -> None:
        """Samples (n, ...) with what was answered at `now`, in seconds of the Unix epoch."""
        self._turn(now)
        for sample, prediction, confidence in zip(samples, predictions, confidences, strict=True):
            if len(sample) > LONGEST:
                continue
            for reservoir in (self._older, self._newer):
                if now >= reservoir.since:
                    self._keep(reservoir, now, sample, prediction, confidence)

    def told(self, now: float) -> dict[str, object]:
        """The window as JSON: `seen`, `since`, `items`."""
        self._turn(now)
        return {"seen": self._older.seen, "since": _stamp(self._older.since), "items": self._older.items}

    def _turn(self, now: float) -> None:
        while now >= self._older.since + self._seconds:
            self._older, self._newer = self._newer, _Reservoir(self._newer.since + self._seconds / 2)
            if now >= self._older.since + self._seconds:  # nobody asked for long
                self._older = _Reservoir(now)
                self._newer = _Reservoir(now + self._seconds / 2)

    def _keep(self, reservoir: _Reservoir, now: float, sample: Any, prediction: Any, confidence: float) -> None:
        reservoir.seen += 1
        place = len(reservoir.items)
        if place >= self._most:
            place = self._random.randrange(reservoir.seen)
            if place >= self._most:
                return
        # NumPy multiplies to round, and makes infinite what is large.
        inputs = [sample] if isinstance(sample, str) else [round(one, DECIMALS) for one in sample.tolist()]
        item = {
            "time": _stamp(now),
            "inputs": inputs,
            "prediction": prediction,
            "confidence": round(confidence, DECIMALS),
        }
        reservoir.items[place : place + 1] = [item]


def _stamp(seconds: float) -> str:
    return wire.stamp(datetime.fromtimestamp(seconds, UTC))
