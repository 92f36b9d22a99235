"""A drawing of a few plain marks, so that what is drawn does not depend on how: as SVG here, as PNG in the CLI."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Literal

INK = "#1f2430"
FAINT = "#5b6475"

Style = Literal["plain", "small", "title"]
Anchor = Literal["start", "middle", "end"]
Point = tuple[float, float]

SIZES: dict[Style, int] = {"plain": 12, "small": 10, "title": 15}
COLOURS: dict[Style, str] = {"plain": INK, "small": FAINT, "title": INK}


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle. `fill` and `edge` are colours (`#rrggbb`), None for none; `tip` shows where a reader points."""

    x: float
    y: float
    width: float
    height: float
    fill: str | None
    edge: str | None = None
    radius: float = 0
    tip: str = ""
    edge_width: float = 1.5


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    colour: str
    width: float = 1


@dataclass(frozen=True, slots=True)
class Text:
    """Words on a baseline at `y` that begin, have their middle or end at `x`."""

    x: float
    y: float
    words: str
    style: Style = "plain"
    anchor: Anchor = "start"


@dataclass(frozen=True, slots=True)
class Way:
    """A line to the second point, then by turns a curve and a line to the next, as `layout.level.Level` has ways."""

    points: tuple[Point, ...]
    colour: str
    width: float = 1.3
    dashed: bool = False


SHADE = 0.35
"""Opacity of what fills an Area, if nothing else is said."""
DASHES = (5, 4)
"""Lengths of a dash, and of the room to the next."""


@dataclass(frozen=True, slots=True)
class Area:
    """A polygon with an edge of a colour, filled with a shade of it."""

    points: tuple[Point, ...]
    colour: str
    shade: float = SHADE


Mark = Rect | Line | Way | Text | Area


@dataclass(frozen=True, slots=True)
class Drawing:
    """Marks on white, later ones over earlier ones. Lengths are pixels, from the top left corner."""

    title: str
    width: int
    height: int
    marks: tuple[Mark, ...]


STYLE = (
    f"text{{font:{SIZES['plain']}px sans-serif;fill:{COLOURS['plain']}}}"
    f".small{{font-size:{SIZES['small']}px;fill:{COLOURS['small']}}}"
    f".title{{font-size:{SIZES['title']}px;font-weight:600}}"
)
"""How the texts of an SVG look."""
_NAMESPACE = ' xmlns="http://www.w3.org/2000/svg"'


def svg(drawing: Drawing) -> str:
    """The drawing as SVG, without scripts or fonts."""
    paper = f'<style>{STYLE}</style><rect width="{drawing.width}" height="{drawing.height}" fill="#fff"/>'
    return "\n".join(_lines(drawing, paper)) + "\n"


def inline(drawing: Drawing) -> str:
    """The same as a part of a page that has `STYLE` itself, on the page's own ground."""
    return "\n".join(_lines(drawing)).replace(_NAMESPACE, "", 1)


def squeezed(words: str, most: int) -> str:
    """Words of at most so many letters, which lack their middle if they are longer."""
    return words if len(words) <= most else f"{words[: most // 2 - 1]}…{words[-(most - most // 2) :]}"


def _lines(drawing: Drawing, paper: str = "") -> Iterator[str]:
    width, height = drawing.width, drawing.height
    yield (
        f'<svg{_NAMESPACE} viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape(drawing.title)}">'
    )
    if paper:
        yield paper
    yield from map(_element, drawing.marks)
    yield "</svg>"


def _element(mark: Mark) -> str:
    match mark:
        case Rect():
            edge = f' stroke="{mark.edge}" stroke-width="{_number(mark.edge_width)}"' if mark.edge else ""
            corner = f' rx="{_number(mark.radius)}"' if mark.radius else ""
            place = f'x="{_number(mark.x)}" y="{_number(mark.y)}"'
            size = f'width="{_number(mark.width)}" height="{_number(mark.height)}"'
            inner = f"><title>{escape(mark.tip)}</title></rect>" if mark.tip else "/>"
            return f'<rect {place} {size}{corner} fill="{mark.fill or "none"}"{edge}{inner}'
        case Line():
            ends = " ".join(f'{name}="{_number(getattr(mark, name))}"' for name in ("x1", "y1", "x2", "y2"))
            width = f' stroke-width="{_number(mark.width)}"' if mark.width != 1 else ""
            return f'<line {ends} stroke="{mark.colour}"{width}/>'
        case Way():
            dashes = f' stroke-dasharray="{DASHES[0]} {DASHES[1]}"' if mark.dashed else ""
            width = f' stroke-width="{_number(mark.width)}"{dashes}'
            return f'<path d="{" ".join(_steps(mark.points))}" fill="none" stroke="{mark.colour}"{width}/>'
        case Text():
            style = f' class="{mark.style}"' if mark.style != "plain" else ""
            anchor = f' text-anchor="{mark.anchor}"' if mark.anchor != "start" else ""
            return f'<text{style} x="{_number(mark.x)}" y="{_number(mark.y)}"{anchor}>{escape(mark.words)}</text>'
        case Area():
            points = " ".join(f"{_number(x)},{_number(y)}" for x, y in mark.points)
            return (
                f'<polygon points="{points}" fill="{mark.colour}" fill-opacity="{mark.shade}" stroke="{mark.colour}"/>'
            )


def _steps(points: tuple[Point, ...]) -> Iterator[str]:
    yield f"M{_number(points[0][0])},{_number(points[0][1])}"
    for at, ((x1, y1), (x2, y2)) in enumerate(pairwise(points)):
        if at % 2:
            middle = _number((x1 + x2) / 2)
            yield f"C{middle},{_number(y1)} {middle},{_number(y2)} {_number(x2)},{_number(y2)}"
        else:
            yield f"L{_number(x2)},{_number(y2)}"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
