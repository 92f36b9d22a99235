"""Reads what a step has left on a claim, where nothing is published, for the SHA-256 and the size of each artifact."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from penstock.core.pod.contents import Contents, told
from penstock.courier.manifest import ABSENT, File, Manifest
from penstock.courier.problems import InvalidArtifact
from penstock.courier.scan import scan


def measure(directory: Path, names: Iterable[str]) -> tuple[dict[str, Contents | None], list[str]]:
    """The contents of the artifacts of these names, and a line about each.

    One that cannot be read has none, and does no harm: on a claim an artifact is whatever its consumers can use.
    """
    found: dict[str, Contents | None] = {}
    lines = []
    for name in names:
        try:
            manifest = _read(directory / name, name)
        except (InvalidArtifact, OSError) as error:
            found[name] = None
            lines.append(f"not measured: {error}")
            continue
        found[name] = manifest.contents
        lines.append(f"measured {name}: {len(manifest.files)} files, {manifest.size:,} bytes")
    return found, lines


def message(directory: Path, names: Iterable[str]) -> str:
    """The same as a termination message (core/pod/contents.py)."""
    return told(measure(directory, names)[0])


def _read(root: Path, name: str) -> Manifest:
    found = scan(root, name)
    if found is None:
        return Manifest(ABSENT)
    files = tuple(_file(root / path if path else root, path) for path in found.files)
    return Manifest(found.kind, files, tuple(found.links), tuple(found.directories))


def _file(source: Path, path: str) -> File:
    with source.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return File(path, file.tell(), digest.hexdigest())
