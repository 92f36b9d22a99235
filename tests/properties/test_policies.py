"""What holds for every scheduling policy, over random clusters and workloads. A new policy needs no test of its own."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.core.admission.admission import admit
from penstock.core.admission.capacity import Capacity, Holding, NodeView
from penstock.core.admission.demands import Demand
from penstock.core.admission.policies import PATIENCE, POLICIES, Policy
from penstock.core.admission.shapes import shape
from penstock.core.foresight.activities import Activity, Workload
from penstock.core.foresight.improve import improve, with_plan
from penstock.core.foresight.simulate import Run, Simulated, simulate
from penstock.core.reasons import Reason
from penstock.core.wording import Reader

GPU = "nvidia.com/gpu"

every_policy = pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)


@st.composite
def capacities(draw: st.DrawFn) -> Capacity:
    nodes = [
        NodeView(f"n{number}", found, found)
        for number in range(draw(st.integers(1, 4)))
        for found in [{"cpu": 1000 * draw(st.integers(0, 8)), GPU: 1000 * draw(st.sampled_from([0, 0, 2, 4]))}]
    ]
    cap = draw(st.sampled_from([None, None, {"cpu": 4000}]))
    return Capacity.of(nodes, caps=cap)


@st.composite
def workloads(draw: st.DrawFn) -> Workload:
    activities: list[Activity] = []
    barriers: dict[str, tuple[tuple[str, str, str], ...]] = {}
    for number in range(draw(st.integers(1, 14))):
        key = ("ns", draw(st.sampled_from("pq")), f"s{number}")
        asked = {"cpu": 250 * draw(st.integers(0, 16)), GPU: 1000 * draw(st.sampled_from([0, 0, 0, 1, 2, 5]))}
        needs = draw(st.lists(st.integers(0, number - 1), max_size=3, unique=True)) if number else []
        after = ()
        if needs:
            after = (f"before {number}",)
            barriers[after[0]] = tuple(activities[one].key for one in needs)
        activities.append(
            Activity(
                key,
                key[2],
                shape("ns", asked, replicas=draw(st.sampled_from([1, 1, 1, 2, 3]))),
                float(draw(st.integers(1, 20))),
                float(draw(st.integers(1, 50))),
                draw(st.sampled_from([0, 0, 0, 5])),
                after,
                release=float(draw(st.sampled_from([0, 0, 7]))),
            )
        )
    return Workload(tuple(activities), barriers)


def used(runs: Mapping[object, Run], instant: float, node: str | None, name: str) -> int:
    return sum(
        (run.activity.shape.requests.get(name, 0) if run.activity.shape else 0) * pods
        for run in runs.values()
        if run.start <= instant < run.end
        for where, pods in run.nodes.items()
        if node in (None, where)
    )


def never_over_committed(found: Simulated, capacity: Capacity) -> None:
    for instant in {run.start for run in found.runs.values()}:
        for node in (capacity.nodes or {}).values():
            for name, amount in node.allocatable.items():
                assert used(found.runs, instant, node.name, name) <= amount
        for name, cap in (capacity.caps or {}).items():
            assert used(found.runs, instant, None, name) <= cap


@every_policy
@settings(max_examples=50, deadline=None)
@given(capacity=capacities(), workload=workloads(), slower=st.lists(st.sampled_from([0.5, 1.0, 1.6]), min_size=14))
def test_simulation(policy: Policy, capacity: Capacity, workload: Workload, slower: list[float]) -> None:
    factor = {activity.key: slower[number % 14] for number, activity in enumerate(workload.activities)}
    workload = with_plan(workload, improve(workload, capacity, 2))
    found = simulate(workload, capacity, 0.0, policy, lambda activity: activity.duration * factor[activity.key])
    never_over_committed(found, capacity)
    activities = {activity.key: activity for activity in workload.activities}
    for key, run in found.runs.items():
        assert sum(run.nodes.values()) == activities[key].shape.replicas  # type: ignore[union-attr]
        assert run.start >= activities[key].release
        for barrier in activities[key].after:
            assert all(found.runs[need].end <= run.start for need in workload.barriers[barrier])
    # It terminates, and only what can never run, or comes after such, has not run.
    blocked = set(found.stuck)
    assert all(wait.reason is Reason.NEVER_FITS for wait in found.stuck.values())
    for activity in workload.activities:
        if any(need in blocked for barrier in activity.after for need in workload.barriers[barrier]):
            blocked.add(activity.key)
    assert found.runs.keys() | blocked == activities.keys()
    assert not found.runs.keys() & blocked


@every_policy
@settings(max_examples=25, deadline=None)
@given(capacity=capacities(), workload=workloads(), random=st.randoms(use_true_random=False))
def test_order_of_demands_does_not_matter(
    policy: Policy, capacity: Capacity, workload: Workload, random: object
) -> None:
    shuffled = list(workload.activities)
    random.shuffle(shuffled)
    first = simulate(workload, capacity, 0.0, policy)
    second = simulate(Workload(tuple(shuffled), workload.barriers), capacity, 0.0, policy)
    assert {key: run.start for key, run in first.runs.items()} == {key: run.start for key, run in second.runs.items()}
    assert first.stuck.keys() == second.stuck.keys()


@every_policy
@settings(max_examples=25, deadline=None)
@given(capacity=capacities(), workload=workloads())
def test_each_waits_for_one_reason_and_a_repeated_pass_starts_nothing_that_had_no_room(
    policy: Policy, capacity: Capacity, workload: Workload
) -> None:
    demands = [
        Demand(one.key, one.shape, one.priority, one.rank, 0.0, one.duration)  # type: ignore[arg-type]
        for one in workload.activities
    ]
    found = admit(demands, capacity, 10.0, policy)
    started = {demand.key for demand in found.admitted}
    assert started | found.waits.keys() == {demand.key for demand in demands}
    assert not started & found.waits.keys()
    assert all(wait.words(Reader("ns")) for wait in found.waits.values())
    holdings = [
        Holding(demand.owner, demand.shape, node, 10.0, 10.0 + demand.duration, pods=pods)
        for demand in found.admitted
        for node, pods in found.nodes[demand.key].items()
    ]
    after = Capacity.of((capacity.nodes or {}).values(), holdings, caps=capacity.caps)
    again = admit([demand for demand in demands if demand.key not in started], after, 10.0, policy)
    # Who is short of more than before may cover the reservation of somebody later, which lets others ahead of that one;
    # what had no room has none now, and the first that waits keeps its reservation.
    assert all(found.waits[demand.key].reason is Reason.RESERVED for demand in again.admitted)
    assert not again.admitted or found.reservations


@every_policy
@settings(max_examples=6, deadline=None)
@given(small=st.integers(1, 3), each=st.integers(300, 900), seed=st.integers(0, 99))
def test_nothing_is_passed_over_beyond_the_bound(policy: Policy, small: int, each: int, seed: int) -> None:
    """A large step of low rank against an endless stream of small ones: it starts within one patience and one step."""
    large = Activity(("ns", "p", "large"), "large", shape("ns", {"cpu": 4000}), 50.0, 50.0)
    stream = [
        Activity(
            ("ns", "q", f"s{number}"),
            "s",
            shape("ns", {"cpu": 1000 * small}),
            float(each + (number * 37 + seed) % 50),
            1000.0,
            release=number * each / 8,
        )
        for number in range(int(12 * PATIENCE / each))
    ]
    idle = NodeView("n", {"cpu": 4000}, {"cpu": 4000})
    found = simulate(Workload((large, *stream), {}), Capacity.of([idle]), 0.0, policy)
    assert found.runs[large.key].start <= PATIENCE + each + 50
