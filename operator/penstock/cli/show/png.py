"""Draws a drawing as PNG. The font is the one that Pillow brings, so that a machine without any has text too."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import pairwise
from math import hypot

from penstock.cluster.failure import Failure
from penstock.core.asked.drawing import COLOURS, DASHES, SIZES, Anchor, Area, Drawing, Line, Point, Rect, Text, Way

SCALE = 2
"""Pixels for each of the drawing's, in either direction, so that it is sharp on paper."""

FLAT = 12
"""Pieces of which a curve is made."""

LARGEST = 16_000
"""Pixels; what would be higher or wider is drawn at half the scale."""
MOST = 200_000_000
"""Pixels in all, of three bytes each while it is drawn."""

_ANCHORS: dict[Anchor, str] = {"start": "ls", "middle": "ms", "end": "rs"}
_MISSING = str.maketrans({"×": "x"})
"""What Pillow's font lacks."""


def png(drawing: Drawing) -> bytes:
    """The picture. Raises Failure if the extra `png` is not installed, or if it would be too large."""
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ImportError as error:
        raise Failure("PNG pictures need Pillow, which is not installed: pip install 'penstock[png]'") from error

    scale = SCALE if max(drawing.width, drawing.height) * SCALE <= LARGEST else 1
    if drawing.width * drawing.height * scale * scale > MOST:
        size = f"{drawing.width:,} x {drawing.height:,}"
        raise Failure(f"a PNG of {size} pixels is too large to be made; -o svg has no such bound")
    image = Image.new("RGB", (drawing.width * scale, drawing.height * scale), "#ffffff")
    pen = ImageDraw.Draw(image, "RGBA")  # so that shades let the lines below them show
    fonts = {style: ImageFont.load_default(size * scale) for style, size in SIZES.items()}
    for mark in drawing.marks:
        match mark:
            case Rect():
                box = (
                    round(mark.x * scale),
                    round(mark.y * scale),
                    max(round(mark.x * scale), round((mark.x + mark.width) * scale) - 1),
                    round((mark.y + mark.height) * scale) - 1,
                )
                width = round(mark.edge_width * scale) if mark.edge else 0
                pen.rounded_rectangle(box, round(mark.radius * scale), mark.fill, mark.edge, width)
            case Line():
                ends = (mark.x1 * scale, mark.y1 * scale, mark.x2 * scale, mark.y2 * scale)
                pen.line(ends, mark.colour, max(1, round(mark.width * scale)))
            case Way():
                points = [(x * scale, y * scale) for x, y in _points(mark)]
                pieces = _dashes(points, [length * scale for length in DASHES]) if mark.dashed else [points]
                for piece in pieces:
                    pen.line(piece, mark.colour, max(1, round(mark.width * scale)), joint="curve")
            case Text():
                place = (mark.x * scale, mark.y * scale)
                words = mark.words.translate(_MISSING)
                colour = COLOURS[mark.style]
                pen.text(place, words, colour, fonts[mark.style], _ANCHORS[mark.anchor])
            case Area():
                points = [(x * scale, y * scale) for x, y in mark.points]
                pen.polygon(points, f"{mark.colour}{round(mark.shade * 255):02x}")
                pen.line([*points, points[0]], mark.colour, scale)
    file = BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def _points(way: Way) -> Iterator[Point]:
    """The way as a line of many points."""
    yield way.points[0]
    for at, ((x1, y1), (x2, y2)) in enumerate(pairwise(way.points)):
        for number in range(1, FLAT + 1) if at % 2 else (FLAT,):
            t = number / FLAT
            across = 3 * t * (1 - t) ** 2 + 3 * t * t * (1 - t)
            yield t**3 * x2 + (1 - t) ** 3 * x1 + across * (x1 + x2) / 2, y1 + (y2 - y1) * t * t * (3 - 2 * t)


def _dashes(points: Sequence[Point], lengths: Sequence[float]) -> Iterator[list[Point]]:
    """The pieces of a dashed line."""
    piece, left, drawn = [points[0]], lengths[0], True
    for (x1, y1), (x2, y2) in pairwise(points):
        whole = hypot(x2 - x1, y2 - y1)
        gone = 0.0
        while whole - gone > left:
            gone += left
            there = x1 + (x2 - x1) * gone / whole, y1 + (y2 - y1) * gone / whole
            if drawn:
                yield [*piece, there]
            drawn = not drawn
            piece, left = [there], lengths[0 if drawn else 1]
        left -= whole - gone
        piece.append((x2, y2))
    if drawn and len(piece) > 1:
        yield piece
