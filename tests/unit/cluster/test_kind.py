"""The kind cluster through everything that happens to engines and nodes; an engine and kind are played."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cluster import choice, kind
from tests.cluster.kind import KindCluster
from tests.cluster.local import LocalCluster
from tests.cluster.paths import state_dir
from tests.cluster.progress import ClusterError
from tests.unit.cluster.conftest import KIND, KUBECTL, Programs

NODE = "penstock-control-plane"
IMAGE = "localhost/penstock:dev"
NO_IMAGE = """
if [ "$1 $2" = "create cluster" ]; then
  echo 'ERROR: failed to create cluster: failed to pull image "kindest/node:v1.37.2"' >&2
  exit 1
fi
"""
COMPLETE = f"{IMAGE} application/vnd.oci.image.manifest.v1+json sha256:12 complete (5/5) 9.0 MiB/9.0 MiB true\n"
HALF = f"{IMAGE} application/vnd.oci.image.manifest.v1+json sha256:12 incomplete (3/5) 2.0 MiB/9.0 MiB false\n"


def inspected(inputs: str) -> str:
    return json.dumps({"info": {"imageSpec": {"config": {"Labels": {"penstock.dev/inputs": inputs}}}}})


@pytest.fixture
def docker(programs: Programs) -> Programs:
    programs.engine()
    return programs


def test_it_is_created_from_nothing(docker: Programs) -> None:
    assert isinstance(choice.start(), KindCluster)
    (created,) = docker.calls("kind create")
    assert f"--config {kind.HERE / 'kind.yaml'}" in created
    (waited,) = docker.calls("kubectl --kubeconfig " + str(KindCluster().kubeconfig) + " wait")
    assert waited.endswith(f"--timeout={kind.PATIENCE}s")


def test_the_configuration_can_be_another(docker: Programs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PENSTOCK_KIND_CONFIG", str(tmp_path / "mine.yaml"))
    with pytest.raises(ClusterError, match="no such file"):
        choice.start()
    docker.knows("mine.yaml", "kind: Cluster")
    choice.start()
    assert f"--config {tmp_path / 'mine.yaml'}" in docker.calls("kind create")[0]


def test_what_an_interrupted_creation_left_goes_first(docker: Programs) -> None:
    docker.knows("nodes", NODE)
    choice.start()
    assert [call.split()[1] for call in docker.calls("kind ")[:2]] == ["delete", "create"]


def test_a_kubeconfig_of_a_cluster_before_does_not_count(docker: Programs) -> None:
    """A creation that is interrupted after it must be found to be one."""
    state_dir().joinpath("kubeconfig").write_text("of a cluster that somebody deleted")
    docker.add("kind", "echo penstock-control-plane > nodes; exit 1")
    with pytest.raises(ClusterError):
        choice.start()
    assert not KindCluster().kubeconfig.exists()


def test_stopped_nodes_are_started(docker: Programs) -> None:
    choice.start()
    docker.forgets("answering")
    choice.start()
    assert docker.calls("docker start") == [f"docker start {NODE}"]
    assert len(docker.calls("kind create")) == 1


def test_a_node_that_does_not_become_ready_comes_with_a_hint(docker: Programs) -> None:
    docker.add("kubectl", KUBECTL + 'if [[ "$*" = *" wait "* ]]; then exit 1; fi')
    with pytest.raises(ClusterError, match=r"--retain(.|\n)*export logs"):
        choice.start()


def test_without_its_engine_it_is_forgotten(docker: Programs, capsys: pytest.CaptureFixture[str]) -> None:
    choice.start()
    docker.knows("gone")
    kind._engine.cache_clear()
    docker.forgets("answering")
    with pytest.raises(ClusterError, match="docker, which does not answer"):
        choice.start()
    choice.stop(choice.cluster())
    assert "kind delete cluster --name penstock" in capsys.readouterr().err
    kind.container_engine.cache_clear()
    assert isinstance(choice.cluster(), LocalCluster)


def test_another_engine_that_comes_up_changes_nothing(docker: Programs) -> None:
    docker.forgets("bin/docker")
    docker.engine("podman")
    choice.start()
    docker.engine("docker")
    kind._engine.cache_clear()
    kind.container_engine.cache_clear()
    assert KindCluster().builder.command == "podman"


def test_a_first_start_that_failed_leaves_nothing_to_remember(docker: Programs) -> None:
    docker.add("kind", 'if [ "$1" = create ]; then echo "cannot" >&2; exit 1; fi')
    with pytest.raises(ClusterError, match="cannot"):
        choice.start()
    docker.forgets("bin/docker")
    kind.container_engine.cache_clear()
    kind._engine.cache_clear()
    assert isinstance(choice.cluster(), LocalCluster)
    docker.engine("podman")
    kind.container_engine.cache_clear()
    assert KindCluster().builder.command == "podman"


def test_a_start_that_left_a_node_is_remembered(docker: Programs) -> None:
    docker.add("kind", f'if [ "$1" = create ]; then echo {NODE} > nodes; exit 1; fi')
    with pytest.raises(ClusterError):
        choice.start()
    assert choice.choose().why == "it was started before"


def test_without_an_image_of_its_nodes_it_is_processes(docker: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    docker.add("kind", NO_IMAGE)
    monkeypatch.setattr(LocalCluster, "up", lambda self: None)
    monkeypatch.setattr(LocalCluster, "alive", lambda self: False)
    assert isinstance(choice.start(), LocalCluster)
    assert isinstance(choice.cluster(), LocalCluster)
    assert choice.cluster().builder.command == "buildah"


NO_NAME = 'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on 10.0.0.2:53: {}'


@pytest.mark.parametrize(
    "words", ["no such host", "server misbehaving", "read udp 10.0.0.3:9->10.0.0.2:53: i/o timeout"]
)
def test_without_names_nothing_is_pulled_five_times(
    docker: Programs, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    docker.knows("asked", NO_NAME.format(words))
    monkeypatch.setattr(LocalCluster, "up", lambda self: None)
    monkeypatch.setattr(LocalCluster, "alive", lambda self: False)
    assert isinstance(choice.start(), LocalCluster)
    assert not docker.calls("kind")
    choice.forget()
    monkeypatch.setenv("PENSTOCK_CLUSTER", "kind")
    with pytest.raises(ClusterError, match=r"(?s)lookup registry-1\.docker\.io.*PENSTOCK_KIND_CONFIG"):
        choice.start()


@pytest.mark.parametrize(
    ("has", "asked", "config"),
    [
        ("", "manifest for kindest/node:none not found: manifest unknown", ""),
        ("", "dial tcp 1.2.3.4:443: connect: connection refused", ""),
        ("docker.io/kindest/node", NO_NAME.format("no such host"), ""),
        ("", NO_NAME.format("no such host"), "mine.yaml"),
    ],
)
def test_kind_tries_if_it_may_have_an_image_of_its_nodes(
    docker: Programs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, has: str, asked: str, config: str
) -> None:
    docker.knows("repositories", has)
    docker.knows("asked", asked)
    docker.knows("mine.yaml", "kind: Cluster")
    monkeypatch.setenv("PENSTOCK_KIND_CONFIG", str(tmp_path / config) if config else "")
    assert isinstance(choice.start(), KindCluster)
    assert len(docker.calls("kind create")) == 1


def test_who_insists_on_kind_is_told_how_to_go_on(docker: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    docker.add("kind", NO_IMAGE)
    monkeypatch.setenv("PENSTOCK_CLUSTER", "kind")
    with pytest.raises(ClusterError, match="PENSTOCK_KIND_CONFIG"):
        choice.start()


def test_an_image_that_the_node_has_is_not_loaded_again(docker: Programs) -> None:
    choice.start()
    docker.knows("inputs", "ab12")
    docker.knows("checked", COMPLETE)
    docker.knows("inspected", inspected("ab12"))
    before = docker.calls("kind load")
    KindCluster().load([IMAGE])
    assert docker.calls("kind load") == before


@pytest.mark.parametrize(
    ("checked", "built_from"),
    [("", "ab12"), (HALF, "ab12"), (COMPLETE, "another"), (COMPLETE.replace("true", "false"), "ab12")],
)
def test_an_image_is_loaded_that_the_node_lacks_or_has_in_part(docker: Programs, checked: str, built_from: str) -> None:
    choice.start()
    docker.knows("inputs", "ab12")
    docker.knows("checked", checked)
    docker.knows("inspected", inspected(built_from))
    before = docker.calls("kind load")
    KindCluster().load([IMAGE])
    assert len(docker.calls("kind load")) == len(before) + 1


def test_what_was_interrupted_while_loading_is_loaded_at_last(docker: Programs) -> None:
    docker.add("kind", KIND + 'if [ "$1" = load ]; then echo "write: No space left on device" >&2; exit 1; fi')
    with pytest.raises(ClusterError, match="A disk is full"):
        choice.start()
    docker.add("kind", KIND)
    KindCluster().up()
    assert len(docker.calls("kind create")) == 1
    assert len(docker.calls("kind load")) == 2
