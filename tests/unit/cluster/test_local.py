"""The cluster of processes, as far as nothing has to run."""

from __future__ import annotations

import json

import pytest
from tests.cluster.local import LocalCluster
from tests.cluster.node import Node
from tests.cluster.paths import made, state_dir
from tests.unit.cluster.conftest import Programs


@pytest.fixture
def stopped(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> list[Node]:
    """The nodes that were stopped; none is."""
    nodes: list[Node] = []
    monkeypatch.setattr(Node, "stop", lambda self: nodes.append(self))
    return nodes


def test_who_started_nothing_stops_no_cluster_of_another_state(stopped: list[Node]) -> None:
    LocalCluster().down()
    assert stopped == []


@pytest.mark.parametrize("trace", ["run/containerd.json", "network.json"])
def test_what_was_started_or_changed_is_stopped_and_forgotten(stopped: list[Node], trace: str) -> None:
    file = state_dir() / trace
    made(file.parent)
    file.write_text(json.dumps({"pid": 0, "began": "never"}))
    LocalCluster().down()
    assert len(stopped) == 1
    assert not state_dir().joinpath(trace).exists()
