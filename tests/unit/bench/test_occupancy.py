"""Over-commits and pods without room, from the events of a watch."""

from typing import Any

from tests.bench.occupancy import Occupancy, OverCommit
from tests.plane.api import JOBS, PODS

NODES = {"n": {"cpu": "2", "nvidia.com/gpu": "1", "pods": "3"}}


def pod(uid: str, cpu: str, phase: str = "Running", node: str = "n", **status: Any) -> dict[str, Any]:
    container = {"name": "step", "resources": {"requests": {"cpu": cpu}}}
    spec = {"containers": [container], **({"nodeName": node} if node else {})}
    return {"metadata": {"uid": uid}, "spec": spec, "status": {"phase": phase, **status}}


def followed(*events: tuple[str, dict[str, Any]]) -> Occupancy:
    occupancy = Occupancy(NODES)
    for kind, one in events:
        occupancy.take(PODS, kind, one)
    return occupancy


def test_a_full_node_is_no_over_commit() -> None:
    assert followed(("ADDED", pod("a", "1500m")), ("ADDED", pod("b", "500m"))).over == []


def test_more_than_a_node_has_is_seen_once() -> None:
    found = followed(("ADDED", pod("a", "1500m")), ("ADDED", pod("b", "600m")), ("MODIFIED", pod("b", "600m")))
    assert found.over == [OverCommit("n", "cpu", 2100, 2000)]


def test_what_has_ended_or_is_gone_holds_nothing() -> None:
    ended = followed(("ADDED", pod("a", "2")), ("MODIFIED", pod("a", "2", "Succeeded")), ("ADDED", pod("b", "2")))
    gone = followed(("ADDED", pod("a", "2")), ("DELETED", pod("a", "2")), ("ADDED", pod("b", "2")))
    assert ended.over == gone.over == []


def test_pods_are_counted_too_and_what_a_node_lacks_is_none() -> None:
    many = followed(*(("ADDED", pod(name, "1m")) for name in "abcd"))
    assert many.over == [OverCommit("n", "pods", 4000, 3000)]
    stranger = pod("a", "1")
    stranger["spec"]["containers"][0]["resources"]["requests"] = {"example.com/fpga": "1"}
    assert followed(("ADDED", stranger)).over == [OverCommit("n", "example.com/fpga", 1000, 0)]


def test_a_pod_without_room_is_remembered_after_it_found_some() -> None:
    refused = [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}]
    found = followed(("ADDED", pod("a", "1", "Pending", "", conditions=refused)), ("MODIFIED", pod("a", "1")))
    assert found.unschedulable == {"a"}
    assert found.placed == {"a": "n"}


def test_a_pod_on_another_node_than_it_prefers_is_counted() -> None:
    near = {"weight": 100, "preference": {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["m"]}]}}
    here, there = pod("a", "1"), pod("b", "1", node="m")
    for one in (here, there):
        one["spec"]["affinity"] = {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [near]}}
    assert followed(("ADDED", here), ("ADDED", pod("c", "1"))).elsewhere == {"a"}
    assert followed(("ADDED", there)).elsewhere == set()


def test_other_objects_do_not_count() -> None:
    occupancy = Occupancy(NODES)
    occupancy.take(JOBS, "ADDED", {"metadata": {"uid": "j"}, "spec": {}})
    assert not occupancy.placed
