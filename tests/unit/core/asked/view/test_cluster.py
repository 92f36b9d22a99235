"""All Pipelines on all nodes: who holds what, and how it should go on."""

from dataclasses import replace

from tests.properties.model import Cluster
from tests.unit.core.admission.clusters import GPU, held, node

from penstock.core.admission.capacity import Capacity
from penstock.core.asked.view.cluster import cluster_view
from penstock.core.asked.view.lanes import holds
from penstock.core.graph.learned import Learned


def queued(name: str) -> Cluster:
    """Two steps of ten minutes, one after the other, that wait for a GPU."""
    cluster = Cluster()
    work = {"image": "i", "script": "x", "duration": "10m", "resources": {"requests": {GPU: 1}}}
    steps = [{**work, "name": "first"}, {**work, "name": "second", "needs": ["first"]}]
    kind = {"apiVersion": "penstock.dev/v1alpha1", "kind": "Pipeline", "metadata": {"name": name}}
    cluster.apply({**kind, "spec": {"steps": steps}})
    for _ in range(3):
        for write in cluster.writes_of(replace(cluster.plan(), ready=[])):
            write()
    return cluster


def test_what_runs_gives_back_and_what_waits_takes() -> None:
    seen = [queued("p").observe(), queued("q").observe()]
    now = seen[0].now
    room = Capacity.of(
        [node(gpu=2, cpu=8), node("b", unusable="cordoned", cpu=4)],
        [held("r/train", until=300, gpu=1), held("pod notebook", until=None, cpu=2, gpu=1)],
    )
    found = cluster_view(seen, room, [holds(room, now)], Learned(), now)
    (gpus,) = [one for one in found.lanes if one.resource == GPU]
    assert (gpus.total, gpus.past) == (2, [(now, 2, 1, 1)])
    minutes = [(round((at - now) / 60), amount) for at, amount in gpus.ahead]
    assert minutes[0] == (0, 1)
    assert minutes[-1] == (45, 0)  # 5 until it is free, then four of 10, one after the other
    assert {amount for _, amount in minutes[:-1]} == {1}
    assert [(one.name, one.waiting) for one in found.shares] == [("r", 0), ("p", 2), ("q", 2)]
    ends = {one.name: one.end for one in found.shares}
    assert ends["r"] is None
    assert max(ends["p"] or 0, ends["q"] or 0) == now + 45 * 60
    assert [(one.name, one.unusable, one.use[0]) for one in found.nodes] == [
        ("a", "", ("cpu", 8, 0, 2)),
        ("b", "cordoned", ("cpu", 4, 0, 0)),
    ]


def test_without_nodes_there_is_what_is_held() -> None:
    room = Capacity.of(None, [held("r/train", until=300, gpu=1)])
    found = cluster_view([], room, [holds(room, 1_800_000_000.0)], Learned(), 1_800_000_000.0)
    assert found.nodes == []
    assert [(one.resource, one.total) for one in found.lanes] == [("cpu", None), ("memory", None), (GPU, None)]
    assert found.shares[0].holds == {GPU: 1}
