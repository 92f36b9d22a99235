"""Raw objects to what they hold, and the ledger of it."""

from typing import Any

import pytest
from tests.unit.core.admission.clusters import GPU, NOW, want

from penstock.core.admission.admission import admit
from penstock.core.admission.ledger import Ledger
from penstock.core.admission.observed_capacity import job_hold, node_view, pod_hold, quota_view, range_view
from penstock.core.admission.shapes import Constraints, Taint
from penstock.core.holders import Kind, Owner
from penstock.core.reasons import Reason
from penstock.core.wording import Reader

LABELS = {
    "app.kubernetes.io/managed-by": "penstock",
    "penstock.dev/pipeline": "digits",
    "penstock.dev/step": "tune",
    "penstock.dev/index": "3",
}


def pod(
    phase: str = "Running",
    node: str | None = "n",
    requests: dict[str, Any] | None = None,
    labels: dict[str, str] | None = None,
    **spec: Any,
) -> dict[str, Any]:
    owner = {"kind": "Job", "uid": "job", "controller": True}
    return {
        "metadata": {
            "name": "x",
            "namespace": "ns",
            "labels": LABELS if labels is None else labels,
            "annotations": {"penstock.dev/estimate": "90"},
            "creationTimestamp": "2027-01-15T08:00:00Z",
            "ownerReferences": [owner] if labels is None else [],
        },
        "spec": {
            **({"nodeName": node} if node else {}),
            "containers": [{"name": "step", "resources": {"requests": requests or {"cpu": "1"}}}],
            **spec,
        },
        "status": {"phase": phase},
    }


def node(name: str = "n", **allocatable: str) -> dict[str, Any]:
    return {"metadata": {"name": name}, "status": {"allocatable": allocatable, "capacity": allocatable}}


def job(parallelism: int = 1, **meta: Any) -> dict[str, Any]:
    template = pod(node=None)
    return {
        "metadata": {"name": "j", "namespace": "ns", "labels": LABELS, "creationTimestamp": "2027-01-15T08:00:00Z"}
        | meta,
        "spec": {
            "parallelism": parallelism,
            "template": {"metadata": template["metadata"], "spec": template["spec"]},
        },
    }


def test_node_view() -> None:
    obj = {
        "metadata": {"name": "g", "labels": {"zone": "a"}},
        "spec": {"taints": [{"key": "gpu", "effect": "NoSchedule"}]},
        "status": {
            "allocatable": {"cpu": "3900m", "memory": "8Gi", GPU: "0"},
            "capacity": {"cpu": "4", GPU: "2"},
            "conditions": [{"type": "Ready", "status": "Unknown"}],
        },
    }
    view = node_view(obj)
    assert view.allocatable["cpu"] == 3900
    assert view.potential[GPU] == 2000
    assert view.potential["cpu"] == 3900
    assert view.taints == (Taint("gpu", "", "NoSchedule"),)
    assert view.unusable == "not ready"
    assert node_view({**obj, "spec": {"unschedulable": True}}).unusable == "cordoned"


@pytest.mark.parametrize("amount", ["-1", "1e400", "many"])
def test_amounts_that_are_none_name_the_resource(amount: str) -> None:
    with pytest.raises(ValueError, match=r"cpu: "):
        node_view(node(cpu=amount))
    with pytest.raises(ValueError, match=r"cpu: "):
        pod_hold(pod(requests={"cpu": amount}))


def test_a_tenth_of_a_thousandth_counts_as_one_thousandth() -> None:
    holding = pod_hold(pod(requests={"cpu": "0.1m"})).holding
    assert holding is not None
    assert holding.shape.requests["cpu"] == 1


def test_what_a_pod_holds() -> None:
    holding = pod_hold(
        pod(
            initContainers=[
                {"name": "sidecar", "restartPolicy": "Always", "resources": {"requests": {"cpu": "500m"}}},
                {"name": "init", "resources": {"requests": {"cpu": "2"}, "limits": {"memory": "1Gi"}}},
            ],
            overhead={"cpu": "10m"},
        )
    ).holding
    assert holding is not None
    assert holding.shape.requests["cpu"] == 2510
    assert holding.shape.requests["memory"] == 1024**3 * 1000
    assert holding.owner == Owner("ns", "digits/tune.3")
    assert (holding.start, holding.end) == (NOW, NOW + 90)
    foreign = pod_hold(pod(labels={})).holding
    assert foreign is not None
    assert (foreign.owner, foreign.own, foreign.end) == (Owner("ns", "x", Kind.POD), False, None)
    assert pod_hold(pod("Succeeded")).holding is None


def test_a_job_holds_until_its_pods_are_seen() -> None:
    ledger = Ledger()
    ledger.put_node(node_view(node(cpu="4")))
    ledger.put_job("job", job_hold(job(2)))
    assert [one.pods for one in ledger.snapshot().unplaced] == [2]
    ledger.put_pod("p1", pod_hold(pod(node=None)))
    assert [one.pods for one in ledger.snapshot().unplaced] == [1, 1]
    ledger.put_pod("p1", pod_hold(pod()))
    ledger.put_pod("p2", pod_hold(pod("Succeeded")))
    snapshot = ledger.snapshot()
    assert not snapshot.unplaced
    assert snapshot.loads["n"].total["cpu"] == 1000
    assert ledger.snapshot() is snapshot
    ledger.put_pod("p1", pod_hold(pod()))
    assert ledger.snapshot() is snapshot
    ledger.drop_pod("p1")
    assert not ledger.snapshot().loads
    ledger.put_job("job", job_hold({**job(), "status": {"conditions": [{"type": "Complete", "status": "True"}]}}))
    ledger.drop_pod("p2")
    assert not ledger.snapshot().unplaced


def test_a_pod_that_moves_from_pending_to_a_node_counts_once() -> None:
    ledger = Ledger()
    ledger.see_nodes([node_view(node("n", cpu="4")), node_view(node("m", cpu="4"))])
    ledger.put_pod("p", pod_hold(pod("Pending", node=None)))
    ledger.put_pod("p", pod_hold(pod("Running", node="m")))
    assert {name: load.total["cpu"] for name, load in ledger.snapshot().loads.items()} == {"m": 1000}
    assert not ledger.snapshot().unplaced


def test_nodes_that_grow_shrink_and_go() -> None:
    ledger = Ledger()
    demand = want("x", cpu=4)
    assert admit([demand], ledger.snapshot(), NOW).admitted
    ledger.put_node(node_view(node(cpu="2")))
    assert admit([demand], ledger.snapshot(), NOW).waits[demand.key].reason is Reason.NEVER_FITS
    ledger.put_node(node_view(node(cpu="4")))
    assert admit([demand], ledger.snapshot(), NOW).admitted
    ledger.drop_node("n")
    wait = admit([demand], ledger.snapshot(), NOW).waits[demand.key]
    assert wait.words(Reader("ns")) == "needs 4 cpu; the cluster has no nodes"


def test_jobs_that_hold_no_room_are_known_where_a_quota_counts_them() -> None:
    over = {"status": {"conditions": [{"type": "Complete", "status": "True"}]}}
    ledger = Ledger()
    ledger.put_job("over", job_hold({**job(), **over}))
    ledger.put_job("suspended", job_hold({**job(), "spec": {**job()["spec"], "suspend": True}}))
    assert not ledger.snapshot().idle_jobs
    ledger.put_quota(
        quota_view({"metadata": {"namespace": "ns", "name": "q"}, "spec": {"hard": {"count/jobs.batch": 2}}})
    )
    assert ledger.snapshot().idle_jobs == {"ns": (Owner("ns", "j", Kind.JOB), Owner("ns", "digits/tune.3"))}
    ledger.drop_job("over")
    ledger.put_job("suspended", job_hold(job()))
    ledger.drop_quota("ns", "q")
    ledger.put_quota(
        quota_view({"metadata": {"namespace": "ns", "name": "q"}, "spec": {"hard": {"count/jobs.batch": 2}}})
    )
    assert not ledger.snapshot().idle_jobs
    assert [one.pods for one in ledger.snapshot().unplaced] == [1]


def test_quota_and_range_views() -> None:
    ledger = Ledger()
    quota = {
        "metadata": {"name": "q", "namespace": "ns"},
        "spec": {"hard": {"requests.cpu": "2"}, "scopes": ["NotTerminating"]},
        "status": {"used": {"requests.cpu": "500m"}},
    }
    ledger.put_quota(quota_view(quota))
    limits = {
        "metadata": {"name": "l", "namespace": "ns"},
        "spec": {"limits": [{"type": "Container", "defaultRequest": {"cpu": "1"}, "max": {"memory": "1Gi"}}]},
    }
    ledger.put_range(range_view(limits))
    found = admit([want("a"), want("b"), want("c", memory="2Gi")], ledger.snapshot(), NOW)
    assert [demand.key[2] for demand in found.admitted] == ["a"]
    assert found.waits["ns", "p", "b"].reason is Reason.QUOTA_EXCEEDED
    assert found.waits["ns", "p", "c"].words(Reader("ns")) == "asks for 2Gi memory; LimitRange l allows at most 1Gi"
    ledger.drop_quota("ns", "q")
    assert len(admit([want("a"), want("b")], ledger.snapshot(), NOW).admitted) == 2


def test_pending_pods_wait_where_they_may() -> None:
    hold = pod_hold(pod("Pending", node=None, nodeSelector={"zone": "a"})).holding
    assert hold is not None
    assert hold.shape.constraints == Constraints((("zone", "a"),))


def test_a_job_whose_pods_are_not_seen_holds_where_they_are_meant_to_go() -> None:
    ledger = Ledger()
    ledger.see_nodes([node_view(node("large", **{GPU: "4"})), node_view(node("small", **{GPU: "2"}))])
    asked = pod(node=None, requests={GPU: "1"})
    field = {"key": "metadata.name", "operator": "In", "values": ["large"]}
    asked["spec"]["affinity"] = {
        "nodeAffinity": {
            "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "preference": {"matchFields": [field]}}]
        }
    }
    created = job()
    created["spec"]["template"]["spec"] = asked["spec"]
    ledger.put_job("job", job_hold(created))
    whole, pair = want("whole", gpu=4), want("pair", gpu=2)
    assert [one.key[2] for one in admit([whole, pair], ledger.snapshot(), NOW).admitted] == ["pair"]
    ledger.put_node(node_view({**node("large", **{GPU: "4"}), "spec": {"unschedulable": True}}))
    assert admit([pair], ledger.snapshot(), NOW).waits, "it goes to the other one now"
