"""Resources that make no sense, and such that no node has: a clear answer at once, and no pod."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.expectations import GPU
from tests.e2e.manifests import pipeline, step
from tests.e2e.space import Object, Refused, Space


def asking(requests: dict[str, Any], limits: dict[str, Any] | None = None) -> Object:
    """A Pipeline of one step with these resources."""
    return pipeline("asks", step("a", resources={"requests": requests, **({"limits": limits} if limits else {})}))


@pytest.mark.parametrize("amount", [-1, "-1", "many", [1]])
def test_what_is_no_amount_is_refused(space: Space, amount: Any) -> None:
    with pytest.raises(Refused, match=r"spec\.steps\[0\]\.resources\.requests\.cpu"):
        space.apply(asking({"cpu": amount}))


@pytest.mark.parametrize(
    ("requests", "limits", "words"),
    [
        ({"cpu": "1e400"}, None, "'1e400' is larger than 2^63 - 1"),
        ({GPU: "500m"}, None, "extended resources are counted in whole numbers"),
        ({GPU: 1}, {GPU: 2}, "an extended resource has one amount"),
        ({"gpu": 1}, None, "'gpu' is no resource of a container"),
        ({"memory": "100m"}, None, "'100m' is a fraction of a byte"),
    ],
)
def test_what_no_container_can_have_is_invalid(
    space: Space, requests: dict[str, Any], limits: dict[str, Any] | None, words: str
) -> None:
    space.apply(asking(requests, limits))
    status = space.finish("pipeline/asks")["status"]
    assert status["phase"] == "Invalid"
    (problem,) = status["problems"]
    assert problem["path"].startswith("spec.steps[0].resources.requests")
    assert words in problem["message"]
    assert not space.steps("asks")


@pytest.mark.parametrize(
    ("requests", "words"),
    [
        ({"nvidia.com/gpus": 1}, f'no node has nvidia.com/gpus (did you mean "{GPU}"?)'),
        ({"example.com/fpga": 1}, "needs 1 example.com/fpga on one node; no node has example.com/fpga"),
        ({"cpu": 100_000}, "needs 100000 cpu on one node; the largest of "),
    ],
)
def test_what_no_node_has_never_fits(space: Space, requests: dict[str, Any], words: str) -> None:
    space.apply(asking(requests))
    assert space.finish("pipeline/asks")["status"]["phase"] == "Failed"
    status = space.step("asks", "a")
    assert status["reason"] == "NeverFits"
    assert words in status["message"]
    assert not space.jobs()


def test_a_tenth_of_a_thousandth_of_a_core_is_rounded_up(space: Space) -> None:
    space.apply(asking({"cpu": "0.1m", "memory": "32Mi"}))
    assert space.finish("pipeline/asks")["status"]["phase"] == "Succeeded"
    (pod,) = space.all("pods")
    assert pod["spec"]["containers"][0]["resources"]["requests"]["cpu"] == "1m"
