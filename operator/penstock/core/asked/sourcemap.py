"""Where the lines of scripts are from: an annotation of the Pipeline, by which `File "<string>", line 14` is read.

`{"file": "digits.py", "scripts": {DIGEST: "3+2,31+14"}}`: of the script with that digest two lines are from line 3 on,
then 14 from line 31 on; `5/3+2` is line 3 of a notebook's fifth cell. What follows is the harness. A Step tells its
script, so nothing else has to be known of it.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from penstock.api.base import GROUP
from penstock.core.names import short_hash

SOURCE = f"{GROUP}/source"
"""The annotation."""

ARCHIVE = "code.zip"
"""Modules of the author's that steps import are in a file of this name, as they are."""

Scripts = dict[str, Sequence[int]]
"""By the digest of each script, the line that each of its lines is from."""
Place = tuple[int, int]
"""Cell, 0 where there are none, and line in it."""

_FRAME = re.compile(r'File "<string>", line (\d+)(, in (\w+))?')
_MODULE = re.compile(rf'File "[^"]*/{re.escape(ARCHIVE)}/([^"]+)", line (\d+)')
_RUN = re.compile(r"(?:(\d+)/)?(\d+)\+(\d+)")


def annotation(file: str, scripts: Scripts, cells: Sequence[Place] | None = None) -> str:
    """The value of the annotation. `cells`: the place of each line of a notebook's code."""
    found = {
        digest: ",".join(_runs([cells[row - 1] if cells else (0, row) for row in rows]))
        for digest, rows in sorted(scripts.items())
    }
    return json.dumps({"file": file, "scripts": found}, separators=(",", ":"))


def _runs(places: Sequence[Place]) -> Iterator[str]:
    at = 0
    while at < len(places):
        (cell, first), count = places[at], 1
        while at + count < len(places) and places[at + count] == (cell, first + count):
            count += 1
        yield f"{f'{cell}/' if cell else ''}{first}+{count}"
        at += count


class Origins:
    """The annotation of a Pipeline, read."""

    def __init__(self, annotations: Mapping[str, object] | None) -> None:
        self.file = ""
        self._scripts: Mapping[str, object] = {}
        try:
            found = json.loads(str((annotations or {}).get(SOURCE) or "{}"))
            self.file, self._scripts = str(found["file"]), dict(found["scripts"])
        except (ValueError, KeyError, TypeError):
            return  # there is none, or it is somebody else's

    def __bool__(self) -> bool:
        return bool(self._scripts)

    def translate(self, text: str, scripts: Sequence[str]) -> str:
        """The text with each frame of one of the scripts at its place in the file."""
        known = [(script.split("\n"), rows) for script in scripts if (rows := self._rows(script))]
        if not known:
            return text
        return _FRAME.sub(lambda frame: self._place(frame, known), _MODULE.sub(r"\1:\2", text))

    def _rows(self, script: str) -> list[Place]:
        runs = _RUN.findall(str(self._scripts.get(short_hash(script)) or ""))
        return [(int(cell or 0), int(first) + more) for cell, first, count in runs for more in range(int(count))]

    def _place(self, frame: re.Match[str], known: Sequence[tuple[list[str], list[Place]]]) -> str:
        line, function = int(frame[1]), frame[3]
        for lines, rows in known:
            if line <= len(rows) and (not function or any(f"def {function}(" in one for one in lines[:line])):
                cell, row = rows[line - 1]
                place = f"{self.file}, cell {cell}:{row}" if cell else f"{self.file}:{row}"
                return f"{place}{frame[2] or ''}"
        return frame[0]
