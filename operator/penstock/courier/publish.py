"""Publishes what a step has left: files first, checksummed as they are read, the manifest last."""

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from penstock.core.pod.transfer import Transfer
from penstock.courier.manifest import ABSENT, SUFFIX, File, Manifest
from penstock.courier.problems import CourierError, InvalidArtifact
from penstock.courier.scan import Found, scan
from penstock.courier.store import PIECE, Store, pieces_of

WORKERS = 4
"""Small files under way at once."""


def publish(transfer: Transfer, store: Store) -> dict[str, Manifest]:
    """Publishes every declared output; returns what each consists of, by name.

    Raises:
        InvalidArtifact: an output is missing or unsafe. Then nothing of any output has been published.
        CourierError: the store did not take it.
    """
    found = {name: scan(Path(transfer.directory) / name, name) for name in transfer.publish}
    missing = [name for name, one in found.items() if one is None and not transfer.publish[name]]
    if missing:
        raise InvalidArtifact("; ".join(f"artifact {name!r} was not written" for name in missing))
    published = {}
    for name, one in found.items():
        manifest = _upload(store, f"{transfer.place}/{name}", Path(transfer.directory) / name, one)
        store.put(f"{transfer.place}/{name}{SUFFIX}", manifest.encode())
        published[name] = manifest
    return published


def announce(transfer: Transfer, store: Store, attempt: bytes) -> None:
    """Writes what the attempt is, before its step runs: credentials that do not suffice show now, not hours later."""
    if transfer.publish:
        store.put(f"{transfer.place}/attempt.json", attempt)


def _upload(store: Store, key: str, root: Path, found: Found | None) -> Manifest:
    if found is None:
        return Manifest(ABSENT)
    small: list[tuple[str, int]] = []
    large: list[tuple[str, int]] = []
    for path in found.files:
        size = (root / path if path else root).lstat().st_size
        (small if size <= PIECE else large).append((path, size))
    with ThreadPoolExecutor(WORKERS) as pool:
        files = list(pool.map(lambda one: _file(store, key, root, *one), small))
    files += [_file(store, key, root, path, size) for path, size in large]
    files.sort(key=lambda file: file.path)
    return Manifest(found.kind, tuple(files), tuple(found.links), tuple(found.directories))


def _file(store: Store, key: str, root: Path, path: str, size: int) -> File:
    source = root / path if path else root
    target = f"{key}/{path}" if path else key
    digest, count = hashlib.sha256(), 0

    def pieces() -> Iterator[bytes]:
        nonlocal count
        for piece in pieces_of(source):
            digest.update(piece)
            count += len(piece)
            yield piece

    try:
        if size <= PIECE:
            store.put(target, b"".join(pieces()))
        else:
            store.upload(target, pieces(), size)
        executable = bool(source.lstat().st_mode & 0o111)
    except OSError as error:
        raise CourierError(f"cannot read {os.fspath(source)}: {error.strerror}") from error
    return File(path, count, digest.hexdigest(), executable)
