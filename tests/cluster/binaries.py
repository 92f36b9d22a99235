"""The programs of a cluster, built from their Go modules at pinned versions, kept in the cache by version."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.cluster import released
from tests.cluster.commands import run
from tests.cluster.golang import go
from tests.cluster.paths import HERE, cache_dir, locked, made
from tests.cluster.progress import ClusterError, stage

VERSION_PACKAGE = "k8s.io/component-base/version"


@dataclass(frozen=True)
class Source:
    """A Go module and the commands to build from it.

    ``commands`` maps the name of a binary to its package; ``.`` is the file ``main`` (a path in this folder).
    ``tags`` are Go's build tags; ``seconds`` is how long it takes on two cores that nobody else uses, from nothing, but
    after Kubernetes if the module is Kubernetes' too.
    """

    name: str
    module: str
    version: str
    commands: Mapping[str, str]
    seconds: float = field(repr=False)
    symbols: Mapping[str, str]
    main: str = ""
    tags: str = ""


KUBERNETES_SYMBOLS = {
    f"{VERSION_PACKAGE}.gitVersion": "v1.37.2",
    f"{VERSION_PACKAGE}.gitMajor": "1",
    f"{VERSION_PACKAGE}.gitMinor": "37",
}
KUBERNETES = Source(
    "kubernetes",
    "k8s.io/kubernetes",
    "v1.37.2",
    {
        name: f"k8s.io/kubernetes/cmd/{name}"
        for name in (
            "kube-apiserver",
            "kube-controller-manager",
            "kube-scheduler",
            "kubelet",
            "kube-proxy",
        )
    },
    260,
    KUBERNETES_SYMBOLS,
)
# Apart from the rest: beside a cluster that somebody else runs, only the client is wanted.
KUBECTL = Source(
    "kubectl",
    KUBERNETES.module,
    KUBERNETES.version,
    {"kubectl": "k8s.io/kubernetes/cmd/kubectl"},
    20,
    KUBERNETES_SYMBOLS,
)
# Debian's etcd is 3.4, without the progress notifications that streaming lists need: informers then re-list for ever.
ETCD = Source("etcd", "go.etcd.io/etcd/server/v3", "v3.6.12", {"etcd": "go.etcd.io/etcd/server/v3"}, 20, {})
COREDNS = Source("coredns", "github.com/coredns/coredns", "v1.15.0", {"coredns": "."}, 45, {}, "coredns/main.go")
STORAGE = Source(
    "local-path-provisioner",
    "github.com/rancher/local-path-provisioner",
    "v0.0.30",
    {"local-path-provisioner": "github.com/rancher/local-path-provisioner"},
    45,
    {},
)
HELM = Source("helm", "helm.sh/helm/v4", "v4.3.1", {"helm": "helm.sh/helm/v4/cmd/helm"}, 120, {})
KIND = Source("kind", "sigs.k8s.io/kind", "v0.33.0", {"kind": "sigs.k8s.io/kind"}, 30, {})
KWOK = Source("kwok", "sigs.k8s.io/kwok", "v0.8.0", {"kwok": "sigs.k8s.io/kwok/cmd/kwok"}, 90, {})

# What kind's node has beside the programs of a cluster.
KUBEADM = Source(
    "kubeadm",
    KUBERNETES.module,
    KUBERNETES.version,
    {"kubeadm": "k8s.io/kubernetes/cmd/kubeadm"},
    20,
    KUBERNETES_SYMBOLS,
)
CRICTL = Source("crictl", "sigs.k8s.io/cri-tools", "v1.36.0", {"crictl": "sigs.k8s.io/cri-tools/cmd/crictl"}, 45, {})
CONTAINERD = Source(
    "containerd",
    "github.com/containerd/containerd/v2",
    "v2.3.4",
    {
        name: f"github.com/containerd/containerd/v2/cmd/{name}"
        for name in ("containerd", "ctr", "containerd-shim-runc-v2")
    },
    60,
    {},
    tags="no_btrfs no_zfs no_devmapper no_aufs",
)

S3 = Source(
    "versitygw",
    "github.com/versity/versitygw",
    "v1.8.0",
    {"versitygw": "github.com/versity/versitygw/cmd/versitygw"},
    90,
    {},
)

OAUTH2_PROXY = Source(
    "oauth2-proxy",
    "github.com/oauth2-proxy/oauth2-proxy/v7",
    "v7.15.6",
    {"oauth2-proxy": "github.com/oauth2-proxy/oauth2-proxy/v7"},
    90,
    {},
)

SOURCES = (KUBERNETES, KUBECTL, ETCD, COREDNS, STORAGE, HELM, KIND, KUBEADM, CRICTL, CONTAINERD, KWOK, S3, OAUTH2_PROXY)
CLUSTER = (KUBERNETES, KUBECTL, ETCD, COREDNS, STORAGE)
"""What the cluster on this machine is made of; the rest is built when it is asked for."""


def binary(name: str) -> Path:
    """The path of a program, e.g. ``kubectl``; built first if the cache has none of this version."""
    source = _source(name)
    ensure(source)
    return _home(source) / name


def command(name: str) -> Path:
    """The path of a client (kubectl, helm, kind): the one on PATH if it will do, else as released, else built."""
    found = shutil.which(name)
    if found and will_do(name, found):
        return Path(found)
    if name in released.PROGRAMS and not present(_source(name)) and released.fetch():
        return released.program(name)
    return binary(name)


@functools.cache
def will_do(name: str, path: str) -> bool:
    """Whether a client that was found has the options that are used here: Helm 3 lacks some."""
    if name != "helm":
        return True
    try:
        return run([path, "version", "--short"]).strip().startswith("v4.")
    except ClusterError:
        return False


def present(source: Source) -> bool:
    """Whether all commands of the module are in the cache."""
    return all((_home(source) / name).exists() for name in source.commands)


def ensure(*sources: Source) -> None:
    """Build what the cache lacks, one module after the other: each of the builds uses all cores."""
    for source in sources:
        if present(source):
            continue
        with locked(cache_dir() / "locks" / source.name):
            if not present(source):
                with stage(title(source), source.seconds):
                    _build(source)


def lane(*sources: Source) -> dict[str, float]:
    """What ``ensure`` has to build, for the agenda."""
    return {title(source): source.seconds for source in sources if not present(source)}


def title(source: Source) -> str:
    """What is said while it is built."""
    return f"building {source.name} {source.version} from its Go module"


def module_folder(source: Source) -> Path:
    """The module's files, as Go keeps them after a download."""
    words: list[str | Path] = [go(), "mod", "download", "-json", f"{source.module}@{source.version}"]
    return Path(json.loads(run(words, env={"GOTOOLCHAIN": "local"}))["Dir"])


def on_path() -> Path:
    """A directory with links to the clients in the cache (kubectl, helm), to be put on PATH."""
    folder = made(cache_dir() / "bin")
    for name in released.PROGRAMS:
        found = next((one for one in (_home(_source(name)) / name, released.program(name)) if one.exists()), None)
        if found:
            link = folder / f".{name}.{os.getpid()}"
            link.symlink_to(found)
            link.replace(folder / name)
    return folder


def _source(name: str) -> Source:
    return next(source for source in SOURCES if name in source.commands)


def _home(source: Source) -> Path:
    written = f"-{hashlib.sha256((HERE / source.main).read_bytes()).hexdigest()[:8]}" if source.main else ""
    return cache_dir() / "programs" / f"{source.name}-{source.version}{written}"


FAST = ("-gcflags=all=-dwarf=false",)
"""The linker would leave the debugging information out anyway."""
ROOMY = {"GOGC": "800"}
"""The compiler collects its garbage seldom: a process takes 460 MB instead of 410, and both together a quarter less
processor time."""


def _build(source: Source) -> None:
    """Build all commands in a module of our own that requires theirs: ``go install`` refuses modules with replaces."""
    home = _home(source)
    log = made(cache_dir() / "logs") / f"{source.name}.log"
    symbols = "".join(f" -X {name}={value}" for name, value in source.symbols.items())
    with tempfile.TemporaryDirectory(dir=made(home.parent), prefix=f".{source.name}-") as work:
        workspace, output = made(Path(work) / "module"), made(Path(work) / "output")
        (workspace / "go.mod").write_text(_go_mod(source))
        if source.main:
            shutil.copy(HERE / source.main, workspace)
        packages = list(source.commands.values())
        target = output if len(packages) > 1 else output / next(iter(source.commands))
        run(
            [
                go(),
                "build",
                "-trimpath",
                "-tags",
                source.tags,
                *FAST,
                f"-ldflags=-s -w{symbols}",
                "-o",
                target,
                *packages,
            ],
            env={"CGO_ENABLED": "0", "GOFLAGS": "-mod=mod -buildvcs=false", "GOTOOLCHAIN": "local", **ROOMY},
            cwd=workspace,
            log=log,
        )
        shutil.rmtree(home, ignore_errors=True)
        output.rename(home)


def _go_mod(source: Source) -> str:
    """A go.mod that requires the module at its version.

    Kubernetes lists its staging modules as v0.0.0 and replaces them by folders that the module does not contain;
    published, they have the version v0.MINOR.PATCH.
    """
    lines = [f"module penstock.dev/cluster/{source.name}", "go 1.26.0", f"require {source.module} {source.version}"]
    if source.module == KUBERNETES.module:
        version = source.version.replace("v1.", "v0.", 1)
        lines += [f"replace {name} => {name} {version}" for name in _staging_modules(source)]
    return "\n".join(lines) + "\n"


def _staging_modules(source: Source) -> list[str]:
    """The modules that the module's own go.mod replaces by a folder."""
    words = (line.split() for line in (module_folder(source) / "go.mod").read_text().splitlines())
    return sorted({line[0] for line in words if "=>" in line and line[-1].startswith("./staging/")})
