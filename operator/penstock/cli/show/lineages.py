"""A lineage as a tree of text: each run with what it read, or with what was made from it."""

from collections.abc import Iterable, Iterator

from penstock.cli.show.table import clean
from penstock.core.asked.lineage import Key, Lineage, Made

MOST = 20
"""Branches of one run that are written out."""


def tree(lineage: Lineage, roots: Iterable[Key], up: bool) -> Iterator[str]:
    """The lines. What stands somewhere above is not told again."""
    told: set[Key] = set()
    for root in roots:
        yield head(lineage.runs[root])
        for name, place in lineage.runs[root].artifacts.items():
            yield f"  {name}: {clean(place)}"
        yield from _below(lineage, root, up, "", told)


def head(made: Made) -> str:
    """One run in a line."""
    about = [made.phase, f"revision {made.revision}" if made.revision else "", made.end]
    about += ["" if made.selected else "an earlier result", "" if made.known else "what it read is not on record"]
    return f"{made.key} ({', '.join(one for one in about if one)})"


def _below(lineage: Lineage, key: Key, up: bool, indent: str, told: set[Key]) -> Iterator[str]:
    told.add(key)
    reads = lineage.up(key) if up else lineage.down(key)
    for number, one in enumerate(reads[:MOST], 1):
        last = number == len(reads)
        other = one.maker if up else one.reader
        seen = other in told
        what = f"{one.input} ← {one.maker.path}.{one.output}: " if up else f"{one.output} → {one.input} of "
        yield f"{indent}{'└─' if last else '├─'} {what}{head(lineage.runs[other])}{', as above' if seen else ''}"
        if not seen:
            yield from _below(lineage, other, up, f"{indent}{'   ' if last else '│  '}", told)
    if len(reads) > MOST:
        yield f"{indent}└─ … and {len(reads) - MOST} more (-o json has all)"
