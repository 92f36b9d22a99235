"""What happens to kind clusters, on a real engine; in order, for each begins with what the one before has left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster import choice, images
from tests.cluster.commands import run
from tests.cluster.kind import CONFIG, KindCluster
from tests.cluster.local import LocalCluster
from tests.cluster.paths import CHECKOUT
from tests.cluster.progress import wait_until
from tests.cluster.room import configuration

PATIENCE = 300
CHECK = ("images", "check", f"name=={images.PYTHON}")


@pytest.fixture
def nothing() -> None:
    if KindCluster().left():
        pytest.skip("a kind cluster is there: it is not to be harmed")


@pytest.fixture
def cluster() -> KindCluster:
    """The cluster, up."""
    one = choice.start()
    assert isinstance(one, KindCluster)
    return one


def nodes(one: KindCluster) -> list[str]:
    words = ["ps", "--all", "--filter", "label=io.x-k8s.kind.cluster", "--format", "{{.Names}}"]
    return sorted(run([one.builder.command, *words]).split())


def ctr(one: KindCluster, *words: str) -> str:
    """ctr in the last node, which has pods in every cluster."""
    return run([one.builder.command, "exec", nodes(one)[-1], "ctr", "--namespace", "k8s.io", *words])


@pytest.mark.usefixtures("nothing")
def test_without_an_image_of_its_nodes_it_becomes_processes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Those do not start here: a machine has one cluster of processes, which other tests may use."""
    config = tmp_path / "kind.yaml"
    config.write_text(configuration("localhost:9/penstock-node:none"))
    monkeypatch.setenv(CONFIG, str(config))
    monkeypatch.setenv("PENSTOCK_STATE", str(tmp_path))
    monkeypatch.delenv(choice.ASKED)
    started: list[LocalCluster] = []
    monkeypatch.setattr(LocalCluster, "up", lambda self: started.append(self))
    monkeypatch.setattr(LocalCluster, "alive", lambda _: False)
    assert isinstance(choice.start(), LocalCluster)
    assert len(started) == 1
    assert not KindCluster().left()


@pytest.mark.usefixtures("nothing")
def test_a_creation_that_was_interrupted_is_begun_anew() -> None:
    words = [sys.executable, "-m", "tests.cluster", "up"]
    with subprocess.Popen(words, cwd=CHECKOUT, start_new_session=True) as creation:
        wait_until("a node", KindCluster().left, PATIENCE)
        os.killpg(creation.pid, signal.SIGKILL)
    assert not KindCluster().alive()
    assert choice.start().alive()


def test_an_image_that_a_node_has_in_part_is_loaded_again(cluster: KindCluster) -> None:
    (found,) = (line.split() for line in ctr(cluster, "images", "list", f"name=={images.PYTHON}").splitlines()[1:])
    manifest = json.loads(ctr(cluster, "content", "get", found[2]))
    ctr(cluster, "content", "remove", manifest["layers"][0]["digest"])
    assert "incomplete" in ctr(cluster, *CHECK)
    cluster.load([images.PYTHON])
    assert " complete " in ctr(cluster, *CHECK)


def test_nodes_that_were_stopped_are_started(cluster: KindCluster) -> None:
    run([cluster.builder.command, "kill", *nodes(cluster)])
    assert not cluster.alive()
    before = nodes(cluster)
    assert choice.start().alive()
    assert nodes(cluster) == before
