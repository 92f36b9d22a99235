"""Nodes that are closed, shrink, are lost or are kept whole: what does not fit waits, says why, and has not failed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e import nodes
from tests.e2e.expectations import GPU
from tests.e2e.gates import Gate
from tests.e2e.manifests import SMALL, pipeline, step
from tests.e2e.space import LATEST, Object, Space, instant

pytestmark = pytest.mark.alone

TOLERANT = {"pod": {"tolerations": [nodes.TOLERATION]}}


def gpu_step(name: str, gpus: int, script: str = "true", **fields: Any) -> Object:
    """A step that asks for GPUs."""
    return step(name, script, resources={"requests": {**SMALL["requests"], GPU: gpus}}, **fields)


def waits(space: Space, pipeline_name: str, path: str) -> Object:
    """Wait until the step's status says that it waits for room; the status."""
    space.wait(f"step/{pipeline_name}.{path}", "jsonpath={.status.reason}=WaitingForResources")
    return space.step(pipeline_name, path)


def pod_of(space: Space, path: str) -> Object:
    """The one pod of a step, once it is on a node."""
    words = ["pod", f"--selector=penstock.dev/step={path}", LATEST]
    space.run("wait", *words, "--for=create")
    space.run("wait", *words, "--for=condition=PodScheduled")
    (pod,) = space.all("pods", step=path)
    return pod


@pytest.mark.kind("nodes")
def test_a_cordoned_node_takes_steps_when_it_is_open_again(space: Space) -> None:
    with nodes.cordoned():
        space.apply(pipeline("closed", gpu_step("train", 1)))
        status = waits(space, "closed", "train")
        assert status["phase"] == "Queued"
        assert status["message"].startswith(f"needs 1 {GPU}; no node takes its pods now: ")
        for name, count in nodes.every().items():
            if not count:
                continue
            assert f"with {count} {GPU} is cordoned" in status["message"]
            assert f"{name} with" not in status["message"], "whoever reads the Step may not read nodes"
        assert not space.jobs(), "what cannot start leaves no Pending pod"
    assert space.finish("pipeline/closed")["status"]["phase"] == "Succeeded"
    assert space.attempts() == ["train/#1"]


def test_one_end_rewrites_no_status_of_those_that_wait(space: Space) -> None:
    fan = {"forEach": {"vars": [{"name": "n", "range": {"start": 0, "stop": 12}}]}}
    with nodes.offering(2), space.watching("steps") as steps:
        space.apply(pipeline("queue", gpu_step("q", 1, "sleep 2", **fan)))
        assert space.finish("pipeline/queue")["status"]["phase"] == "Succeeded"
    waits: dict[str, set[str]] = {}
    for one in steps:
        if one.get("status", {}).get("phase") == "Queued":
            waits.setdefault(one["metadata"]["name"], set()).add(one["metadata"]["resourceVersion"])
    assert len(waits) >= 4, "most wait longer than five seconds"
    assert {name: len(versions) for name, versions in waits.items()} == dict.fromkeys(waits, 1)


def test_capacity_that_shrinks_kills_nothing(space: Space, gate: Gate) -> None:
    with nodes.offering(4):
        space.apply(pipeline("holder", gpu_step("hold", 4, gate.held)))
        space.running("holder", "hold")
        (held,) = space.all("pods", step="hold")
        nodes.offer(1)
        space.apply(pipeline("next", gpu_step("small", 1)))
        status = waits(space, "next", "small")
        assert status["phase"] == "Queued"
        free = f"needs 1 {GPU}, 0 of 1 free; held by holder/hold until about "
        assert status["message"].startswith(free)
        assert [pod["metadata"]["uid"] for pod in space.all("pods")] == [held["metadata"]["uid"]]
        gate.open()
        for name in ("holder", "next"):
            assert space.finish(f"pipeline/{name}")["status"]["phase"] == "Succeeded"
    assert space.attempts() == ["hold/#1", "small/#1"]


@pytest.mark.long
def test_a_step_whose_node_is_lost_waits_for_another(space: Space) -> None:
    """The pod garbage collector gives a node that is gone 40 s to come back, and looks every 20 s."""
    lost = f"{space.name}-lost"
    with nodes.offering(2), nodes.made(lost, gpus=8):
        space.apply(pipeline("lost", gpu_step("train", 4, **TOLERANT)))
        pod = pod_of(space, "train")
        assert pod["spec"]["nodeName"] == lost
        nodes.play_kubelet(pod)
        space.running("lost", "train")
        nodes.lose(lost)
        status = waits(space, "lost", "train")
        assert status["phase"] == "Retrying"
        assert status["message"].startswith(f"needs 4 {GPU} on one node; the largest of ")
        assert status["message"].endswith(" has 2; it ran before, so it waits")
        assert status["disruptions"] == 1
        assert "failures" not in status
        (first,) = status["attempts"]
        assert (first["node"], first["reason"]) == (lost, "Disrupted")
        assert instant(first["end"]) - instant(first["start"]) > 30, "it held its GPUs until the node was given up"
        assert not space.all("pods"), "what cannot start leaves no Pending pod"
        nodes.offer(4)
        assert space.finish("pipeline/lost")["status"]["phase"] == "Succeeded"
    assert [one["number"] for one in space.step("lost", "train")["attempts"]] == [1, 2]


def test_small_steps_leave_a_larger_node_whole(space: Space, gate: Gate) -> None:
    """kube-scheduler by itself would put them on the node with most room, where the large step is to go next."""
    large = f"{space.name}-large"
    with nodes.offering(1), nodes.made(large, gpus=4):
        space.apply(pipeline("small", gpu_step("probe", 1, gate.held, **TOLERANT)))
        probe = pod_of(space, "probe")
        space.apply(pipeline("large", gpu_step("train", 4, **TOLERANT)))
        train = pod_of(space, "train")
        assert probe["spec"]["nodeName"] != large
        assert train["spec"]["nodeName"] == large
        gate.open()
        assert space.finish("pipeline/small")["status"]["phase"] == "Succeeded"
