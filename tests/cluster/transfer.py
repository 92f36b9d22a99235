"""An image's way from buildah's storage to a node's containerd: only the layers that the node has not."""

from __future__ import annotations

import hashlib
import json
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from tests.cluster.containerd import Containerd
from tests.cluster.engines import BUILDAH
from tests.cluster.progress import stage


def load(containerd: Containerd, name: str) -> None:
    """Import the image unless the node has it, whole."""
    if containerd.has(name) and identity(containerd, name) == BUILDAH.identity(name):
        return
    with stage(f"loading {name}"), tempfile.TemporaryDirectory(prefix="penstock-image-") as folder:
        exported, archive = Path(folder) / "exported", Path(folder) / "image.tar"
        BUILDAH.export(name, exported)
        _pack(exported, archive, name, containerd.blobs())
        containerd.ctr("images", "import", archive)


def identity(containerd: Containerd, name: str) -> str:
    """The id of the image that the node has by this name (its configuration's digest); empty if it has none."""
    manifest = containerd.images().get(name)
    if manifest is None:
        return ""
    content: dict[str, Any] = json.loads(containerd.ctr("content", "get", manifest))
    return str(content["config"]["digest"]).removeprefix("sha256:")


def _pack(exported: Path, archive: Path, name: str, present: set[str]) -> None:
    """Write an OCI archive of an exported image, without the blobs that are present already."""
    manifest = (exported / "manifest.json").read_bytes()
    content: dict[str, Any] = json.loads(manifest)
    digest = hashlib.sha256(manifest).hexdigest()
    descriptor = {
        "mediaType": content["mediaType"],
        "digest": f"sha256:{digest}",
        "size": len(manifest),
        "annotations": {"io.containerd.image.name": name},
    }
    index = {"schemaVersion": 2, "manifests": [descriptor]}
    (exported / "index.json").write_text(json.dumps(index))
    (exported / "oci-layout").write_text(json.dumps({"imageLayoutVersion": "1.0.0"}))
    with tarfile.open(archive, "w") as tar:
        for file in ("oci-layout", "index.json"):
            tar.add(exported / file, arcname=file)
        tar.add(exported / "manifest.json", arcname=f"blobs/sha256/{digest}")
        for blob in dict.fromkeys(each["digest"] for each in (content["config"], *content["layers"])):
            if blob not in present:
                hexadecimal = blob.removeprefix("sha256:")
                tar.add(exported / hexadecimal, arcname=f"blobs/sha256/{hexadecimal}")
