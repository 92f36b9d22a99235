"""The images of the pods that a kind cluster begins with, under the names that kubeadm and kind look for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from tests.cluster import binaries
from tests.cluster.archives import Bundle
from tests.cluster.binaries import binary
from tests.cluster.commands import run

NOBODY = "65532:65532"
CONTROL_PLANE = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd")
FILTERS = ("iptables", "ip6tables")
"""kube-proxy's tools, with -save and -restore; all are one program."""
SHELL = ("sh", "mkdir", "rm")
"""What the storage's helper runs."""


def bundles(root: Path, pause: str, storage: str) -> list[Bundle]:
    """The images, from the programs in the cache and an unpacked Debian tree (``root``).

    ``pause`` is the name that containerd's settings have; ``storage`` is kind's manifest, which names two.
    """
    words: list[str | Path] = ["config", "images", "list", "--kubernetes-version", binaries.KUBERNETES.version]
    named = {name.rpartition("/")[2].partition(":")[0]: name for name in run([binary("kubeadm"), *words]).split()}
    provisioner, helper = (
        re.findall(rf"\S+/kindest/local-path-{part}:\S+", storage)[0] for part in ("provisioner", "helper")
    )
    return [
        *(_program(named[name], name) for name in CONTROL_PLANE),
        Bundle(named["coredns"], {"coredns": binary("coredns")}, entrypoint=["/coredns"], user=NOBODY),
        _proxy(named["kube-proxy"], root),
        Bundle(pause, {"pause": root / "usr/bin/catatonit"}, entrypoint=["/pause", "-P"], user=NOBODY),
        _program(provisioner, "local-path-provisioner"),
        Bundle(helper, {"bin/busybox": root / "usr/bin/busybox"}, {f"bin/{name}": "busybox" for name in SHELL}),
    ]


def _program(image: str, name: str) -> Bundle:
    return Bundle(image, {f"usr/local/bin/{name}": binary(name)})


def _proxy(image: str, root: Path) -> Bundle:
    """kube-proxy with iptables and conntrack, and the libraries that these are linked with."""
    tools = ["usr/sbin/xtables-nft-multi", "usr/sbin/conntrack"]
    extensions = [str(path.relative_to(root)) for path in root.glob("usr/lib/*/xtables/*.so")]
    files = [*tools, *extensions, *_libraries(root, [*tools, *extensions])]
    links = {folder: f"usr/{folder}" for folder in ("bin", "sbin", "lib", "lib64")}
    for name in FILTERS:
        links |= {f"usr/sbin/{name}{end}": "xtables-nft-multi" for end in ("", "-save", "-restore")}
    found = {"usr/local/bin/kube-proxy": binary("kube-proxy")}
    real = run(["chroot", root, "realpath", *(f"/{name}" for name in files)]).split()
    return Bundle(image, found | {name: root / path[1:] for name, path in zip(files, real, strict=True)}, links)


def _libraries(root: Path, programs: Sequence[str]) -> list[str]:
    """The shared libraries that the programs are linked with, as paths below the root."""
    said = run(["chroot", root, "ldd", *(f"/{name}" for name in programs)])
    paths = {path.lstrip("/") for path in re.findall(r"(/\S+) \(0x", said)}
    return sorted(path if path.startswith("usr/") else f"usr/{path}" for path in paths)
