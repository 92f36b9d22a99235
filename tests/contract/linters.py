"""Linters that are built from their Go modules at pinned versions."""

from __future__ import annotations

from pathlib import Path

from tests.cluster.binaries import Source, ensure
from tests.cluster.paths import cache_dir

KUBECONFORM = Source(
    "kubeconform",
    "github.com/yannh/kubeconform",
    "v0.8.0",
    {"kubeconform": "github.com/yannh/kubeconform/cmd/kubeconform"},
    20,
    {},
)
KUBE_SCORE = Source(
    "kube-score",
    "github.com/zegl/kube-score",
    "v1.20.0",
    {"kube-score": "github.com/zegl/kube-score/cmd/kube-score"},
    30,
    {},
)
ACTIONLINT = Source(
    "actionlint",
    "github.com/rhysd/actionlint",
    "v1.7.12",
    {"actionlint": "github.com/rhysd/actionlint/cmd/actionlint"},
    10,
    {},
)


def program(source: Source) -> Path:
    """Where the linter is, built first if it is not there."""
    ensure(source)
    return cache_dir() / "programs" / f"{source.name}-{source.version}" / source.name
