"""The image of kind's nodes where no registry can be had: from Debian packages, Go modules and kind's own files.

It is what kind's ``images/base`` and ``kind build node-image`` make, with three differences: Debian 12, because systemd
of Debian 13 refuses cgroup v1; a network of pods that a script sets up (``network.sh``) in place of kindnet; and in the
pods' images nothing but programs that are static.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import tempfile
from pathlib import Path

from tests.cluster import archives, binaries, debian, nodepods
from tests.cluster.binaries import binary
from tests.cluster.commands import run
from tests.cluster.engines import Engine
from tests.cluster.paths import HERE, cache_dir, locked, made
from tests.cluster.progress import stage

NAME = "localhost/penstock-kind-node"
PROGRAMS = {
    "usr/bin": ("kubeadm", "kubelet", "kubectl"),
    "usr/local/bin": ("crictl", "containerd", "ctr", "containerd-shim-runc-v2"),
}
SOURCES = (
    *(binaries.KUBERNETES, binaries.KUBECTL, binaries.KUBEADM, binaries.ETCD, binaries.COREDNS, binaries.STORAGE),
    *(binaries.CRICTL, binaries.CONTAINERD, binaries.KIND),
)
FOLDER = HERE / "dockerfiles/node"


def image(builder: Engine) -> str:
    """The image's name; it is built first, and older ones removed, if the builder has none of these versions."""
    inputs = _inputs()
    name = f"{NAME}:{inputs[:12]}"
    if builder.inputs(name) != inputs:
        binaries.ensure(*SOURCES)
        tree = debian.tree(debian.NODE)
        with locked(cache_dir() / "locks" / "node-image"), stage(f"building {name}", seconds=100):
            if builder.inputs(name) != inputs:
                _build(builder, name, inputs, tree)
            for tag in set(builder.tags(NAME)) - {inputs[:12]}:
                builder.remove(f"{NAME}:{tag}")
    return name


def _inputs() -> str:
    """The digest of everything that the image is made from."""
    total = hashlib.sha256(repr((debian.SUITE, debian.NODE, SOURCES)).encode())
    written = [*sorted(FOLDER.iterdir()), HERE / binaries.COREDNS.main]
    for path in (*written, *(Path(str(module.__file__)) for module in (archives, nodepods)), Path(__file__)):
        total.update(path.read_bytes())
    return total.hexdigest()


def _build(builder: Engine, name: str, inputs: str, tree: Path) -> None:
    kind = binaries.module_folder(binaries.KIND)
    with tempfile.TemporaryDirectory(dir=cache_dir(), prefix=".node-") as folder:
        context = Path(folder)
        shutil.copytree(kind / "images/base/files", context / "kind", copy_function=shutil.copyfile)
        for place, names in PROGRAMS.items():
            for program in names:
                _link(binary(program), made(context / "programs" / place) / program)
        _link(tree, context / tree.name)
        storage = storage_manifest(kind)
        for path, text in _made(storage).items():
            (made((context / "made" / path).parent) / Path(path).name).write_text(text)
        pause = re.search(
            r'sandbox_image = "(.*)"', (kind / "images/base/files/etc/containerd/config.toml").read_text()
        )
        assert pause
        root = made(context / "root")
        run(["tar", "--extract", "--file", tree, "--directory", root])
        archives.write(nodepods.bundles(root, pause[1], storage), context / "pods.tar", architecture())
        shutil.rmtree(root)
        builder.build(name, FOLDER / "Dockerfile", context, {"TREE": tree.name}, inputs, keep_layers=False)


def _made(storage: str) -> dict[str, str]:
    """The files that kind writes while it builds a node's image. The network's manifest has nothing left to say."""
    nothing = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kindnet", "namespace": "kube-system"}}
    return {
        "kind/version": binaries.KUBERNETES.version,
        "kind/manifests/default-storage.yaml": storage,
        "kind/manifests/default-cni.yaml": json.dumps(nothing),
        "kind/bin/pod-network": (FOLDER / "network.sh").read_text(),
        "etc/systemd/system/pod-network.service": (FOLDER / "pod-network.service").read_text(),
    }


def storage_manifest(kind: Path) -> str:
    """kind's manifest of its storage, out of the Go source that has it as a constant made of constants."""
    text = (kind / "pkg/build/nodeimage/const_storage.go").read_text()
    found = re.search(r"const defaultStorageManifest = `(.*)`\s*$", text, re.DOTALL)
    assert found
    manifest = found[1]
    for name, value in re.findall(r'const (\w+) = "([^"]+)"', text):
        manifest = manifest.replace(f"` + {name} + `", value)
    return manifest


def architecture() -> str:
    """This machine's, as images call it."""
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())


def _link(path: Path, target: Path) -> None:
    """The file under another name too; a copy where that cannot be."""
    try:
        os.link(path, target)
    except OSError:
        shutil.copy(path, target)
