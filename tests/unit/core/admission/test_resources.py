"""Resources of a step that no container can have: told when the manifest is read, each with its place."""

from typing import Any

import pytest
from tests.unit.builders import graph, problems, step

from penstock.core.reasons import Reason

GPU = "nvidia.com/gpu"


def found(requests: dict[str, Any] | None = None, limits: dict[str, Any] | None = None) -> list[tuple[str, str, str]]:
    """Where, why and what."""
    resources = {key: value for key, value in (("requests", requests), ("limits", limits)) if value}
    place = "spec.steps[0].resources."
    told = problems(step("a", resources=resources))
    assert all(one.path.startswith(place) for one in told)
    return [(one.path.removeprefix(place), one.reason.value, one.message) for one in told]


@pytest.mark.parametrize("name", ["gpu", "pods", "a b/c", "/x", "x/", "nvidia.com/", "CPU", "hugepages-"])
def test_names_that_are_none_of_a_resource(name: str) -> None:
    ((place, reason, message),) = found({name: 1})
    assert (place, reason) == (f"requests[{name}]", Reason.INVALID_FIELD)
    assert message == (
        f"{name!r} is no resource of a container; use cpu, memory, ephemeral-storage, or an extended resource with its "
        "domain, such as nvidia.com/gpu"
    )


@pytest.mark.parametrize(
    "requests",
    [
        {"cpu": "0.1m", "memory": "0.1Gi", "ephemeral-storage": "1Gi", "hugepages-2Mi": "4Mi"},
        {GPU: 0, "nvidia.com/mig-1g.5gb": 1, "example.com/Foo_Bar": "2"},
    ],
)
def test_names_and_amounts_that_kubernetes_takes(requests: dict[str, Any]) -> None:
    graph(step("a", resources={"requests": requests}))


@pytest.mark.parametrize(
    ("requests", "limits", "place", "message"),
    [
        ({GPU: "500m"}, None, f"requests[{GPU}]", "'500m': extended resources are counted in whole numbers"),
        ({"cpu": 2}, {"cpu": 1}, "requests[cpu]", "request 2 exceeds the limit 1"),
        (
            {GPU: 1},
            {GPU: 2},
            f"requests[{GPU}]",
            "request 1 is less than the limit 2; an extended resource has one amount: leave one out",
        ),
        (
            {"memory": "100m"},
            None,
            "requests[memory]",
            "'100m' is a fraction of a byte; write 100M or 100Mi, `m` are thousandths",
        ),
    ],
)
def test_amounts_that_no_container_can_have(
    requests: dict[str, Any], limits: dict[str, Any] | None, place: str, message: str
) -> None:
    assert found(requests, limits) == [(place, "InvalidQuantity", message)]


def test_one_amount_of_an_extended_resource_is_enough() -> None:
    graph(step("a", resources={"limits": {GPU: 2}}), step("b", resources={"requests": {GPU: 2}, "limits": {GPU: "2"}}))
