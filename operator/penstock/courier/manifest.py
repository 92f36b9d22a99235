"""The manifest of an artifact: what it consists of, with sizes and checksums, stored beside it and written last.

An artifact without a manifest was not published in full, and does not count as there.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from penstock.core.pod.contents import Contents
from penstock.courier.problems import DamagedArtifact

FORMAT = 1
SUFFIX = ".manifest.json"
"""Names of outputs have no dots, so that no artifact can take the name of a manifest."""

FILE, DIRECTORY, ABSENT = "file", "directory", "absent"


@dataclass(frozen=True, slots=True)
class File:
    """A regular file: path within the artifact (empty if the artifact is this file), size in bytes, SHA-256."""

    path: str
    size: int
    sha256: str
    executable: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link to something within the same artifact."""

    path: str
    target: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an artifact consists of. `directories`: the empty ones; others follow from the files."""

    kind: str
    files: tuple[File, ...] = ()
    links: tuple[Link, ...] = ()
    directories: tuple[str, ...] = ()
    format: int = field(default=FORMAT)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def contents(self) -> Contents | None:
        """SHA-256 and size of the artifact; None if it is absent.

        That of a directory is over its files as `sha256sum` lists them, sorted by path: `HASH  PATH` and a line feed
        each. A symbolic link is `HASH @PATH`, of what it says, and an empty directory `HASH /PATH`, of nothing. Modes
        and times count for nothing.
        """
        if self.kind == ABSENT:
            return None
        if self.kind == FILE:
            return Contents(self.files[0].sha256, self.size)
        lines = [(file.path, f"{file.sha256}  {file.path}\n") for file in self.files]
        lines += [(link.path, f"{_sha256(link.target)} @{link.path}\n") for link in self.links]
        lines += [(path, f"{_sha256('')} /{path}\n") for path in self.directories]
        return Contents(_sha256("".join(line for _, line in sorted(lines))), self.size)

    def encode(self) -> bytes:
        """As it is stored."""
        return json.dumps(asdict(self), indent=1).encode()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def decode(data: bytes, where: str) -> Manifest:
    """The manifest that is stored at `where`; raises DamagedArtifact for one that is not sound."""
    try:
        given: dict[str, Any] = json.loads(data)
        if given["format"] != FORMAT:
            raise DamagedArtifact(f"{where} has format {given['format']}, which this version of Penstock cannot read")
        manifest = Manifest(
            str(given["kind"]),
            tuple(File(**one) for one in given["files"]),
            tuple(Link(**one) for one in given["links"]),
            tuple(map(str, given["directories"])),
        )
        for path in _paths(manifest):
            _check(path, where)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DamagedArtifact(f"{where} is not a manifest: {error!r}") from error
    return manifest


def _paths(manifest: Manifest) -> Iterator[str]:
    if manifest.kind == FILE:
        if [file.path for file in manifest.files] != [""] or manifest.links or manifest.directories:
            raise ValueError("a file is one file")
        return
    if manifest.kind not in (DIRECTORY, ABSENT):
        raise ValueError(f"kind {manifest.kind!r}")
    yield from (file.path for file in manifest.files)
    yield from (link.path for link in manifest.links)
    yield from manifest.directories


def _check(path: str, where: str) -> None:
    """A path within the artifact, which does not climb out of it."""
    if "\0" in path or any(part in ("", ".", "..") for part in path.split("/")):
        raise DamagedArtifact(f"{where} names the path {path!r}, which is not within the artifact; nothing is fetched")
