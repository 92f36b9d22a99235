"""Draws a drawing as PNG. The font is the one that Pillow brings, so that a machine without any has text too."""

from io import BytesIO

from penstock.cluster.failure import Failure
from penstock.core.asked.drawing import COLOURS, SHADE, SIZES, Anchor, Area, Drawing, Line, Rect, Text

SCALE = 2
"""Pixels for each of the drawing's, in either direction, so that it is sharp on paper."""

LARGEST = 16_000
"""Pixels; what would be higher is drawn at half the scale."""

_ANCHORS: dict[Anchor, str] = {"start": "ls", "middle": "ms", "end": "rs"}
_MISSING = str.maketrans({"×": "x"})
"""What Pillow's font lacks."""


def png(drawing: Drawing) -> bytes:
    """The picture. Raises Failure if the extra `png` is not installed."""
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ImportError as error:
        raise Failure("PNG pictures need Pillow, which is not installed: pip install 'penstock[png]'") from error

    scale = SCALE if drawing.height * SCALE <= LARGEST else 1
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
            case Text():
                place = (mark.x * scale, mark.y * scale)
                words = mark.words.translate(_MISSING)
                colour = COLOURS[mark.style]
                pen.text(place, words, colour, fonts[mark.style], _ANCHORS[mark.anchor])
            case Area():
                points = [(x * scale, y * scale) for x, y in mark.points]
                pen.polygon(points, f"{mark.colour}{round(SHADE * 255):02x}")
                pen.line([*points, points[0]], mark.colour, scale)
    file = BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()
