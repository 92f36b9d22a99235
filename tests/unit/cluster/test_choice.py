"""Which cluster is chosen, from the environment and what answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cluster import choice, engines
from tests.cluster.given import GivenCluster
from tests.cluster.kind import KindCluster
from tests.cluster.local import LocalCluster
from tests.cluster.paths import state_dir
from tests.cluster.progress import ClusterError
from tests.unit.cluster.conftest import Programs


@pytest.mark.parametrize(
    ("working", "expected", "why"),
    [
        (["docker", "podman"], KindCluster, "docker answers"),
        (["podman"], KindCluster, "podman answers"),
        ([], LocalCluster, "neither Docker nor Podman answers"),
    ],
)
def test_an_engine_means_kind(programs: Programs, working: list[str], expected: type, why: str) -> None:
    for name in working:
        programs.engine(name)
    chosen = choice.choose()
    assert isinstance(chosen.cluster, expected)
    assert chosen.why.startswith(why)


@pytest.mark.parametrize(("asked", "expected"), [("kind", KindCluster), ("processes", LocalCluster)])
@pytest.mark.parametrize("given", [False, True])
def test_the_cluster_that_is_asked_for(
    programs: Programs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, asked: str, expected: type, given: bool
) -> None:
    programs.engine()
    if given:
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "theirs"))
    monkeypatch.setenv("PENSTOCK_CLUSTER", asked)
    assert isinstance(choice.cluster(), expected)


def test_another_cluster_cannot_be_asked_for(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_CLUSTER", "minikube")
    with pytest.raises(ClusterError, match="kind or processes"):
        choice.cluster()


def test_kind_without_an_engine(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_CLUSTER", "kind")
    with pytest.raises(ClusterError, match="neither answers"):
        choice.start()


def test_one_cluster_at_a_time(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    programs.engine()
    choice.start()
    monkeypatch.setenv("PENSTOCK_CLUSTER", "processes")
    with pytest.raises(ClusterError, match="make clean-cluster"):
        choice.start()
    assert isinstance(choice.cluster(), KindCluster)


def test_a_given_kubeconfig_wins(programs: Programs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    programs.engine()
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "theirs"))
    assert choice.cluster() == GivenCluster(tmp_path / "theirs")


def test_our_own_kubeconfig_is_no_given_cluster(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(LocalCluster().kubeconfig))
    assert isinstance(choice.cluster(), LocalCluster)


def test_what_was_started_is_what_is_stopped(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LocalCluster, "up", lambda self: None)
    choice.start()
    programs.engine()
    engines.container_engine.cache_clear()
    assert isinstance(choice.cluster(), LocalCluster)
    choice.forget()
    assert isinstance(choice.cluster(), KindCluster)


def test_a_given_cluster_is_not_stopped(programs: Programs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    programs.engine()
    choice.start()
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "theirs"))
    choice.stop(choice.cluster())
    assert programs.calls("kind delete") == []
    monkeypatch.delenv("KUBECONFIG")
    assert choice.choose().why == "it was started before"


def test_a_start_that_failed_before_it_did_anything_is_forgotten(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: LocalCluster) -> None:
        raise ClusterError("not root")

    monkeypatch.setattr(LocalCluster, "up", fails)
    with pytest.raises(ClusterError, match="not root"):
        choice.start()
    assert not (state_dir() / "started").exists()


def test_docker_comes_before_podman_before_buildah(programs: Programs) -> None:
    for name in ("buildah", "podman", "docker"):
        programs.engine(name)
        engines.container_engine.cache_clear()
        assert engines.engine().command == name
