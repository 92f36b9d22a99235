"""Draws a picture of a Pipeline as Mermaid, as DOT, or as text."""

import json
from collections.abc import Iterator

from penstock.core.asked.picture import Arrow, Box, Picture

_FILLS = {
    "Running": "#cfe8ff",
    "Retrying": "#ead7ff",
    "Queued": "#fff3bf",
    "Succeeded": "#d3f9d8",
    "Failed": "#ffc9c9",
    "Cancelled": "#ffe8cc",
    "Skipped": "#e9ecef",
}


def mermaid(picture: Picture) -> Iterator[str]:
    """Lines of a Mermaid flowchart (https://mermaid.js.org): dotted arrows are mere order, hexagons approvals."""
    names = {box.id: f"s{at}" for at, box in enumerate(picture.boxes)}
    yield f"%% Pipeline {picture.name}"
    yield "flowchart TD"
    for depth, line in _grouped(picture, lambda box: _mermaid_box(names[box.id], box), _mermaid_group, "end"):
        yield "  " * depth + line
    for arrow in picture.arrows:
        line = "-->" if arrow.kind == "data" else "-.->"
        label = f'|"{arrow.label}"|' if arrow.label else ""
        yield f"  {names[arrow.source]} {line}{label} {names[arrow.target]}"
    shown = [box for box in picture.boxes if box.phase in _FILLS]
    for phase in dict.fromkeys(box.phase for box in shown):
        yield f"  classDef {phase} fill:{_FILLS[phase]}"
    for box in shown:
        yield f"  class {names[box.id]} {box.phase}"


def _mermaid_box(name: str, box: Box) -> str:
    left, right = ("{{", "}}") if box.approval else ("([", "])") if box.final else ("[", "]")
    return f'{name}{left}"{_label(box)}"{right}'


def _mermaid_group(number: int, label: str) -> str:
    return f'subgraph g{number}["{label}"]'


def dot(picture: Picture) -> Iterator[str]:
    """Lines of a graph for Graphviz: dashed arrows are mere order, hexagons approvals."""
    yield f"digraph {_quoted(picture.name)} {{"
    yield "  rankdir=TB; node [shape=box, style=rounded];"
    for depth, line in _grouped(picture, _dot_box, _dot_group, "}"):
        yield "  " * depth + line
    for arrow in picture.arrows:
        options = [f"label={_quoted(arrow.label)}"] if arrow.label else []
        options += ["style=dashed"] if arrow.kind == "order" else []
        tail = f" [{', '.join(options)}]" if options else ""
        yield f"  {_quoted(arrow.source)} -> {_quoted(arrow.target)}{tail};"
    yield "}"


def _dot_box(box: Box) -> str:
    options = [f"label={_quoted(_label(box))}"]
    if box.approval:
        options.append("shape=hexagon")
    if box.phase in _FILLS:
        options.append(f'style="rounded,filled", fillcolor="{_FILLS[box.phase]}"')
    return f"{_quoted(box.id)} [{', '.join(options)}];"


def _dot_group(number: int, label: str) -> str:
    return f"subgraph cluster_{number} {{ label={_quoted(label)};"


def _quoted(words: str) -> str:
    return json.dumps(words, ensure_ascii=False)


def _label(box: Box) -> str:
    return " ".join(filter(None, (box.segments[-1], box.times)))


def _grouped(picture: Picture, draw: object, begin: object, end: str) -> Iterator[tuple[int, str]]:
    """Boxes inside the composites around them, with the depth to indent by."""
    assert callable(draw)
    assert callable(begin)
    open_now: tuple[str, ...] = ()
    number = 0
    for box in sorted(picture.boxes, key=lambda box: _place(picture, box)):
        around = box.segments[:-1]
        shared = next((at for at, (a, b) in enumerate(zip(open_now, around, strict=False)) if a != b), None)
        shared = min(len(open_now), len(around)) if shared is None else shared
        for depth in range(len(open_now), shared, -1):
            yield depth, end
        for depth in range(shared, len(around)):
            group = around[: depth + 1]
            label = " ".join(filter(None, (group[-1], picture.times.get(group, ""))))
            yield depth + 1, begin(number, label)
            number += 1
        open_now = around
        yield len(around) + 1, draw(box)
    for depth in range(len(open_now), 0, -1):
        yield depth, end


def _place(picture: Picture, box: Box) -> tuple[int, ...]:
    """Sorts boxes so that those of one composite stand together, each where its first one stands."""
    first: dict[tuple[str, ...], int] = {}
    for at, one in enumerate(picture.boxes):
        for depth in range(1, len(one.segments) + 1):
            first.setdefault(one.segments[:depth], at)
    return tuple(first[box.segments[:depth]] for depth in range(1, len(box.segments) + 1))


def text(picture: Picture) -> Iterator[str]:
    """Lines for a terminal: steps by level (the longest way to them), each with what it comes after."""
    into: dict[str, list[Arrow]] = {box.id: [] for box in picture.boxes}
    for arrow in picture.arrows:
        into[arrow.target].append(arrow)
    level: dict[str, int] = {}
    for box in picture.boxes:
        level[box.id] = 1 + max((level[arrow.source] for arrow in into[box.id]), default=0)
    steps = "1 step" if len(level) == 1 else f"{len(level)} steps"
    yield f"{picture.name}: {steps}, at least {max(level.values(), default=0)} one after the other"
    titles = {box.id: _title(box) for box in picture.boxes}
    width = max(map(len, titles.values()), default=0)
    shown = None
    for box in sorted(picture.boxes, key=lambda box: (box.final, level[box.id])):
        stage = "finally" if box.final else str(level[box.id])
        mark, shown = (stage if stage != shown else ""), stage
        needs = ", ".join(_source(arrow) for arrow in into[box.id])
        yield f"{mark:>7}  {titles[box.id]:<{width}}{'  ← ' + needs if needs else ''}".rstrip()


def _title(box: Box) -> str:
    words = [box.id, box.times, "(approval)" if box.approval else "", box.phase]
    return " ".join(filter(None, words))


def _source(arrow: Arrow) -> str:
    return f"{arrow.source} ({arrow.label})" if arrow.label else arrow.source
