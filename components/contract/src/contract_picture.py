"""The picture of a check against a contract: a line for each term, kept or broken."""

from collections.abc import Sequence
from pathlib import Path

from contract_checks import Finding
from penstock_ml.picture import FAINT, INK, RIGHT, WRONG
from PIL import Image, ImageDraw, ImageFont

WIDTH, MARGIN, LINE, MOST = 760, 24, 24, 40


def draw(title: str, findings: Sequence[Finding], rows: int, path: Path) -> None:
    """Writes a PNG: the checks, broken ones first; at most 40 of them."""
    small, large = ImageFont.load_default(size=14), ImageFont.load_default(size=18)
    ordered = sorted(findings, key=lambda finding: finding.kept)
    shown = ordered[:MOST]
    broken = sum(not finding.kept for finding in findings)
    image = Image.new("RGB", (WIDTH, MARGIN * 2 + 66 + LINE * (len(shown) + (len(ordered) > MOST))), "white")
    pen = ImageDraw.Draw(image)
    said = f"{broken} of {len(findings)} checks are broken" if broken else f"all {len(findings)} checks are kept"
    pen.text((MARGIN, MARGIN), f"{_cut(title, 40)}: {said}", fill=WRONG if broken else INK, font=large)
    pen.text((MARGIN, MARGIN + 28), f"{rows} rows", fill=FAINT, font=small)
    for number, finding in enumerate(shown):
        y = MARGIN + 66 + LINE * number
        pen.rectangle((MARGIN, y + 3, MARGIN + 12, y + 15), fill=RIGHT if finding.kept else WRONG)
        pen.text((MARGIN + 24, y), _cut(finding.check.name, 70), fill=INK, font=small)
        if not finding.kept:
            words = f"rows: {len(finding.rows)}" if finding.rows else f"found {finding.value:g}"
            pen.text((WIDTH - MARGIN, y), words, fill=WRONG, font=small, anchor="ra")
    if len(ordered) > MOST:
        pen.text((MARGIN, MARGIN + 66 + LINE * MOST), f"and {len(ordered) - MOST} more", fill=FAINT, font=small)
    image.save(path, format="PNG", optimize=True)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
