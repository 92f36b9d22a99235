"""Figures by Pipeline, no more of them than a Prometheus bears: users name Pipelines, and nobody bounds how many."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

MOST_PIPELINES, MOST_SERIES = 500, 5_000
OTHER = "other"


class Of(NamedTuple):
    """Whose figure it is: a namespace, and a schedule or a Pipeline. Of all that are too many: `other`, in none."""

    namespace: str
    pipeline: str


REST = Of("", OTHER)


@dataclass(frozen=True, slots=True)
class Figure:
    """One series: a family, whose it is, its other labels, and its value."""

    family: str
    of: Of
    labels: tuple[str, ...]
    value: float


def bounded(
    figures: Sequence[Figure], latest: Mapping[Of, float], pipelines: int = MOST_PIPELINES, series: int = MOST_SERIES
) -> tuple[list[Figure], int]:
    """The figures of as many Pipelines as there is room for, those first that ran last (`latest`), and the sums of all
    others as one; also how many those are."""
    many = Counter(one.of for one in figures)
    room = series - len({(one.family, one.labels) for one in figures})  # for the sums
    named: set[Of] = set()
    for of in sorted(many, key=lambda one: (-latest.get(one, 0.0), one)):
        room -= many[of]
        if len(named) == pipelines or room < 0:
            break
        named.add(of)
    return [*(one for one in figures if one.of in named), *_summed(figures, named)], len(many) - len(named)


def _summed(figures: Iterable[Figure], named: set[Of]) -> list[Figure]:
    sums: Counter[tuple[str, tuple[str, ...]]] = Counter()
    for one in figures:
        if one.of not in named:
            sums[one.family, one.labels] += one.value  # type: ignore[assignment]
    return [Figure(family, REST, labels, value) for (family, labels), value in sums.items()]
