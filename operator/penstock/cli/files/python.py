"""Manifests that are written in Python, in modules and notebooks."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from penstock.cluster.documents import Document, Unreadable
from penstock.python.code import Files
from penstock.python.compiler import compile_text
from penstock.python.notebook import UnreadableNotebook, code_of


def documents_of(text: str, name: str) -> Iterator[Document | Unreadable]:
    """The manifests of a module or notebook; what cannot be read of it, if there is any."""
    notebook = name.endswith(".ipynb")
    rows: list[tuple[int, int]] = []
    if notebook:
        try:
            text, rows = code_of(text)
        except UnreadableNotebook as error:
            yield Unreadable(name, None, str(error))
            return

    def place(line: int) -> tuple[str, int]:
        if not rows:
            return name, line
        cell, row = rows[min(line, len(rows)) - 1]
        return f"{name}, cell {cell}", row

    found = compile_text(text, os.path.basename(name), rows if notebook else None, partial(_beside, Path(name).parent))
    yield from (Unreadable(*place(one.line), one.message) for one in found.problems)
    if found.problems:
        return
    if not found.manifests:
        what = "has no @pipeline: decorate the function that calls the steps with it (from penstock import pipeline)"
        yield Unreadable(name, None, what)
    for one in found.manifests:
        places = {path: place(line) for path, line in one.lines.items()}
        file, line = places.get("", (name, 1))
        yield Document(file, line, one.data, places=places)


def _beside(folder: Path, name: str) -> Files:
    """The files of a module in a folder, or of a package in it: all Python in that, at any depth."""
    if (folder / name / "__init__.py").is_file():
        found = sorted((folder / name).rglob("*.py"))
    else:
        found = [path for path in (folder / f"{name}.py",) if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found if path.is_file()}
