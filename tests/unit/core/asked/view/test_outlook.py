"""Rows against their plan, and the lanes of resources."""

from dataclasses import replace

import pytest
from tests.properties.model import Cluster
from tests.unit.core.admission.clusters import GPU, NOW, held, node

from penstock.core.admission.capacity import Capacity
from penstock.core.asked.progress import Progress, progress
from penstock.core.asked.view.lanes import Holds, holds, lanes
from penstock.core.asked.view.outlook import against_plan
from penstock.core.asked.view.rows import rows
from penstock.core.graph.learned import Learned

ROOM = Capacity.of(
    [node(gpu=4, cpu=16), node("b", gpu=4, cpu=16)],
    [
        held("p/first", until=600, gpu=1, cpu=2),
        held("q/other", "b", until=120, gpu=2),
        held("q/another", "b", until=30, gpu=1),
        held("alone", None, until=60, cpu=3),
        held("pod notebook", until=None, gpu=1, cpu=1),
    ],
)


@pytest.fixture
def cluster() -> Cluster:
    """`first` runs; `many`, five of it, come after."""
    made = Cluster()
    work = {"image": "i", "script": "x", "duration": "10m", "resources": {"requests": {GPU: 1}}}
    each = {"vars": [{"name": "x", "from": "first.list"}]}
    first = {**work, "name": "first", "outputs": [{"name": "list", "type": "List"}]}
    made.apply(
        {
            "apiVersion": "penstock.dev/v1alpha1",
            "kind": "Pipeline",
            "metadata": {"name": "p"},
            "spec": {"steps": [first, {**work, "name": "many", "forEach": each}]},
        }
    )
    made.reconcile()
    made.start_pods()
    made.now += 60
    made.reconcile()
    return made


def found(cluster: Cluster) -> Progress:
    seen = cluster.observe()
    return progress(seen, [seen], ROOM, Learned())


def test_instances_that_there_are_not_yet_are_told_in_the_row_of_their_task(cluster: Cluster) -> None:
    seen = cluster.observe()
    told = against_plan(found(cluster), rows(seen.graph, seen.steps.values()))
    assert [row[0] for row in told] == [0, 1]
    assert told[0][1:] == (0.0, 600.0, 0.0, 600.0, 0.0)
    assert told[1][1] == told[1][3] == 600.0


def test_who_holds_what_now() -> None:
    now = holds(ROOM, NOW)
    assert now.total is not None
    assert (now.total[GPU], now.own[GPU], now.foreign[GPU]) == (8000, 4000, 1000)
    assert now.pipelines["ns", "p"] == {GPU: 1000, "cpu": 2000, "pods": 1000}
    assert now.pipelines["ns", "alone"] == {"cpu": 3000, "pods": 1000}
    assert holds(replace(ROOM, nodes=None), NOW).total is None


def test_lanes_tell_past_and_what_is_to_come(cluster: Cluster) -> None:
    seen = cluster.observe()
    namespace, now = seen.pipeline.namespace, seen.now
    earlier = Holds(now - 100, None, {}, {GPU: 5000}, {})
    told = {one.resource: one for one in lanes(namespace, ROOM, found(cluster), [earlier, holds(ROOM, now)], {})}
    assert list(told) == ["cpu", "memory", GPU]
    gpus = told[GPU]
    assert gpus.total == 8
    assert gpus.past[0] == (now - 100, None, 5.0, 0.0)
    assert gpus.ahead[0][1] == (3.0 if namespace == "ns" else 4.0)
    assert gpus.ahead[-1][1] == 0.0
    assert [amount for _, amount in gpus.ahead] == sorted((amount for _, amount in gpus.ahead), reverse=True)
    began = now - 60
    assert gpus.mine[0] == (began, 1.0)
    assert gpus.mine[-1][1] == 0.0
    assert all(start >= now and not reserved for _, start, _, _, reserved in gpus.boxes)
    claimed = lanes(namespace, ROOM, found(cluster), [holds(ROOM, now)], {gpus.boxes[0][0]: now + 7})
    assert next(one for one in claimed if one.resource == GPU).boxes[0][1:] == (now + 7, now + 607, 1.0, True)
