"""Columns of text as kubectl prints them: upper-case headings, three spaces between, one line a row."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.text import Text

GAP = 3


@dataclass(frozen=True, slots=True)
class Cell:
    """A text with the style it has on a terminal."""

    text: str
    style: str = ""


def clean(words: object) -> str:
    """One line without control characters: what containers and users wrote cannot move the cursor."""
    line = " ".join(str(words).split())
    return "".join(one for one in line if unicodedata.category(one) not in ("Cc", "Cf", "Cs"))


def columns(
    heading: Sequence[str], rows: Sequence[Sequence[Cell]], width: int | None = None, drop_empty: bool = False
) -> list[Text]:
    """The lines of a table. `width` clips the last column; `drop_empty` leaves out columns without any text."""
    kept = [at for at in range(len(heading)) if not drop_empty or any(row[at].text for row in rows)]
    titles = [Cell(heading[at], "bold") for at in kept]
    table = [titles, *([Cell(_clean_cell(row[at].text), row[at].style) for at in kept] for row in rows)]
    widths = [max(cell_len(row[at].text) for row in table) for at in range(len(kept))]
    return [_line(row, widths, width) for row in table]


def _clean_cell(words: str) -> str:
    indent = len(words) - len(words.lstrip(" "))
    return " " * indent + clean(words)


def _line(row: Sequence[Cell], widths: Sequence[int], width: int | None) -> Text:
    line = Text(no_wrap=True, overflow="crop")
    used = 0
    for at, cell in enumerate(row):
        last = at == len(row) - 1
        line.append(cell.text if last else set_cell_size(cell.text, widths[at]), cell.style)
        used += widths[at] + GAP
        if not last:
            line.append(" " * GAP)
    if width:
        line.truncate(width, overflow="ellipsis")
    line.rstrip()
    return line
