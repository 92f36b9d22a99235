"""Fetches artifacts into the pod, and refuses what is not as it was published."""

import hashlib
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from penstock.core.pod.transfer import Transfer
from penstock.courier.manifest import ABSENT, DIRECTORY, SUFFIX, File, Manifest, decode
from penstock.courier.problems import CourierError, DamagedArtifact
from penstock.courier.scan import inside
from penstock.courier.store import PIECE, Missing, Store

WORKERS = 4
"""Small files under way at once."""
MAX_MANIFEST = 64 * 1024 * 1024


def fetch(transfer: Transfer, store: Store) -> list[str]:
    """Fetches every artifact to its path; returns a line about each.

    Raises:
        DamagedArtifact: what is stored is not what was published.
        CourierError: it is not there, or the store did not give it.
    """
    return [_artifact(store, key, Path(target)) for key, target in transfer.wanted()]


def _artifact(store: Store, key: str, target: Path) -> str:
    where = store.at(f"{key}{SUFFIX}")
    try:
        size, text = store.get(f"{key}{SUFFIX}", MAX_MANIFEST)
    except Missing as error:
        raise CourierError(
            f"the artifact {store.at(key)} is not there (no manifest): it was deleted from the bucket; "
            "rerun the step that produces it"
        ) from error
    if size > MAX_MANIFEST:
        raise DamagedArtifact(f"{where} has {size:,} bytes; no manifest is that large")
    manifest = decode(text, where)
    try:
        _restore(store, key, target, manifest)
    except OSError as error:
        raise CourierError(f"cannot write {error.filename or target}: {error.strerror}") from error
    return f"fetched {target}: {len(manifest.files)} files, {manifest.size:,} bytes, checksums verified"


def _restore(store: Store, key: str, target: Path, manifest: Manifest) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if manifest.kind == ABSENT:
        return
    if manifest.kind == DIRECTORY:
        target.mkdir()
        _folders(target, manifest)
    small = [file for file in manifest.files if file.size <= PIECE]
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(lambda file: _file(store, key, target, file), small))
    for file in manifest.files:
        if file.size > PIECE:
            _file(store, key, target, file)
    for link in manifest.links:  # last, so that nothing is written through one
        (target / link.path).symlink_to(link.target)
    for link in manifest.links:
        if os.path.isabs(link.target) or not inside(target / link.path, target):
            raise DamagedArtifact(f"{store.at(key)}: the link {link.path!r} leads out of the artifact")


def _folders(target: Path, manifest: Manifest) -> None:
    paths = [*(file.path for file in manifest.files), *(link.path for link in manifest.links)]
    parents = {os.path.dirname(path) for path in paths}
    for folder in sorted({*manifest.directories, *parents} - {""}):
        (target / folder).mkdir(parents=True, exist_ok=True)


def _file(store: Store, key: str, target: Path, file: File) -> None:
    source = f"{key}/{file.path}" if file.path else key
    path = target / file.path if file.path else target
    mode = 0o755 if file.executable else 0o644
    digest = hashlib.sha256()
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode), "wb", buffering=0) as out:
        for piece in _pieces(store, source, file):
            digest.update(piece)
            out.write(piece)
    if digest.hexdigest() != file.sha256:
        raise DamagedArtifact(
            f"checksum mismatch: {store.at(source)} has SHA-256 {digest.hexdigest()}, its manifest says {file.sha256}; "
            "it was changed after it was published; rerun the step that produces it"
        )


def _pieces(store: Store, source: str, file: File) -> Iterable[bytes]:
    try:
        if file.size <= PIECE:
            stored, data = store.get(source, file.size)
            pieces: Iterable[bytes] = (data,)
        else:
            stored = store.size(source)
            pieces = store.download(source, file.size)
    except Missing as error:
        raise DamagedArtifact(f"{store.at(source)} is in the manifest, but not there; it was deleted") from error
    if stored != file.size:
        raise DamagedArtifact(
            f"checksum mismatch: {store.at(source)} has {stored:,} bytes, its manifest says {file.size:,}; "
            "it was changed after it was published; rerun the step that produces it"
        )
    return pieces
