"""Whether a window of live answers could have come from what a model was checked on.

Each test has a p-value that is right for the window's own size, from draws and not from a table: a fixed threshold (a
population stability index above 0.2, say) is passed by a third of windows of 100 answers in which nothing has changed.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from penstock_ml.sketch import Features, Sketch

LEAST_DRAWS = 1999
PIECE = 2000
"""Draws that are held at once."""
TIED = 0.01
"""Share of a window's confidences on a quantile from which on how they fall to its sides is not known."""
FARTHEST = 1e6
"""Deviations from the mean beyond which one number is as far as another, so that no square of it is infinite."""
SMOOTH = 0.25
"""Part of the numbers' mean variance that is added to each: a pixel that was hardly ever set says little by itself."""


@dataclass(frozen=True)
class Window:
    """Live answers: classes (n) and confidences (n, or empty), and the numbers that went in (n, features, or empty)."""

    classes: tuple[str, ...]
    confidence: Any
    inputs: Any

    def __len__(self) -> int:
        return len(self.classes)


@dataclass(frozen=True)
class Test:
    """What one test found: `statistic` grows with the difference, `p` is the chance of as much without one."""

    name: str
    statistic: float
    p: float


def compare(sketch: Sketch, window: Window, *, rate: float, seed: int) -> tuple[Test, ...]:
    """All tests for which there are data; enough draws to tell a p-value a fraction of `rate` from a smaller one."""
    random = np.random.default_rng(seed)
    draws = max(LEAST_DRAWS, math.ceil(40 / rate))
    tests = []
    if sketch.classes:
        tests.append(classes(sketch, window, draws, random))
    if sketch.confidence and len(window.confidence):
        tests.append(confidence(sketch, window, draws, random))
    if sketch.features.mean and len(window.inputs):
        tests += features(sketch.features, sketch.count, window.inputs, draws, random)
    return tuple(tests)


def combined(tests: tuple[Test, ...]) -> float:
    """The chance that any of the tests finds as much without a difference, at most (Bonferroni)."""
    return min(1.0, len(tests) * min(test.p for test in tests))


def classes(sketch: Sketch, window: Window, draws: int, random: np.random.Generator) -> Test:
    """Chi-square of two samples; p by permuting which answers are the window's (multivariate hypergeometric)."""
    names = list(sketch.classes)
    reference = np.array([sketch.classes[name] for name in names])
    live = np.array([window.classes.count(name) for name in names])
    pooled = reference + live
    seen = pooled > 0

    def statistic(counts: Any) -> Any:
        share = len(window) / pooled.sum()
        expected = share * pooled[seen]
        return ((counts[..., seen] - expected) ** 2 / expected).sum(axis=-1) / (1 - share)

    drawn = random.multivariate_hypergeometric(pooled, len(window), size=draws, method="marginals")
    return _test("classes", statistic(live), statistic(drawn))


def confidence(sketch: Sketch, window: Window, draws: int, random: np.random.Generator) -> Test:
    """Anderson and Darling's statistic at the reference's quantiles.

    Between order statistics of a sample, another sample of the same kind falls as Dirichlet-multinomial counts, so p is
    right for any size of both. Quantiles that many confidences share are left out: the sketch does not say how many.
    """
    edges, steps = sketch.confidence, len(sketch.confidence) - 1
    cuts = [
        index
        for index in range(1, steps)
        if edges[index - 1] < edges[index] < edges[index + 1] and np.mean(window.confidence == edges[index]) <= TIED
    ]
    if not cuts:
        return Test("confidence", 0.0, 1.0)
    shares = np.array(cuts) / steps
    live = np.array([np.mean(window.confidence <= edges[index]) for index in cuts])

    def statistic(below: Any) -> Any:
        return len(window) * ((below - shares) ** 2 / (shares * (1 - shares))).mean(axis=-1)

    cells = np.diff([0.0, *shares, 1.0])
    chances = random.dirichlet(sketch.count * cells, size=draws)
    drawn = random.multinomial(len(window), chances).cumsum(axis=1)[:, :-1] / len(window)
    return _test("confidence", statistic(live), statistic(drawn))


def features(reference: Features, count: int, inputs: Any, draws: int, random: np.random.Generator) -> list[Test]:
    """Means: the mean squared shift of the numbers' means. Spread: how far from the reference's means the samples lie.

    p by a bootstrap of the window, moved to the reference. Rows are resampled whole, so whatever the numbers have to do
    with each other is kept; of the spread the studentised mean is compared (Hall 1988), for it is skewed.
    """
    size = len(inputs)
    deviation = np.array(reference.deviation)
    scale = np.sqrt(deviation**2 + SMOOTH * np.mean(deviation**2)) if deviation.any() else np.ones(len(deviation))
    rows = np.clip((inputs - np.array(reference.mean)) / scale, -FARTHEST, FARTHEST)
    far = (rows**2).mean(axis=1)
    expected = float(np.mean((deviation / scale) ** 2))
    # The reference is a sample, too, and its means are off by so much.
    wider = 1 + size / count
    centre = rows.mean(axis=0)
    shifts, spreads = [], []
    even = np.full(size, 1 / size)
    for start in range(0, draws, PIECE):
        weights = random.multinomial(size, even, size=min(PIECE, draws - start)) / size
        shifts.append(size * wider * ((weights @ (rows - centre)) ** 2).mean(axis=1))
        means = weights @ far
        spreads.append(_studentised(means - far.mean(), weights @ far**2 - means**2, size))
    spread = _studentised(far.mean() - expected, far.var(), size / wider)
    return [
        _test("means", size * (centre**2).mean(), np.concatenate(shifts)),
        _test("spread", abs(spread), abs(np.concatenate(spreads))),
    ]


def psi(sketch: Sketch, window: Window) -> float:
    """Population stability index of the classes, for people who know it; nothing is decided by it."""
    reference = np.array([count + 0.5 for count in sketch.classes.values()])
    live = np.array([window.classes.count(name) + 0.5 for name in sketch.classes])
    before, now = reference / reference.sum(), live / live.sum()
    return float(((now - before) * np.log(now / before)).sum())


def _studentised(difference: Any, variance: Any, size: float) -> Any:
    return difference / np.sqrt(np.maximum(variance, 1e-12) / size)


def _test(name: str, statistic: float, drawn: Any) -> Test:
    # With the window itself among the draws, p is never 0 and never too small (Phipson and Smyth 2010).
    beyond = int(np.count_nonzero(drawn >= statistic - 1e-9))
    return Test(name, round(float(statistic), 4), (1 + beyond) / (1 + len(drawn)))
