"""What one node cannot show: gangs across nodes, small steps that leave a node whole, work that loses its node.

Skipped where pods can go to one node only; ``PENSTOCK_KIND_NODES=3 make kind-test`` has two.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cluster.choice import cluster
from tests.cluster.kind import KindCluster
from tests.e2e import nodes
from tests.e2e.expectations import GPU
from tests.e2e.gates import Gate
from tests.e2e.manifests import SMALL, Object, pipeline, step
from tests.e2e.space import LATEST, OPERATOR, Space, kubectl
from tests.release import NAMESPACE

pytestmark = pytest.mark.alone

MEET = """\
import os, socket, time
first, me = os.environ["PENSTOCK_HOSTS"].split(",")[0], int(os.environ["PENSTOCK_REPLICA"])
if me == 0:
    with socket.create_server(("", 7000)) as server:
        server.accept()
while me:
    try:
        socket.create_connection((first, 7000), timeout=5).close()
        break
    except OSError:
        time.sleep(0.5)
"""

IMPATIENT = [
    {"key": f"node.kubernetes.io/{what}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 1}
    for what in ("unreachable", "not-ready")
]
"""In place of the five minutes that pods have by default on a node that does not answer."""


@pytest.fixture(autouse=True)
def _two_nodes() -> None:
    if len(nodes.open_ones()) < 2:
        pytest.skip("pods can go to one node only")


def on_gpus(name: str, gpus: int, script: str, **fields: object) -> Object:
    return step(name, script, resources={"requests": {**SMALL["requests"], GPU: gpus}}, **fields)


@contextmanager
def off_the_operators_node() -> Iterator[None]:
    """New pods go to nodes where the operator is not."""
    words = ["--namespace", NAMESPACE, "get", "pod", f"--selector={OPERATOR}"]
    node = kubectl(*words, "--output=jsonpath={.items[0].spec.nodeName}")
    kubectl("cordon", node)
    try:
        yield
    finally:
        kubectl("uncordon", node)


def node_of(space: Space, path: str) -> str:
    """The node of a step's one pod, once it has one."""
    words = ["pod", f"--selector=penstock.dev/step={path}", LATEST]
    space.run("wait", *words, "--for=create")
    space.run("wait", *words, "--for=condition=PodScheduled")
    (pod,) = space.all("pods", step=path)
    return str(pod["spec"]["nodeName"])


def test_a_gang_that_no_node_holds_is_on_two_and_meets(space: Space) -> None:
    with nodes.offering(2, on=2):
        space.apply(pipeline("gang", on_gpus("pair", 2, MEET, replicas=2, interpreter=["python3", "-c"])))
        assert space.finish("pipeline/gang")["status"]["phase"] == "Succeeded"
    assert len({pod["spec"]["nodeName"] for pod in space.all("pods", step="pair")}) == 2
    assert space.attempts() == ["pair/#1"]


def test_small_steps_share_a_node_and_leave_the_other_whole(space: Space, gate: Gate) -> None:
    with nodes.offering(2, on=2):
        space.apply(pipeline("first", on_gpus("one", 1, gate.held)))
        shared = node_of(space, "one")
        space.apply(pipeline("second", on_gpus("other", 1, gate.held)))
        assert node_of(space, "other") == shared
        space.apply(pipeline("third", on_gpus("large", 2, "true")))
        assert node_of(space, "large") != shared
        gate.open()
        for name in ("first", "second", "third"):
            assert space.finish(f"pipeline/{name}")["status"]["phase"] == "Succeeded"


def test_what_is_drained_from_a_node_goes_on_at_another(space: Space, gate: Gate) -> None:
    space.apply(pipeline("moved", step("work", gate.held)))
    left = node_of(space, "work")
    space.running("moved", "work")
    kubectl("drain", left, "--pod-selector=penstock.dev/step=work", "--force", "--ignore-daemonsets")
    try:
        gate.open()
        assert space.finish("pipeline/moved")["status"]["phase"] == "Succeeded"
    finally:
        kubectl("uncordon", left)
    status = space.step("moved", "work")
    assert (status.get("failures"), status["disruptions"]) == (None, 1)
    assert left not in {pod["spec"]["nodeName"] for pod in space.all("pods", step="work")}


@pytest.mark.long
def test_what_ran_on_a_node_that_stops_goes_on_at_another(space: Space, gate: Gate) -> None:
    """A container on a node that does not answer may still run, so a step waits until somebody says that it is off."""
    if not isinstance(cluster(), KindCluster):
        pytest.skip("only nodes of kind can be stopped")
    with off_the_operators_node():
        space.apply(pipeline("lost", step("work", gate.held, pod={"tolerations": IMPATIENT})))
        left = node_of(space, "work")
        space.running("lost", "work")
    with nodes.stopped(left):
        space.until("step/lost.work", lambda one: "DeletionByTaintManager" in one["status"].get("message", ""))
        assert space.step("lost", "work")["phase"] == "Running"
        nodes.declare_off(left)
        space.until("step/lost.work", lambda one: one["status"].get("attempt") == 2)
        space.running("lost", "work")
        gate.open()
        assert space.finish("pipeline/lost")["status"]["phase"] == "Succeeded"
    status = space.step("lost", "work")
    assert (status.get("failures"), status["disruptions"]) == (None, 1)
    first, second = status["attempts"]
    assert (first["node"], first["reason"]) == (left, "Disrupted")
    assert second["node"] != left
