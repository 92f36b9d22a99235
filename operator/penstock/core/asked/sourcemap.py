"""Where the lines of scripts are from: an annotation of the Pipeline, by which `File "<string>", line 14` is read.

`{"file": "digits.py", "scripts": {DIGEST: "3+2,31+14"}}`: of the script with that digest two lines are from line 3 on,
then 14 from line 31 on; `5/3+2` is line 3 of a notebook's fifth cell. What follows is the harness. A Step tells its
script, so nothing else has to be known of it.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice

from penstock.api.base import GROUP
from penstock.core.names import short_hash

SOURCE = f"{GROUP}/source"
"""The annotation."""

ARCHIVE = "code.zip"
"""Modules of the author's that steps import are in a file of this name, as they are."""

FRAME = 'File "'
"""What every frame of a traceback begins with; a text without it stays as it is."""

Scripts = dict[str, Sequence[int]]
"""By the digest of each script, the line that each of its lines is from."""
Place = tuple[int, int]
"""Cell, 0 where there are none, and line in it."""

# Anybody may have written the text and the annotation: numbers are short, and nothing is looked at again and again.
_NUMBER = r"(\d{1,9})"
_FRAME = re.compile(rf'{FRAME}<string>", line {_NUMBER}(, in (\w+))?')
_MODULE = re.compile(rf'{FRAME}(?>[^"\n]*?/{re.escape(ARCHIVE)}/)([^"\n]++)", line {_NUMBER}')
_RUN = re.compile(rf"(?:{_NUMBER}/)?{_NUMBER}\+{_NUMBER}")
_FUNCTION = re.compile(r"def (\w+)\(")


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


@dataclass(frozen=True, slots=True)
class _Script:
    """Where the lines of a script are from, and the line at which each of its functions is first defined."""

    places: Sequence[Place]
    functions: Mapping[str, int]


class Origins:
    """The annotation of a Pipeline, read. One whose file has a name that cannot be printed in a line counts as none."""

    def __init__(self, annotations: Mapping[str, object] | None) -> None:
        self.file = ""
        self._scripts: Mapping[str, object] = {}
        self._known = cache(self._read)
        try:
            found = json.loads(str((annotations or {}).get(SOURCE) or "{}"))
            file, scripts = str(found["file"]), dict(found["scripts"])
        except (ValueError, KeyError, TypeError, RecursionError):
            return  # there is none, or it is somebody else's
        if file.isprintable():
            self.file, self._scripts = file, scripts

    def __bool__(self) -> bool:
        return bool(self._scripts)

    def translate(self, text: str, scripts: Sequence[str]) -> str:
        """The text with each frame of one of the scripts at its place in the file. Its lines stay as many."""
        known = [found for script in scripts if (found := self._known(script))]
        if not known:
            return text
        return _FRAME.sub(lambda frame: self._place(frame, known), _MODULE.sub(r"\1:\2", text))

    def _read(self, script: str) -> _Script | None:
        lines = script.split("\n")
        runs = _RUN.findall(str(self._scripts.get(short_hash(script)) or ""))
        places = ((int(cell or 0), int(first) + more) for cell, first, count in runs for more in range(int(count)))
        functions: dict[str, int] = {}
        for number, line in enumerate(lines, 1):
            for name in _FUNCTION.findall(line):
                functions.setdefault(name, number)
        return _Script(list(islice(places, len(lines))), functions) if runs else None

    def _place(self, frame: re.Match[str], known: Sequence[_Script]) -> str:
        line, function = int(frame[1]), frame[3]
        for script in known:
            if 0 < line <= len(script.places) and (not function or script.functions.get(function, line + 1) <= line):
                cell, row = script.places[line - 1]
                place = f"{self.file}, cell {cell}:{row}" if cell else f"{self.file}:{row}"
                return f"{place}{frame[2] or ''}"
        return frame[0]
