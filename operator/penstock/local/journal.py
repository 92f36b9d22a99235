"""Every change of an object on disk, written before anybody is told of it: what a `kill -9` leaves is a state that was.

The file is a line that names the format, then a line for each change: a checksum, and the kind (in plural), namespace,
name and object as JSON (null: it is gone). The last line may be torn; it does not count, nor does anything behind a
line whose checksum is wrong. One process writes (see local/folder.py); others may read meanwhile.
"""

import os
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import orjson

from penstock.local.objects import Key, Object

HEAD = b"penstock-journal 1\n"
FORGOTTEN = ("events", "secrets", "configmaps")
"""Kinds that are kept in memory alone."""
MUCH = 1000
"""Outdated lines for which the journal is not written anew yet."""


class Unreadable(Exception):
    """The file is no journal, or one of another version."""


class Journal:
    """One file. `objects`, `version`: what it told when it was opened, and the next version that no object has had."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.objects: dict[Key, Object] = {}
        self.version = 1
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._end = self._read_all()

    def close(self) -> None:
        """Makes it outlast the machine, too."""
        with suppress(OSError):
            os.fsync(self._file)
        os.close(self._file)

    def record(self, key: Key, obj: Object | None) -> None:
        """Adds a change. Raises OSError if it cannot be kept, and the file is as before then."""
        if key[0] not in FORGOTTEN:
            self._write(_line(key, obj))

    def _write(self, line: bytes) -> None:
        left = memoryview(line)
        try:
            while left:  # a disk that is nearly full takes some of it
                left = left[os.write(self._file, left) :]
        except OSError:
            os.ftruncate(self._file, self._end)
            raise
        self._end += len(line)

    def _read_all(self) -> int:
        """Takes in what it tells, cuts off what a crash has torn, and is written anew if most of it is outdated."""
        lines = 0
        end = len(HEAD)
        text = self.path.read_bytes()
        if len(text) < len(HEAD) and HEAD.startswith(text):  # new, or torn when it was
            self._renew()
            return os.lseek(self._file, 0, os.SEEK_END)
        for key, obj, after in changes(text, self.path):
            lines, end = lines + 1, after
            if obj is None:
                self.objects.pop(key, None)
            else:
                self.objects[key] = obj
                self.version = max(self.version, int(obj["metadata"]["resourceVersion"]) + 1)
        if lines > 2 * len(self.objects) + MUCH:
            self._renew()
            return os.lseek(self._file, 0, os.SEEK_END)
        os.ftruncate(self._file, end)
        return end

    def _renew(self) -> None:
        """Writes what holds into a new file, which then takes the place of the old one at once."""
        new = self.path.with_suffix(".new")
        with open(new, "wb", opener=_for_its_user) as file:
            file.write(HEAD)
            file.writelines(_line(key, obj) for key, obj in self.objects.items())
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path)
        os.close(self._file)
        self._file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)


def read(path: Path) -> dict[Key, Object]:
    """The objects that a journal tells of, without touching it; none if it is not there."""
    found: dict[Key, Object] = {}
    text = path.read_bytes() if path.exists() else b""
    for key, obj, _ in changes(text, path) if len(text) >= len(HEAD) else ():
        found[key] = obj if obj is not None else {}
    return {key: obj for key, obj in found.items() if obj}


def changes(text: bytes, path: Path) -> Iterator[tuple[Key, Object | None, int]]:
    """Each change that counts, and where its line ends. Raises Unreadable."""
    if not text.startswith(HEAD):
        raise Unreadable(f"{path} is no journal that this version of penstock reads; move it away to begin anew")
    begin = len(HEAD)
    while (end := text.find(b"\n", begin)) >= 0:
        data = text[begin + 9 : end]
        if text[begin : begin + 9] != b"%08x " % zlib.crc32(data):
            return
        plural, namespace, name, obj = orjson.loads(data)
        begin = end + 1
        yield (plural, namespace, name), obj, begin


def _for_its_user(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _line(key: Key, obj: Object | None) -> bytes:
    data = orjson.dumps([*key, obj])
    return b"%08x %b\n" % (zlib.crc32(data), data)
