"""Waits are worded for who reads them: an object in a namespace tells nothing of others."""

import pytest
from tests.unit.core.admission.clusters import GPU, NOW, held, node, quota, want

from penstock.core.admission.admission import admit
from penstock.core.admission.capacity import Capacity, Holding
from penstock.core.admission.demands import Demand
from penstock.core.admission.policies import CRITICAL_PATH, FIFO, Policy
from penstock.core.causes import Held, Short
from penstock.core.holders import Kind, Owner
from penstock.core.waits import Wait
from penstock.core.wording import Reader, clock

HERE, EVERYWHERE = Reader("ns"), Reader.of_all("ns")
SECRET = "secret"
"""In every name that a reader of one namespace may not know."""


def wait(demand: Demand, capacity: Capacity, *before: Demand, policy: Policy = CRITICAL_PATH) -> Wait:
    return admit([*before, demand], capacity, NOW, policy).waits[demand.key]


def elsewhere(name: str, gpus: int, until: float | None = 60.0) -> Holding:
    return held(name, on="secret-node", until=until, namespace="secret-ns", gpu=gpus)


def gpus(total: int, *holdings: Holding) -> Capacity:
    return Capacity.of([node("secret-node", cpu=16, gpu=total)], holdings)


def test_who_holds_it_elsewhere_is_counted_at_home_and_named_to_who_may_see_all() -> None:
    capacity = gpus(
        8,
        held("digits/probe", on="secret-node", until=90, gpu=1),
        elsewhere("secret/train", 2, until=3600),
        elsewhere("pod secret-notebook", 3, until=None),
    )
    found = wait(want("x", gpu=4), capacity)
    assert found.words(HERE) == (
        "needs 4 nvidia.com/gpu, 2 of 8 free; held by digits/probe until about 08:01:30 UTC "
        "and by others in other namespaces (5, the first until about 09:00 UTC); reserved from about 09:00 UTC"
    )
    assert found.words(EVERYWHERE) == (
        "needs 4 nvidia.com/gpu, 2 of 8 free; held by digits/probe until about 08:01:30 UTC, "
        "secret-ns/secret/train until about 09:00 UTC and 1 more; reserved from about 09:00 UTC"
    )
    assert "secret-ns/secret/train" in found.words(Reader("ns", frozenset({"secret-ns"})))


def test_nobody_says_until_when_and_no_own_step_holds_anything() -> None:
    found = wait(want("x", gpu=2), gpus(3, elsewhere("pod secret-notebook", 2, until=None)))
    assert found.words(HERE) == "needs 2 nvidia.com/gpu, 1 of 3 free; held by others in other namespaces (2)"
    assert found.words(EVERYWHERE).endswith("; held by pod secret-ns/secret-notebook")


def test_two_equal_names_are_told_apart() -> None:
    capacity = gpus(2, held("p/train", on="secret-node", gpu=1), elsewhere("p/train", 1))
    assert "held by p/train until about 08:01:00 UTC, secret-ns/p/train until" in wait(
        want("x", gpu=1), capacity
    ).words(EVERYWHERE)
    alone = gpus(2, held("train", on="secret-node", gpu=1), elsewhere("train", 1))
    assert "held by step train until about 08:01:00 UTC, step secret-ns/train until" in wait(
        want("x", gpu=1), alone
    ).words(EVERYWHERE)


SECRETS = [
    pytest.param(wait(want("x", gpu=2), gpus(2, elsewhere("secret/a", 1))), id="holder"),
    pytest.param(
        wait(want("x", gpu=2), gpus(2), want("secret-s", namespace="secret-ns", gpu=1, rank=9)), id="outranked"
    ),
    pytest.param(
        wait(
            want("x", gpu=1, duration=9999),
            gpus(2, elsewhere("secret/a", 1)),
            want("secret-s", pipeline="secret-p", namespace="secret-ns", gpu=2, rank=9),
        ),
        id="reservation",
    ),
    pytest.param(
        wait(
            want("x", cpu=1, since=NOW),
            gpus(2, elsewhere("secret/a", 1)),
            want("secret-s", pipeline="secret-p", namespace="secret-ns", gpu=2, since=NOW - 99),
            policy=FIFO,
        ),
        id="behind",
    ),
    pytest.param(
        wait(want("x", gpu=1), Capacity.of(None, [elsewhere("secret/a", 1)], caps={GPU: 1000})),
        id="cap of the operator",
    ),
    pytest.param(wait(want("x", gpu=1), Capacity.of([node("secret-node", gpu=1, unusable="cordoned")])), id="cordoned"),
    pytest.param(
        wait(want("x", gpu=1), Capacity.of([node("secret-node", gpu=1, taint="a=b:NoSchedule")])), id="tainted"
    ),
    pytest.param(wait(want("x", gpu=1, fitted=True), Capacity.of([node("secret-node", gpu=0)])), id="ran before"),
]


@pytest.mark.parametrize("found", SECRETS)
def test_no_name_of_another_namespace_and_no_node_is_told_at_home(found: Wait) -> None:
    assert SECRET not in found.words(HERE)
    assert found.words(HERE)


def test_nodes_that_take_no_pods_are_counted_at_home() -> None:
    closed = [node(f"secret-{n}", unusable="cordoned", gpu=4) for n in range(2)]
    found = wait(want("x", gpu=1), Capacity.of([*closed, node("secret-x", unusable="not ready", gpu=8)]))
    assert found.words(HERE) == (
        "needs 1 nvidia.com/gpu; no node takes its pods now: 2 with 4 nvidia.com/gpu are cordoned, "
        "1 with 8 nvidia.com/gpu is not ready"
    )


def test_a_wait_is_data() -> None:
    capacity = gpus(4, elsewhere("secret/a", 3, until=60))
    assert wait(want("x", gpu=2), capacity).cause == Short(
        GPU,
        needed=2000,
        free=1000,
        total=4000,
        holders=(Held(Owner("secret-ns", "secret/a"), 3000, NOW + 60),),
        reserved=NOW + 60,
    )


def test_a_quota_that_counts_jobs_says_whose_they_are_also_of_those_that_have_ended() -> None:
    capacity = Capacity.of(None, [held("p/a", on=None)], [quota({"count/jobs.batch": 3}, {"count/jobs.batch": 3})])
    ended = tuple(Owner("ns", name, Kind.JOB) for name in ("p-b-1", "p-c-1"))
    capacity = Capacity(None, unplaced=capacity.unplaced, quotas=capacity.quotas, idle_jobs={"ns": ended})
    assert wait(want("x"), capacity).words(HERE) == (
        "needs 1 count/jobs.batch, ResourceQuota q has 0 of 3 left; "
        "held by p/a until about 08:01:00 UTC, ended Job p-b-1 and 1 more"
    )


def test_the_sentence_is_made_when_it_is_asked_for_and_once_for_each_reader() -> None:
    made = []
    found = wait(want("x", gpu=2), gpus(2, elsewhere("secret/a", 1)))
    cause = found.cause
    counted = Wait(found.reason, NOW, lambda: made.append(1) or cause)  # type: ignore[func-returns-value]
    assert made == []
    assert counted.words(HERE) is counted.words(HERE)
    assert counted.words(EVERYWHERE) != counted.words(HERE)
    assert made == [1]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (125, "08:02:05 UTC"),
        (-30, "07:59:30 UTC"),
        (3665, "09:01 UTC"),
        (-3600, "07:00 UTC"),
        (86400, "2027-01-16 08:00 UTC"),
    ],
)
def test_instants_are_told_to_the_second_if_they_are_near(seconds: float, text: str) -> None:
    assert clock(NOW + seconds, NOW) == text
