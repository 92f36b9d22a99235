"""Durations as they may turn out, to see what a plan is worth when the estimates are wrong."""

from collections.abc import Iterator, Mapping
from random import Random

from penstock.core.admission.demands import Key
from penstock.core.foresight.activities import Workload

OFF = 0.3
"""By how much of its estimate a duration differs at most."""


def worlds(workload: Workload, pairs: int, seed: int = 0) -> Iterator[Mapping[Key, float]]:
    """Durations in so many pairs of worlds: what takes longer in the first of two takes as much less in the second, so
    that few worlds tell much (antithetic variates: Hammersley and Morton, Proc. Cambridge Phil. Soc. 52, 1956)."""
    draw = Random(seed).random  # noqa: S311 - reproducible, not secret (docs/adr/0029)
    for _ in range(pairs):
        shares = {one.key: OFF * (2 * draw() - 1) for one in workload.activities}
        for sign in (1, -1):
            yield {one.key: one.duration * (1 + sign * shares[one.key]) for one in workload.activities}
