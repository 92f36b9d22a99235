"""Values that JSON, Python or the API server has its trouble with: said or carried, and never a pass that fails."""

import json
from typing import Any

import pytest

from penstock.engine import metrics
from tests.shell.conftest import running, until
from tests.shell.fake import FakeCluster
from tests.shell.objects import Object
from tests.unit.builders import nested, pipeline, step

HUGE = 10**20


def status(cluster: FakeCluster, name: str = "p", plural: str = "pipelines") -> Object:
    found: Object = cluster.get(plural, name).get("status") or {}
    return found


def ended(cluster: FakeCluster, phase: str = "Succeeded") -> bool:
    cluster.work()
    return bool(status(cluster).get("phase") == phase)


def failures() -> float:
    return metrics.FAILURES._value.get()  # type: ignore[no-any-return]


def env(job: Object) -> dict[str, str]:
    return {one["name"]: one.get("value", "") for one in job["spec"]["template"]["spec"]["containers"][0]["env"]}


async def test_numbers_beyond_64_bits(cluster: FakeCluster) -> None:
    seen: dict[str, dict[str, str]] = {}

    def work(job: Object) -> str:
        found = env(job)
        seen[found["PENSTOCK_STEP"]] = found
        return json.dumps({"n": HUGE, "l": [HUGE, 2**63, 0.5]})

    def over() -> bool:
        cluster.work(work)
        return status(cluster).get("phase") in ("Succeeded", "Failed")

    before = failures()
    async with running(cluster):
        cluster.apply(
            pipeline(
                step("a", inputs={"p": "param:p"}, outputs={"n": "Integer", "l": "List"}),
                step("given", each={"x": [1e20, -1e19]}, inputs={"x": "each:x"}),
                step("made", each={"x": "a.l"}, inputs={"x": "each:x"}),
                step("told", inputs={"n": "from:a.n", "l": "expr:steps.a.outputs.l.map(x, x)"}),
                params={"p": HUGE},
                outputs=[{"name": "n", "from": "a.n"}],
            )
        )
        await until(over)
    assert failures() == before
    assert status(cluster)["phase"] == "Succeeded"
    assert status(cluster)["outputs"] == {"n": HUGE}
    assert {path: one.get("INPUT_X") for path, one in seen.items() if "." in path} == {
        "given.0": "100000000000000000000",
        "given.1": "-10000000000000000000",
        "made.0": "100000000000000000000",
        "made.1": "9223372036854775808",
        "made.2": "0.5",
    }
    assert seen["a"]["INPUT_P"] == seen["told"]["INPUT_N"] == "100000000000000000000"
    assert seen["told"]["INPUT_L"] == "[100000000000000000000,9223372036854775808,0.5]"


DEEP: Any = nested(600)


@pytest.mark.parametrize(
    ("manifest", "path"),
    [
        (pipeline(step("a"), params={"x": DEEP}), "spec.params[0].value"),
        (pipeline(step("a", inputs={"x": {"value": DEEP}})), "spec.steps[0].inputs[0].value"),
        (pipeline(step("a", each={"x": [1, DEEP]})), "spec.steps[0].forEach.vars[0].values[1]"),
        (pipeline(step("a", outputs={"n": {"type": "List", "default": DEEP}})), "spec.steps[0].outputs[0].default"),
    ],
)
async def test_what_is_nested_too_deeply_is_said_once(cluster: FakeCluster, manifest: Object, path: str) -> None:
    before = failures()
    async with running(cluster):
        cluster.apply(manifest)
        await until(lambda: status(cluster).get("phase") == "Invalid")
        cluster.apply(pipeline(step("a"), name="other"))
        await until(lambda: status(cluster, "other"))
    assert failures() == before
    assert status(cluster)["problems"] == [
        {"path": path, "reason": "InvalidField", "message": "is nested deeper than 64 levels"}
    ]


async def test_an_edit_that_is_nested_too_deeply(cluster: FakeCluster) -> None:
    before = failures()
    async with running(cluster):
        cluster.apply(pipeline(step("a"), params={"x": [1]}))
        await until(lambda: ended(cluster))
        cluster.apply(pipeline(step("a"), params={"x": DEEP}))
        await until(lambda: status(cluster).get("phase") == "Invalid")
        cluster.apply(pipeline(step("a"), params={"x": [1]}))
        await until(lambda: ended(cluster))
    assert failures() == before


async def test_a_hand_edit_of_a_step_that_is_nested_too_deeply_is_put_back(cluster: FakeCluster) -> None:
    before = failures()
    async with running(cluster):
        cluster.apply(pipeline(step("a", inputs={"x": 1})))
        await until(lambda: ended(cluster))
        known = cluster.get("steps", "p.a")
        cluster.update("steps", {**known, "spec": {**known["spec"], "inputs": [{"name": "x", "value": DEEP}]}})
        await until(lambda: cluster.get("steps", "p.a")["spec"] == known["spec"])
    assert failures() == before
    assert cluster.requests["POST", "steps"] == 1


async def test_a_step_that_cannot_be_read_is_said_and_not_asked_for_again_and_again(cluster: FakeCluster) -> None:
    async with running(cluster):
        cluster.apply(pipeline(step("a")))
        await until(lambda: ended(cluster))
    known = cluster.get("steps", "p.a")
    cluster.update("steps", {**known, "status": {**known["status"], "outputs": {"n": DEEP}}})
    async with running(cluster):
        await until(lambda: cluster.requests["POST", "steps"] >= 2)
        cluster.apply(pipeline(step("a"), name="other"))
        await until(lambda: cluster.work() + 1 and status(cluster, "other").get("phase") == "Succeeded")
    assert cluster.requests["POST", "steps"] < 8


@pytest.mark.parametrize("levels", [990, 9000])
async def test_what_no_parser_reads_hides_nothing_beside_it(cluster: FakeCluster, levels: int) -> None:
    """The API server takes an object of 10,000 levels."""
    cluster.spelled["deep"] = "[" * levels + "]" * levels
    cluster.apply(pipeline(step("a"), name="before", params={"x": "deep"}))
    async with running(cluster) as operator:
        await until(lambda: status(cluster, "before").get("phase") == "Invalid")
        cluster.apply(pipeline(step("a"), name="beside", params={"x": "deep"}))
        cluster.apply(pipeline(step("a")))
        await until(lambda: ended(cluster) and status(cluster, "beside").get("phase") == "Invalid")
        cluster.cut_watches()
        await operator.lister.compare()
    assert status(cluster, "beside")["problems"][0]["message"] == "is nested deeper than 64 levels"
