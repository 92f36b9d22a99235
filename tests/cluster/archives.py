"""Images that are a few files each, written as one Docker archive; nothing has to build them."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PATHS = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Bundle:
    """An image from nothing: ``files`` and ``links`` by the path that they have in it, without the slash in front."""

    name: str
    files: Mapping[str, Path]
    links: Mapping[str, str] = field(default_factory=dict)
    entrypoint: Sequence[str] = ()
    user: str = ""


def write(bundles: Sequence[Bundle], path: Path, architecture: str) -> None:
    """Write all of them to one archive, as ``docker save`` does."""
    with tarfile.open(path, "w") as archive:
        manifest = [_add(archive, bundle, architecture) for bundle in bundles]
        _put(archive, "manifest.json", json.dumps(manifest).encode())


def _add(archive: tarfile.TarFile, bundle: Bundle, architecture: str) -> dict[str, Any]:
    layer = _layer(bundle)
    digest = hashlib.sha256(layer).hexdigest()
    config = {
        "architecture": architecture,
        "os": "linux",
        "config": {"Env": [PATHS], "Entrypoint": list(bundle.entrypoint) or None, "User": bundle.user},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
    }
    written = json.dumps(config).encode()
    name = f"{hashlib.sha256(written).hexdigest()}.json"
    _put(archive, f"{digest}/layer.tar", layer)
    _put(archive, name, written)
    return {"Config": name, "RepoTags": [bundle.name], "Layers": [f"{digest}/layer.tar"]}


def _layer(bundle: Bundle) -> bytes:
    """The files as a layer: owned by root, with the directories that they are in and /tmp."""
    buffer = io.BytesIO()
    paths = [*bundle.files, *bundle.links]
    folders = {str(parent) for path in paths for parent in Path(path).parents} - {"."}
    with tarfile.open(fileobj=buffer, mode="w") as layer:
        for folder in sorted({*folders, "tmp", "etc", "run"} - set(bundle.links)):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            layer.addfile(entry)
        for inside, target in sorted(bundle.links.items()):
            entry = tarfile.TarInfo(inside)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            layer.addfile(entry)
        for inside, path in sorted(bundle.files.items()):
            entry = tarfile.TarInfo(inside)
            entry.size, entry.mode = path.stat().st_size, 0o755
            with path.open("rb") as content:
                layer.addfile(entry, content)
    return buffer.getvalue()


def _put(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))
