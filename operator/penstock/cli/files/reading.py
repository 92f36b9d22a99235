"""Reads manifests from files, folders and standard input."""

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from penstock.cluster.documents import Document, Unreadable, parse
from penstock.cluster.failure import Failure

LARGEST = 32 * 1024 * 1024
SUFFIXES = (".yaml", ".yml", ".json")
PYTHON = (".py", ".ipynb")
STDIN = "-"


def read(paths: Sequence[str]) -> Iterator[Document | Unreadable]:
    """The documents of files, of folders (`*.yaml`, `*.yml`, `*.json` in them, hidden ones left out) and of `-`.

    Python and notebooks are read where they are named, not where a folder holds them.

    Raises Failure for a path that is not there.
    """
    seen: set[str] = set()
    for path in paths:
        for source in _files(path):
            if os.path.realpath(source) not in seen:
                seen.add(os.path.realpath(source))
                yield from _read_file(source, searched=source != path)


def _files(path: str) -> Iterator[str]:
    if path == STDIN or os.path.isfile(path) or (os.path.exists(path) and not os.path.isdir(path)):
        yield path
    elif os.path.isdir(path):
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            yield from (
                os.path.join(folder, name)
                for name in sorted(names)
                if name.endswith(SUFFIXES) and not name.startswith(".")
            )
    else:
        raise Failure(f"there is no file or folder {path!r}")


def _read_file(source: str, searched: bool) -> Iterator[Document | Unreadable]:
    name = "<stdin>" if source == STDIN else source
    try:
        raw = sys.stdin.buffer.read(LARGEST + 1) if source == STDIN else _bytes(Path(source))
    except OSError as error:
        yield Unreadable(name, None, f"cannot be read: {error.strerror}")
        return
    if len(raw) > LARGEST:
        yield Unreadable(name, None, f"is larger than {LARGEST // 1024**2} MiB; no API server takes that")
        return
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        yield Unreadable(name, line, f"is not UTF-8 (byte {raw[error.start]:#04x}); save the file as UTF-8")
        return
    if name.endswith(PYTHON):
        from penstock.cli.files.python import documents_of  # only where needed: YAML is to be read fast

        yield from documents_of(text, name)
        return
    yield from parse(text, name, searched)


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST + 1)
