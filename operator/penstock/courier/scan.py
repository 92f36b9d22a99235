"""Looks through what a step has left as an artifact, and refuses what cannot be handed on."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from penstock.courier.manifest import DIRECTORY, FILE, Link
from penstock.courier.problems import InvalidArtifact

MAX_ENTRIES = 50_000
MAX_PATH = 900
"""Bytes of a path within an artifact; S3 allows 1,024 for a whole key."""


@dataclass(slots=True)
class Found:
    """What an artifact consists of. Paths are relative to it; that of a single file is empty."""

    kind: str
    files: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    directories: list[str] = field(default_factory=list)


def scan(root: Path, name: str) -> Found | None:
    """The contents of output `name` at `root`; None if nothing is there. Links are not followed.

    Raises:
        InvalidArtifact: links that leave the artifact, devices, pipes, sockets, names that no object can have.
    """
    try:
        mode = root.lstat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(mode):
        raise InvalidArtifact(f"artifact {name!r} is a symbolic link; write the file or directory itself to OUTPUT_*")
    if stat.S_ISREG(mode):
        return Found(FILE, [""])
    if not stat.S_ISDIR(mode):
        raise InvalidArtifact(f"artifact {name!r} is {_kind(mode)}; only files and directories can be handed on")
    found = Found(DIRECTORY)
    for count, entry in enumerate(_walk(root, root, name, found)):
        if count >= MAX_ENTRIES:
            raise InvalidArtifact(f"artifact {name!r} has more than {MAX_ENTRIES:,} entries; pack them into an archive")
        _take(entry, root, name, found)
    return found


def _walk(folder: Path, root: Path, name: str, found: Found) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise InvalidArtifact(f"artifact {name!r}: {folder.relative_to(root)}: {error.strerror}") from error
    if not listed and folder != root:
        found.directories.append(str(folder.relative_to(root)))
    for entry in listed:
        yield entry
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), root, name, found)


def _take(entry: os.DirEntry[str], root: Path, name: str, found: Found) -> None:
    path = os.path.relpath(entry.path, root)
    where = f"artifact {name!r} holds {path!r}"
    _check_name(path, where)
    if entry.is_symlink():
        target = os.readlink(entry.path)
        if os.path.isabs(target) or not inside(Path(entry.path), root):
            raise InvalidArtifact(f"{where}, a link to {target!r} outside the artifact; copy what it points to")
        found.links.append(Link(path, target))
    elif entry.is_file(follow_symlinks=False):
        found.files.append(path)
    elif not entry.is_dir(follow_symlinks=False):
        raise InvalidArtifact(f"{where}, {_kind(entry.stat(follow_symlinks=False).st_mode)}; it cannot be handed on")


def _check_name(path: str, where: str) -> None:
    try:
        size = len(path.encode("utf-8"))
    except UnicodeEncodeError:
        raise InvalidArtifact(f"{where}, a name that is not UTF-8; rename it") from None
    if size > MAX_PATH:
        raise InvalidArtifact(f"{where[:200]}…, a path of {size:,} bytes; at most {MAX_PATH} are allowed")
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in path):
        raise InvalidArtifact(f"{where}, a name with a control character; rename it")


def inside(path: Path, root: Path) -> bool:
    """Whether what a path leads to, through all links, is the root or within it."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))


def _kind(mode: int) -> str:
    kinds = {
        stat.S_IFIFO: "a named pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a character device",
        stat.S_IFBLK: "a block device",
    }
    return kinds.get(stat.S_IFMT(mode), "something unknown")
