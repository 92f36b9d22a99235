"""A new project: its files, made of `templates/`, which has them as they will lie, each with `.in` at its end.

What depends on the project stands as `@word@` in them."""

import importlib.metadata
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from penstock.api.base import API_VERSION
from penstock.api.parse import InvalidManifest, parse
from penstock.cluster.failure import Failure

Language = Literal["python", "yaml"]

TEMPLATES = Path(__file__).parents[1] / "templates"
PIPELINES: Mapping[Language, str] = {"python": "pipeline.py", "yaml": "pipeline.yaml"}
"""The file that the pipeline is in."""
KEPT = {"README.md", ".gitignore"}
"""What a repository often has before its first pipeline: left as it is."""


def named(directory: Path, name: str | None) -> str:
    """The name of a project's Pipeline: the one that is given, or the directory's, as a label has it.

    Raises Failure if that can be the name of no Pipeline.
    """
    given = directory.resolve().name if name is None else name
    found = given.lower().replace("_", "-") if name is None else given
    step = {"name": "a", "image": "a"}
    try:
        parse({"apiVersion": API_VERSION, "kind": "Pipeline", "metadata": {"name": found}, "spec": {"steps": [step]}})
    except InvalidManifest as error:
        words = f"{given!r} cannot be the name of the Pipeline: {error.problems[0][1]}"
        raise Failure(words if name is not None else f"{words}; give it one with --name") from error
    return found


def files(name: str, language: Language) -> dict[str, str]:
    """The files of a project, by their paths in it."""
    words = {"project": name, "file": PIPELINES[language], "requirement": requirement()}
    found = {}
    for root in (TEMPLATES / language, TEMPLATES / "any"):
        for template in sorted(one for one in root.rglob("*.in") if one.is_file()):
            path = template.relative_to(root).as_posix().removesuffix(".in")
            found[path] = re.sub(r"@([a-z]+)@", lambda word: words[word[1]], template.read_text(encoding="utf-8"))
    return found


def origin() -> Mapping[str, Any]:
    """Where this Penstock was installed from: its metadata (PEP 610); nothing, if that was an index."""
    found: Mapping[str, Any] = json.loads(_distribution().read_text("direct_url.json") or "{}")
    return found


def requirement() -> str:
    """What pip installs to have this Penstock (PEP 508): from where this one came, if others can get there."""
    where = origin()
    url, source = str(where.get("url", "")), where.get("vcs_info")
    if not url or url.startswith("file:"):
        return f"penstock=={_distribution().version}"
    return f"penstock @ {source['vcs']}+{url}@{source['commit_id']}" if source else f"penstock @ {url}"


def _distribution() -> importlib.metadata.Distribution:
    return importlib.metadata.distribution("penstock")


def write(directory: Path, wanted: Mapping[str, str]) -> list[str]:
    """Writes files that are not there; returns the paths of those that were written.

    Raises Failure if one cannot be written, or is there and not of KEPT; then nothing is written.
    """
    there = [path for path in wanted if os.path.lexists(directory / path)]
    if taken := [path for path in there if path not in KEPT]:
        raise Failure(f"{directory} has {', '.join(taken)} already; nothing was written: name another folder")
    written = []
    try:
        for path in (path for path in wanted if path not in there):
            place = directory / path
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("x", encoding="utf-8") as file:
                file.write(wanted[path])
            written.append(path)
    except OSError as error:
        raise Failure(f"{directory / path} cannot be written: {error.strerror}") from error
    return written
