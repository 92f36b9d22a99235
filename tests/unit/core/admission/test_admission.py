"""Admission: what starts, what waits, and in which words."""

import pytest
from tests.unit.core.admission.clusters import GPU, NOW, held, node, quota, want
from tests.unit.costs import calls

from penstock.core.admission.admission import Admission, admit
from penstock.core.admission.capacity import Capacity
from penstock.core.admission.policies import BACKFILL, CRITICAL_PATH, FIFO, PATIENCE
from penstock.core.admission.shapes import Constraints, Requirement, Toleration
from penstock.core.reasons import Reason
from penstock.core.wording import Reader


def names(admission: Admission) -> list[str]:
    return [demand.key[2] for demand in admission.admitted]


def why(admission: Admission, name: str, pipeline: str = "p") -> tuple[Reason, str]:
    wait = admission.waits["ns", pipeline, name]
    return wait.reason, wait.words(Reader.of_all("ns"))


def test_unknown_capacity_limits_nothing() -> None:
    found = admit([want("a", cpu=1000, gpu=64), want("b", memory="1Ei")], Capacity.of(), NOW)
    assert names(found) == ["a", "b"]
    assert not found.waits


def test_waits_with_numbers_and_who_holds_until_when() -> None:
    capacity = Capacity.of([node(cpu=16, gpu=4)], [held("a/train", until=2000, gpu=3)])
    found = admit([want("b", gpu=2)], capacity, NOW)
    assert not found.admitted
    reason, message = why(found, "b")
    assert reason is Reason.WAITING_FOR_RESOURCES
    assert message == (
        "needs 2 nvidia.com/gpu, 1 of 4 free; held by a/train until about 08:33 UTC; reserved from about 08:33 UTC"
    )


def test_order_is_priority_rank_age_name() -> None:
    demands = [
        want("name-b", cpu=1, rank=1),
        want("name-a", cpu=1, rank=1),
        want("older", cpu=1, rank=1, since=NOW - 20),
        want("long", cpu=1, rank=9),
        want("urgent", cpu=1, rank=0, priority=1),
    ]
    found = admit(demands, Capacity.of([node(cpu=9)]), NOW)
    assert names(found) == ["urgent", "long", "older", "name-a", "name-b"]
    assert names(admit(demands[::-1], Capacity.of([node(cpu=9)]), NOW)) == names(found)


def test_one_node_must_have_all_of_it() -> None:
    capacity = Capacity.of([node("a", gpu=2), node("b", gpu=2)], [held("x", on="a", gpu=1), held("y", on="b", gpu=1)])
    found = admit([want("two", gpu=2), want("one", gpu=1, rank=1, duration=1)], capacity, NOW)
    reason, message = why(found, "two")
    assert reason is Reason.WAITING_FOR_RESOURCES
    assert message.startswith("needs 2 nvidia.com/gpu, 1 of 4 free")
    assert names(found) == ["one"]


@pytest.mark.parametrize(
    ("duration", "starts"), [(59.0, True), (60.0, True), (61.0, False)], ids=["before", "just", "too long"]
)
def test_backfills_only_what_ends_before_the_reservation(duration: float, starts: bool) -> None:
    capacity = Capacity.of([node(gpu=4)], [held("running", until=60, gpu=3)])
    found = admit([want("big", gpu=4, rank=9), want("small", gpu=1, rank=1, duration=duration)], capacity, NOW)
    assert [one.at - NOW for one in found.reservations] == [60]
    assert names(found) == (["small"] if starts else [])
    if not starts:
        assert why(found, "small") == (
            Reason.RESERVED,
            "there is room, but it would not end before about 08:01:00 UTC, when p/big, which goes first, "
            "is to start with it",
        )


def test_what_takes_nothing_from_the_reservation_goes_ahead() -> None:
    capacity = Capacity.of([node(cpu=8, gpu=4)], [held("running", gpu=3)])
    found = admit(
        [want("big", cpu=1, gpu=2, rank=9), want("spare", gpu=1, rank=2, duration=9999), want("cpu", cpu=7, rank=1)],
        capacity,
        NOW,
    )
    assert names(found) == ["spare", "cpu"]


def test_a_gpu_backlog_does_not_hold_up_cpu_steps_nor_starve_a_large_one() -> None:
    capacity = Capacity.of(
        [node("a", cpu=8), node("g", cpu=2, gpu=1)], [held("t", on="g", gpu=1), held("c", cpu=4, until=30)]
    )
    backlog = [want(f"gpu-{n}", pipeline="gpus", gpu=1, cpu="100m", rank=100) for n in range(50)]
    found = admit([*backlog, want("wide", cpu=8, rank=5), want("small", cpu=4, rank=1, duration=31)], capacity, NOW)
    assert [(one.owner.name, one.at - NOW) for one in found.reservations] == [("gpus/gpu-0", 60), ("p/wide", 30)]
    assert why(found, "small")[0] is Reason.RESERVED
    assert names(admit([*backlog, want("small", cpu=4, rank=1)], capacity, NOW)) == ["small"]


def test_outranked_when_others_took_the_room() -> None:
    found = admit([want("first", gpu=2, rank=9), want("second", gpu=2)], Capacity.of([node(gpu=2)]), NOW)
    assert names(found) == ["first"]
    reason, message = why(found, "second")
    assert reason is Reason.OUTRANKED
    assert message.startswith("needs 2 nvidia.com/gpu, 0 of 2 free; held by p/first until about 08:01:00 UTC")


def test_all_pods_of_a_gang_on_a_node_come_free_together() -> None:
    capacity = Capacity.of([node(gpu=2)], [held("q/gang", until=60, gpu=1, pods=2)])
    (reservation,) = admit([want("two", gpu=2)], capacity, NOW).reservations
    assert (reservation.at, reservation.nodes) == (NOW + 60, {"a": 1})


def test_a_gang_starts_whole_or_not_at_all() -> None:
    capacity = Capacity.of([node("a", gpu=2), node("b", gpu=2)], [held("x", gpu=1)])
    found = admit([want("gang", gpu=1, replicas=4)], capacity, NOW)
    assert not found.admitted
    assert why(found, "gang")[1].startswith("needs 4 x 1 nvidia.com/gpu at once, 3 of 4 free")
    found = admit([want("gang", gpu=1, replicas=3)], capacity, NOW)
    assert found.nodes["ns", "p", "gang"] == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("demand", "words"),
    [
        (want("x", gpu=3), "needs 3 nvidia.com/gpu on one node; the largest of 2 nodes has 2"),
        (want("x", **{"amd.com/fpga": 1}), "needs 1 amd.com/fpga on one node; no node has amd.com/fpga"),
        (
            want("x", **{"nvidia.com/gpus": 1}),
            'needs 1 nvidia.com/gpus on one node; no node has nvidia.com/gpus (did you mean "nvidia.com/gpu"?)',
        ),
        (want("x", gpu=2, replicas=2), "needs 2 pods at once; only 1 would fit when all is idle, on 1 node"),
        (
            want("x", cpu=3, gpu=2),
            "needs 2 nvidia.com/gpu, 3 cpu on one node; none of 2 nodes has all of that together",
        ),
        (
            want("x", constraints=Constraints((("zone", "z"),))),
            "none of 2 nodes has what nodeSelector zone=z asks for",
        ),
        (
            want("x", constraints=Constraints(terms=((Requirement("kubernetes.io/os", "In", ("windows",)),),))),
            "none of 2 nodes has what nodeAffinity asks for",
        ),
    ],
)
def test_never_fits_with_numbers(demand: object, words: str) -> None:
    capacity = Capacity.of([node("a", cpu=4), node("b", cpu=2, gpu=2)])
    found = admit([demand, want("other", cpu=1)], capacity, NOW)  # type: ignore[list-item]
    assert why(found, "x") == (Reason.NEVER_FITS, words)
    assert names(found) == ["other"]


def test_taints_keep_off_what_does_not_tolerate_them() -> None:
    capacity = Capacity.of([node(taint="gpu=only:NoSchedule", cpu=4)])
    assert why(admit([want("x", cpu=1)], capacity, NOW), "x") == (
        Reason.NEVER_FITS,
        "it does not tolerate the taint gpu=only:NoSchedule of a",
    )
    tolerant = want("x", cpu=1, constraints=Constraints(tolerations=(Toleration("gpu", "Exists"),)))
    assert names(admit([tolerant], capacity, NOW)) == ["x"]


@pytest.mark.parametrize("state", ["cordoned", "not ready"])
def test_waits_for_a_node_that_comes_back(state: str) -> None:
    words = f"needs 1 cpu; no node takes its pods now: a with 4 cpu is {state}"
    found = admit([want("x", cpu=1)], Capacity.of([node(unusable=state, cpu=4)]), NOW)
    assert why(found, "x") == (Reason.WAITING_FOR_RESOURCES, words)


def test_the_first_of_many_nodes_that_take_no_pods_are_named() -> None:
    pressed = node("a", taint="node.kubernetes.io/memory-pressure=:NoSchedule", cpu=4, gpu=2)
    cordoned = [node(f"b{number}", unusable="cordoned", cpu=4, gpu=2) for number in range(4)]
    words = (
        "needs 2 x 1 nvidia.com/gpu at once; no node takes its pods now: a with 2 nvidia.com/gpu has the taint "
        "node.kubernetes.io/memory-pressure, b0 with 2 nvidia.com/gpu is cordoned, b1 with 2 nvidia.com/gpu is "
        "cordoned, and 2 more"
    )
    found = admit([want("x", gpu=1, replicas=2)], Capacity.of([pressed, *cordoned]), NOW)
    assert why(found, "x") == (Reason.WAITING_FOR_RESOURCES, words)
    assert why(admit([want("x")], Capacity.of(cordoned[:1]), NOW), "x")[1] == (
        "no node takes its pods now: b0 is cordoned"
    )


def test_no_nodes_and_lost_nodes_are_waited_for() -> None:
    assert why(admit([want("x", cpu=1)], Capacity.of([]), NOW), "x") == (
        Reason.WAITING_FOR_RESOURCES,
        "needs 1 cpu; the cluster has no nodes",
    )
    found = admit([want("x", gpu=1, fitted=True)], Capacity.of([node(cpu=4)]), NOW)
    assert why(found, "x") == (
        Reason.WAITING_FOR_RESOURCES,
        "needs 1 nvidia.com/gpu on one node; no node has nvidia.com/gpu; it ran before, so it waits",
    )


def test_quota_limits_and_says_so() -> None:
    capacity = Capacity.of(None, [held("x", cpu=3)], [quota({"requests.cpu": 4, "pods": 10}, {"requests.cpu": 3})])
    found = admit([want("big", cpu=2)], capacity, NOW)
    assert why(found, "big") == (
        Reason.QUOTA_EXCEEDED,
        "needs 2 requests.cpu, ResourceQuota q has 1 of 4 left; held by step x until about 08:01:00 UTC",
    )
    assert names(admit([want("small", cpu=1), want("big", cpu=2, rank=99)], capacity, NOW)) == ["small"]
    never = admit([want("huge", cpu=5)], capacity, NOW)
    assert why(never, "huge") == (
        Reason.NEVER_FITS,
        "needs 5 requests.cpu; ResourceQuota q allows 4 in all",
    )


def test_quota_demands_limits() -> None:
    capacity = Capacity.of(None, quotas=[quota({"limits.memory": "4Gi"})])
    assert why(admit([want("x", cpu=1)], capacity, NOW), "x") == (
        Reason.NEVER_FITS,
        "ResourceQuota q demands that every pod states limits.memory; set it in the step's resources",
    )


def test_quota_of_one_namespace_is_none_of_anothers_business() -> None:
    capacity = Capacity.of(None, quotas=[quota({"pods": 0})])
    found = admit([want("x", cpu=1), want("y", cpu=1, namespace="free")], capacity, NOW)
    assert names(found) == ["y"]
    assert why(found, "x")[1] == "needs 1 pod; ResourceQuota q allows 0 in all"


def test_caps_count_our_own_pods_only() -> None:
    capacity = Capacity.of(None, [held("a/b", gpu=1), held("pod kube-system/x", until=None, gpu=1)], caps={GPU: 2000})
    found = admit([want("x", gpu=1), want("y", gpu=1)], capacity, NOW)
    assert names(found) == ["x"]
    assert why(found, "y") == (
        Reason.WAITING_FOR_RESOURCES,
        "needs 1 nvidia.com/gpu, the operator's cap has 0 of 2 left; "
        "held by a/b until about 08:01:00 UTC, p/x until about 08:01:00 UTC",
    )


def test_pods_that_are_held_together_come_free_together() -> None:
    capacity = Capacity.of([node(gpu=2)], [held("a/gang", until=60, pods=2, gpu=1)])
    found = admit([want("b", gpu=2)], capacity, NOW)
    assert [one.at - NOW for one in found.reservations] == [60]
    assert found.waits["ns", "p", "b"].cause.holders[0].amount == 2000  # type: ignore[union-attr]


def test_what_is_just_created_holds_before_it_is_placed() -> None:
    capacity = Capacity.of([node("a", gpu=2), node("b", gpu=1)], [held("new", on=None, gpu=1)])
    found = admit([want("two", gpu=2, rank=9), want("one", gpu=1)], capacity, NOW)
    assert names(found) == ["two"]
    assert why(found, "one")[1].startswith("needs 1 nvidia.com/gpu, 0 of 3 free; held by step new until")
    assert admit([want("two", gpu=2)], Capacity.of([node(gpu=2)], [held("huge", on=None, gpu=9)]), NOW).admitted


def test_a_claim_in_use_binds_to_its_node() -> None:
    users = [held("w", on="b", cpu=1)]
    users = [type(one)(**{**{f: getattr(one, f) for f in one.__slots__}, "claims": ("ns/c",)}) for one in users]
    capacity = Capacity.of([node("a", cpu=8), node("b", cpu=2)], users)
    found = admit([want("x", cpu=1, claim="ns/c"), want("y", cpu=1, claim="ns/c")], capacity, NOW)
    assert found.nodes == {("ns", "p", "x"): {"b": 1}}
    assert why(found, "y")[1].startswith("needs 1 cpu, 0 of 2 free")


def test_strict_fifo_lets_nobody_ahead_and_backfill_does() -> None:
    capacity = Capacity.of([node(cpu=4)], [held("x", cpu=2)])
    demands = [want("big", cpu=4, since=NOW - 99), want("small", cpu=1, duration=1)]
    found = admit(demands, capacity, NOW, FIFO)
    assert why(found, "small") == (Reason.OUTRANKED, "waits its turn behind p/big")
    assert names(admit(demands, capacity, NOW, BACKFILL)) == ["small"]


def test_patience_weighs_as_much_as_priority() -> None:
    capacity = Capacity.of([node(cpu=1)])
    patient = want("patient", cpu=1, since=NOW - 2 * PATIENCE)
    assert names(admit([patient, want("urgent", cpu=1, priority=1, rank=9999)], capacity, NOW)) == ["patient"]
    assert names(admit([patient, want("urgent", cpu=1, priority=3)], capacity, NOW)) == ["urgent"]


def test_clocks_that_jump_change_the_order_only() -> None:
    capacity = Capacity.of([node(cpu=2)], [held("x", until=-99999, cpu=1)])
    found = admit([want("future", cpu=1, since=NOW + 1e6), want("old", cpu=2, rank=99)], capacity, NOW, CRITICAL_PATH)
    assert found.reservations[0].at > NOW
    assert set(names(found)) | {key[2] for key in found.waits} == {"future", "old"}


def test_two_thousand_waiting_cost_ten_calls_each() -> None:
    nodes = [node(f"n{n}", cpu=8, gpu=4) for n in range(5)]
    capacity = Capacity.of(nodes, [held(f"r{n}", on=f"n{n}", gpu=4, cpu=8) for n in range(5)])
    demands = [want(f"s{n}", cpu=1, gpu=1 + n % 3) for n in range(2000)]
    assert len(admit(demands, capacity, NOW).waits) == 2000
    assert calls(lambda: admit(demands, capacity, NOW)) < 10 * 2000
