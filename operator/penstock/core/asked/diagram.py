"""The graph of a Pipeline as a drawing, laid out as the page does: with the phase of each step, if it is known."""

from collections.abc import Iterator, Mapping, Sequence

from penstock.core.asked.drawing import FAINT, Area, Drawing, Mark, Point, Rect, Text, Way, squeezed
from penstock.core.asked.layout import placed
from penstock.core.asked.layout.nested import layout
from penstock.core.asked.layout.sizes import BAND
from penstock.core.asked.picture import Box, Picture

PHASES = {
    "Succeeded": "#2b9a5b",
    "Failed": "#d3382f",
    "Running": "#1c86c7",
    "Retrying": "#8a5bd6",
    "Queued": "#e0a312",
    "Cancelled": "#b9713a",
    "Skipped": "#c9d0d8",
}
"""Colours of phases, as the page has them in the light; what is pending has none."""
PAPER, GROUND, EDGE = "#ffffff", "#f4f6f8", "#8a95a3"
LETTERS, FEWER = 25, 20
"""Of a name in a box; of one that has a badge beside it."""
MARGIN, HEAD = 16, 7.0


def diagram(picture: Picture, title: str = "", say: Mapping[str, str] | None = None) -> Drawing:
    """The drawing. Composites are open, and fan-outs are one box each. `say`: other words for phases and for what
    stands in boxes."""
    return _Diagram(picture, title or picture.name, say or {}).drawing()


class _Diagram:
    def __init__(self, picture: Picture, title: str, say: Mapping[str, str]) -> None:
        composites = {".".join(box.segments[:depth]) for box in picture.boxes for depth in range(1, len(box.segments))}
        self._layout = layout(picture, composites)
        self._title, self._say = title, say
        self._boxes = {box.id: box for box in picture.boxes}
        self._times = {".".join(segments): times for segments, times in picture.times.items()}

    def drawing(self) -> Drawing:
        width, height = (round(length) + 2 * MARGIN for length in (self._layout.width, self._layout.height))
        return Drawing(self._title, width, height, tuple(self._marks()))

    def _marks(self) -> Iterator[Mark]:
        framed = [box for box in self._layout.boxes if box.kind in ("frame", "block", "finally")]
        for box in framed:
            yield from self._frame(box)
        for way in self._layout.ways:
            yield from _arrow(way.points, way.kind == "order")
        last = next((box for box in framed if box.kind == "finally"), None)
        if last is not None and any(box.x < last.x for box in self._layout.boxes):
            y = last.y + last.height / 2
            yield from _arrow([(last.x - BAND + 8, y), (last.x, y)], dashed=True)
        for box in self._layout.boxes:
            if box.id in self._boxes:
                yield from self._step(box, self._boxes[box.id])

    def _frame(self, box: placed.Placed) -> Iterator[Mark]:
        edge = None if box.kind == "block" else EDGE
        yield Rect(box.x + MARGIN, box.y + MARGIN, box.width, box.height, GROUND, edge, 12, edge_width=1)
        if box.kind == "block":
            return
        name = "finally" if box.kind == "finally" else box.id.rpartition(".")[2]
        words = " ".join(filter(None, (self._word(name) if box.kind == "finally" else name, self._times.get(box.id))))
        yield Text(box.x + MARGIN + 16, box.y + MARGIN + 21, squeezed(words, LETTERS))

    def _step(self, at: placed.Placed, box: Box) -> Iterator[Mark]:
        x, y = at.x + MARGIN, at.y + MARGIN
        colour = PHASES.get(box.phase)
        tip = ": ".join(filter(None, (box.id, self._word(box.phase))))
        edge = PHASES["Failed"] if box.phase == "Failed" else EDGE
        if colour:
            yield Rect(x, y, 16, at.height, colour, radius=8)
        yield Rect(x + 4 if colour else x, y, at.width - 4 if colour else at.width, at.height, PAPER, edge, 8, tip, 1)
        badge = " ".join(filter(None, (box.times, self._word("approval") if box.approval else "")))
        middle = y + at.height / 2
        name = squeezed(box.segments[-1], FEWER if badge else LETTERS)
        yield Text(x + 14, middle + (-3 if box.phase else 4), name)
        if box.phase:
            yield Text(x + 14, middle + 12, self._word(box.phase), "small")
        if badge:
            yield Text(x + at.width - 10, middle + (-3 if box.phase else 4), badge, "small", "end")

    def _word(self, word: str) -> str:
        return self._say.get(word, word)


def _arrow(points: Sequence[Point], dashed: bool) -> Iterator[Mark]:
    there = [(x + MARGIN, y + MARGIN) for x, y in points]
    x, y = there[-1]
    there[-1] = (x - HEAD + 1, y)
    yield Way(tuple(there), FAINT, dashed=dashed)
    yield Area(((x, y), (x - HEAD, y - HEAD / 2), (x - HEAD, y + HEAD / 2)), FAINT, 1.0)
