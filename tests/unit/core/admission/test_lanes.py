"""Lanes: what is alike is looked at once."""

from dataclasses import replace
from typing import Any

import pytest
from tests.properties.model import Cluster
from tests.unit.builders import cluster, pipeline, step
from tests.unit.core.admission.clusters import NOW, node, want

from penstock.core.admission import admission
from penstock.core.admission import lanes as module
from penstock.core.admission.admission import admit_lanes
from penstock.core.admission.capacity import Capacity
from penstock.core.admission.demands import Demand, demand
from penstock.core.admission.lanes import Lane, Lanes, asked
from penstock.core.admission.limits import Places
from penstock.core.admission.turns import Turns
from penstock.core.graph.learned import Learned


def names(lane: Lane) -> list[str]:
    return [key[2] for key in lane.keys]


def test_demands_that_differ_in_their_names_alone_are_one_lane_in_order() -> None:
    many = [want(name, cpu=1) for name in "cab"]
    found = Lanes([*many, want("d", cpu=2), want("e", cpu=1, pipeline="q")])
    assert [names(lane) for lane in found] == [["a", "b", "c"], ["d"], ["e"]]
    (lane, *_) = found
    assert [lane[number] for number in range(len(lane))] == sorted(many, key=lambda one: one.key)
    found.remove(many[1])
    found.add(want("aa", cpu=1))
    assert (names(lane), lane.first.key[2]) == (["aa", "b", "c"], "aa")
    for one in (many[0], many[2], want("aa", cpu=1), want("d", cpu=2)):
        found.remove(one)
    assert [names(lane) for lane in found] == [["e"]]


def test_every_field_of_a_demand_keeps_lanes_apart() -> None:
    """A field that were forgotten would have steps wait that need not."""
    one = want("a", cpu=1)
    others: dict[str, Any] = {"shape": None, "fitted": True, "planned": 5.0, "limits": (object(),)}
    for name in Demand.__dataclass_fields__.keys() - {"key"}:
        other = replace(one, **{name: others.get(name, 77)})
        assert len(list(Lanes([one, other]))) == 2, name


def test_what_has_a_turn_is_in_a_lane_of_its_own() -> None:
    lanes = Lanes(want(name, cpu=1) for name in "abcd")
    found = list(Turns({("ns", "p", "c"): NOW + 60, ("ns", "p", "x"): NOW + 30}).split(lanes))
    assert [names(lane) for lane in found] == [["c"], ["a", "b", "d"]]
    assert [lane.first.not_before for lane in found] == [NOW + 60, 0.0]
    assert list(Turns({("ns", "q", "c"): NOW}).split(lanes)) == list(lanes)


def fan_out(count: int, **more: Any) -> Cluster:
    many = step("m", each={"x": range(count)}, inputs={"x": "each:x"}, resources={"requests": {"cpu": 1}})
    many["forEach"] |= more
    found = cluster(pipeline(many, step("other")))
    for _ in range(3):
        for write in found.writes_of(replace(found.plan(), ready=[])):
            write()
    return found


@pytest.mark.parametrize("limit", [{}, {"maxParallel": 500}])
def test_a_pass_over_many_instances_takes_as_many_looks_as_there_are_different_ones(
    limit: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = fan_out(1000, **limit)
    plan, graph = found.plan(), found.observe().graph
    assert graph
    looks: list[str] = []
    decide = admission._Pass._decide

    def counted(self: Any, one: Demand) -> Any:
        looks.append(one.key[2])
        return decide(self, one)

    monkeypatch.setattr(admission._Pass, "_decide", counted)
    lanes = asked(plan.ready, graph, Learned(), plan.places)
    assert [len(lane) for lane in lanes] == [1000, 1]
    admitted = admit_lanes(lanes, Capacity.of([node(cpu=4)]), NOW, taken=plan.places)
    assert (len(admitted.admitted), len(admitted.waits)) == (5, 996)
    assert len(looks) == 6, "four instances that fit, one that does not, and the other step"


def test_equal_instances_are_described_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = fan_out(1000)
    plan, graph = found.plan(), found.observe().graph
    assert graph
    described: list[str] = []

    def counted(ready: Any, *rest: Any) -> Demand:
        described.append(ready.node.path)
        return demand(ready, *rest)

    monkeypatch.setattr(module, "demand", counted)
    lanes = asked(plan.ready, graph, Learned(), Places())
    assert len(described) == 2
    assert [lane.first for lane in lanes] == [demand(one, graph) for one in (plan.ready[0], plan.ready[-1])]
