"""The code of a notebook's cells as one text, and the cell that each of its lines is from."""

import json
import re
from collections.abc import Iterator

_MAGIC = re.compile(r"(\s*)([%!?].*|[\w.]+\?{1,2}\s*)$")
_TIMED = ("%%time", "%%timeit", "%%capture")
"""Magics of a whole cell that is Python all the same."""


class UnreadableNotebook(ValueError):
    """A text that is no notebook; the message says why."""


def code_of(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The code of all code cells, and cell and line, both from 1, of each line of it.

    Magics and shell commands do nothing here; a cell that is not Python is left out.
    """
    try:
        cells = json.loads(text)["cells"]
        sources = ["".join(one["source"]) for one in cells if one["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UnreadableNotebook("is no notebook of format 4; save it again with Jupyter") from None
    lines: list[str] = []
    rows: list[tuple[int, int]] = []
    for cell, source in enumerate(sources, 1):
        for row, line in enumerate(_python(source.split("\n")), 1):
            lines.append(line)
            rows.append((cell, row))
    return "\n".join(lines) + "\n", rows


def _python(lines: list[str]) -> Iterator[str]:
    if lines[0].startswith("%%") and not lines[0].startswith(_TIMED):
        return
    for line in lines:
        magic = _MAGIC.match(line)
        yield f"{magic[1]}pass" if magic else line
