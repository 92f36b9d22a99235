"""`parallelism` and `maxParallel` in admission: places go by rank, and only to what has room."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.unit.builders import cluster, components, pipeline, step
from tests.unit.core.admission.clusters import NOW, held, node, want

from penstock.core.admission.admission import Admission, admit
from penstock.core.admission.capacity import Capacity
from penstock.core.admission.demands import Demand
from penstock.core.admission.limits import Limit, Places, limits
from penstock.core.admission.policies import FIFO, POLICIES, Policy
from penstock.core.reasons import Reason
from penstock.core.wording import Reader

WHOLE = ("ns", "p", "", ())
TWO = Limit(WHOLE, 2)
ONE = Limit(WHOLE, 1)


def limited(demand: Demand, *limits: Limit) -> Demand:
    return replace(demand, limits=limits)


def names(found: Admission) -> list[str]:
    return [one.key[2] for one in found.admitted]


def reasons(found: Admission) -> dict[str, Reason]:
    return {key[2]: wait.reason for key, wait in found.waits.items()}


def taken(*limits: Limit, until: float = float("inf")) -> Places:
    """Places that are taken: until nobody knows when, or for so many seconds more."""
    found = Places()
    for number, one in enumerate(limits):
        found.take(one, ("ns", "p", f"running-{number}"), (NOW - 60, NOW + until))
    return found


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_places_go_by_the_policys_order(policy: Policy) -> None:
    demands = [
        limited(want(name, cpu=1, since=NOW - age, rank=age), TWO) for name, age in (("a", 1), ("b", 3), ("c", 2))
    ]
    found = admit(demands, Capacity.of([node(cpu=9)]), NOW, policy)
    assert names(found) == ["b", "c"]
    assert found.waits[demands[0].key].words(Reader("ns")) == "2 steps run, as many as spec.parallelism allows"
    assert names(admit(demands, Capacity.of(), NOW, policy)) == ["b", "c"], "whatever is known of the cluster"


def test_what_has_no_room_takes_no_place() -> None:
    capacity = Capacity.of([node(cpu=9, gpu=1)], [held("q/other", until=None, gpu=1)])
    demands = [limited(want(name, gpu=1, rank=9), ONE) for name in ("a", "b")]
    found = admit([*demands, limited(want("small", cpu=1), ONE)], capacity, NOW)
    assert names(found) == ["small"]
    assert reasons(found) == dict.fromkeys("ab", Reason.WAITING_FOR_RESOURCES)


def test_what_has_no_place_takes_no_room_and_reserves_none() -> None:
    capacity = Capacity.of([node(gpu=2)], [held("q/other", until=100, gpu=1)])
    first = limited(want("first", gpu=2, rank=9), ONE)
    found = admit([first, want("second", gpu=1, duration=999)], capacity, NOW, taken=taken(ONE))
    assert names(found) == ["second"]
    assert reasons(found) == {"first": Reason.PARALLELISM}
    assert not found.reservations


@pytest.mark.parametrize(("duration", "starts"), [(100, True), (101, False)])
def test_who_goes_first_keeps_its_place_for_the_date_of_its_reservation(duration: int, starts: bool) -> None:
    capacity = Capacity.of([node(cpu=9, gpu=1)], [held("q/other", until=100, gpu=1)])
    first = limited(want("first", gpu=1, rank=9), ONE)
    found = admit([first, limited(want("small", cpu=1, duration=duration), ONE)], capacity, NOW)
    assert names(found) == (["small"] if starts else [])
    assert starts or reasons(found)["small"] is Reason.RESERVED
    assert starts or "p/first, which goes first" in found.waits["ns", "p", "small"].words(Reader("ns"))
    roomy = replace(first, limits=(TWO,)), limited(want("small", cpu=1, duration=duration), TWO)
    assert names(admit(roomy, capacity, NOW)) == ["small"], "there is a place for both"


@pytest.mark.parametrize(("until", "reason"), [(99, "WaitingForResources"), (101, "Parallelism")])
def test_what_will_have_a_place_before_it_has_room_reserves_the_room(until: float, reason: str) -> None:
    """Else whatever short step takes the place meanwhile would cost it its reservation, again and again."""
    capacity = Capacity.of([node(gpu=2)], [held("q/other", until=100, gpu=1)])
    first = limited(want("first", gpu=2, rank=9), ONE)
    found = admit([first, want("other", gpu=1, duration=999)], capacity, NOW, taken=taken(ONE, until=until))
    assert reasons(found)["first"] == reason
    assert [one.at for one in found.reservations] == ([NOW + 100] if until < 100 else [])
    assert names(found) == ([] if until < 100 else ["other"])


def test_the_place_of_an_instance_is_shared_by_its_steps() -> None:
    def inside(name: str, *slot: int, most: int = 1) -> Demand:
        return limited(want(name, cpu=1), Limit(("ns", "p", "each", ()), most, slot))

    capacity = Capacity.of([node(cpu=9)])
    several = [inside("0.a", 0), inside("0.b", 0), inside("1.a", 1)]
    found = admit(several, capacity, NOW)
    assert names(found) == ["0.a", "0.b"]
    assert found.waits["ns", "p", "1.a"].words(Reader("ns")) == (
        "1 instances of 'each' are active, as many as forEach.maxParallel allows"
    )
    under_way = taken(*inside("", 1).limits)
    assert names(admit(several, capacity, NOW, taken=under_way)) == ["1.a"]
    lowered = taken(*inside("", 1).limits, *inside("", 2).limits)
    assert names(admit(several, capacity, NOW, taken=lowered)) == ["1.a"], "what is under way goes on"


def test_a_limit_of_one_pipeline_holds_up_no_other() -> None:
    demands = [limited(want("a", since=NOW - 9, cpu=1), ONE), want("b", pipeline="q", cpu=1)]
    found = admit(demands, Capacity.of([node(cpu=9)]), NOW, FIFO, taken(ONE))
    assert (names(found), reasons(found)) == (["b"], {"a": Reason.PARALLELISM})


def test_what_never_fits_is_said_though_there_is_no_place() -> None:
    found = admit([limited(want("huge", gpu=9), ONE)], Capacity.of([node(gpu=1)]), NOW, taken=taken(ONE))
    assert reasons(found) == {"huge": Reason.NEVER_FITS}


def of(found: Sequence[Limit]) -> list[tuple[str, int, object]]:
    return [(one.bound[2], one.most, one.slot) for one in found]


class TestOfAPipeline:
    """Which limits its steps have, and which places."""

    def test_of_steps_of_finals_and_of_approvals(self) -> None:
        final = {"finally": [step("f", image="i")]}
        found = cluster(pipeline(step("a"), step("ask", approval={"message": "?"}), parallelism=3, **final))
        found.reconcile()
        graph, verdicts = found.observe().graph, found.plan().verdicts
        assert graph
        mine = {node.path: of(limits(graph, node, "ns", "p")) for node, _ in verdicts}
        assert mine == {"a": [("", 3, None)], "ask": [], "f": []}

    def test_of_instances(self) -> None:
        using = components(pair={"steps": [step("one", image="i"), step("two", image="i", needs=["one"])]})
        many = {**step("m", component="pair", each={"x": range(2)})}
        many["forEach"]["maxParallel"] = 1
        single = step("s", each={"x": range(2)})
        single["forEach"]["maxParallel"] = 2
        found = cluster(pipeline(many, single), using)
        found.reconcile()
        graph, plan = found.observe().graph, found.plan()
        assert graph
        mine = {node.path: of(limits(graph, node, "ns", "p")) for node, _ in plan.verdicts}
        assert mine["m.1.two"] == [("m", 1, (1,))]
        assert mine["s.1"] == [("s", 2, None)]
        assert [one.node.path for one in plan.ready] == ["m.1.one"]
        assert (plan.places.count(("ns", "p", "m", ())), plan.places.count(("ns", "p", "s", ()))) == (1, 2)
        found.start_pods()
        found.finish("p.m.0.one")
        found.finish("p.s.0")
        plan = found.plan()
        assert {one.node.path for one in plan.ready} == {"m.0.two", "m.1.one"}
        assert plan.places.count(("ns", "p", "m", ())) == 1, "the instance has not ended"
        assert plan.places.count(("ns", "p", "s", ())) == 1
        found.reconcile()
        assert [name for name, _, _ in found.started if name.startswith("p.m")] == ["p.m.0.one", "p.m.0.two"]

    def test_a_step_that_is_tried_again_has_its_place_in_the_fan_out(self) -> None:
        flaky = step("s", each={"x": range(2)}, retry={"limit": 1, "backoff": {"initial": "1s"}})
        flaky["forEach"]["maxParallel"] = 1
        found = cluster(pipeline(flaky), s__0=[1, 0])
        found.run()
        assert [(name, attempt) for name, _, attempt in found.started] == [("p.s.0", 1), ("p.s.0", 2), ("p.s.1", 1)]

    def test_an_undo_has_no_limits(self) -> None:
        undone = step("a", undo={"script": "back"})
        found = cluster(pipeline(undone, step("b", needs=["a"]), parallelism=1, onFailure="Undo"), b=1)
        found.run()
        assert found.step("a")["status"]["undo"]["phase"] == "Succeeded"
