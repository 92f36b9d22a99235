"""A lineage as a tree of text: each run with what it read, or with what was made from it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from penstock.cli.show.table import clean
from penstock.core.asked.lineage import Key, Lineage, Made, Read

MOST = 20
"""Branches of one run that are written out."""
LAST = "└─"

Reads = Mapping[Key, Sequence[Read]]


def tree(lineage: Lineage, roots: Iterable[Key], up: bool) -> Iterator[str]:
    """The lines. What stands somewhere above is not told again."""
    told: set[Key] = set()
    by = lineage.by_run(up)
    for root in roots:
        yield head(lineage.runs[root])
        for name, place in lineage.runs[root].artifacts.items():
            yield f"  {name}: {clean(place)}"
        yield from _below(lineage, by, root, up, told)


def head(made: Made) -> str:
    """One run in a line."""
    about = [made.phase, f"revision {made.revision}" if made.revision else "", made.end]
    about += ["" if made.selected else "an earlier result", "" if made.known else "what it read is not on record"]
    return f"{made.key} ({', '.join(one for one in about if one)})"


def _below(lineage: Lineage, by: Reads, root: Key, up: bool, told: set[Key]) -> Iterator[str]:
    """What is below a run, branch by branch: a Pipeline may be deeper than calls may be."""
    told.add(root)
    ahead = _branches(by, root, "")
    while ahead:
        one, joint, indent = ahead.pop()
        if not isinstance(one, Read):
            yield f"{indent}{joint} … and {one} more (-o json has all)"
            continue
        other = one.maker if up else one.reader
        seen = other in told
        what = f"{one.input} ← {one.maker.path}.{one.output}: " if up else f"{one.output} → {one.input} of "
        yield f"{indent}{joint} {what}{head(lineage.runs[other])}{', as above' if seen else ''}"
        if not seen:
            told.add(other)
            ahead += _branches(by, other, f"{indent}{'   ' if joint == LAST else '│  '}")


def _branches(by: Reads, key: Key, indent: str) -> list[tuple[Read | int, str, str]]:
    """The branches of one run, the last one first: each with its joint; and how many there are besides."""
    reads = by.get(key, ())
    shown: list[Read | int] = [*reads[:MOST], *([len(reads) - MOST] if len(reads) > MOST else ())]
    return [(one, LAST if not number else "├─", indent) for number, one in enumerate(reversed(shown))]
