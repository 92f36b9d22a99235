"""Bad input: what users write, what steps report, and whose names are taken already."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from functools import partial
from typing import Any

from tests.cluster.paths import CHECKOUT
from tests.faults import courses
from tests.faults.courses import does, pipeline, step
from tests.faults.evidence import ENDED
from tests.faults.scenario import Course, Scenario
from tests.faults.stage import Stage
from tests.plane.api import Object

inputs = partial(Scenario, group="inputs", expected="that Pipeline says so; the one beside it ends as ever")
BESIDE = pipeline("beside", courses.counts("a"), courses.counts("b", "a"))


def _deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def bad(name: str, *steps: Object, before: tuple[Object, ...] = (), **spec: Any) -> Course:
    """A Pipeline with something wrong, and one beside it."""
    return Course(name, (*before, pipeline("p", *steps, **spec), BESIDE))


HUGE_OUTPUT = bad(
    "huge-output",
    {"name": "a", "outputs": [{"name": "n", "type": "Integer"}], **does(outputs={"n": 10**20})},
    {"name": "b", "inputs": [{"name": "n", "from": "a.n"}], **does()},
)
HUGE_VALUE = bad(
    "huge-value",
    {
        "name": "a",
        "forEach": {"vars": [{"name": "x", "values": [10**20, 1e300]}]},
        "inputs": [{"name": "x", "each": "x"}],
        **does(),
    },
)
DEEP_VALUE = bad(
    "deep-value",
    {"name": "a", "inputs": [{"name": "x", "param": "deep"}], **does()},
    params=[{"name": "deep", "type": "List", "value": _deep(900)}],
)
DEEP_OUTPUT = bad(
    "deep-output",
    {"name": "a", "outputs": [{"name": "l", "type": "List"}], **does(outputs={"l": _deep(200)})},
    step("b", "a"),
)
DIGITS = bad(
    "digits",
    {"name": "1", "outputs": [{"name": "l", "type": "List"}], **does(outputs={"l": "#2"})},
    {
        "name": "3",
        "forEach": {"vars": [{"name": "x", "from": "1.l"}]},
        "inputs": [{"name": "x", "each": "x"}],
        **does(),
    },
)
LARGE_OUTPUT = bad(
    "large-output",
    {"name": "a", "outputs": [{"name": "t", "type": "String"}], **does(outputs={"t": "x" * 5000})},
    step("b", "a"),
)
NO_JSON = bad(
    "no-json",
    {**step("a"), "outputs": [{"name": "t", "type": "String"}], **does(fails=1, exit=0, says="not JSON {")},
    step("b", "a"),
    onFailure="Continue",
)


async def _orphans(stage: Stage) -> None:
    """The Pipeline is deleted without its Steps, and applied anew."""
    await stage.phase("Pipeline", "p", "Succeeded")
    manifest = stage.history.objects("Pipeline")["p"]
    await stage.delete("Pipeline", "p", propagation="Orphan")
    await stage.history.until("p is gone", lambda: "p" not in stage.history.objects("Pipeline"), 60)
    await stage.apply({**manifest, "metadata": {"name": "p"}})
    await stage.history.until("p says so", lambda: not _silent_about_orphans(stage), 60)


def _silent_about_orphans(stage: Stage) -> list[str]:
    status = (stage.history.objects("Pipeline").get("p") or {}).get("status") or {}
    return [] if "NameConflict" in json.dumps(status) else [f"the Pipeline says {status.get('message')!r}"]


FOREIGN_STEP = Course(
    "orphaned-steps",
    (pipeline("p", step("a"), step("b", "a")), BESIDE),
    _orphans,
    rests=(*ENDED, "Pending", "Running"),
    ends=False,
)
NEVER_FITS = replace(
    bad("never-fits", {**step("a"), "resources": {"requests": {"cpu": "4000"}}}, step("b", "a")), capacity={"cpu": "64"}
)


async def _undo_too_large(stage: Stage) -> None:
    await stage.running("p.b")
    large = {"requests": {"cpu": "4000", "memory": "32Mi"}}
    await stage.edit("p", lambda spec: spec["steps"][0].update(resources=large))
    stage.release("undo")


UNDO_TOO_LARGE = Course(
    "undo-too-large",
    (
        pipeline(
            "p",
            {**step("a"), "undo": does()},
            {**step("b", "a"), **does(hold="undo", exit=1)},
            onFailure="Undo",
        ),
        BESIDE,
    ),
    _undo_too_large,
    capacity={"cpu": "8"},
)
ESTIMATED = bad("estimated", {**step("a"), "duration": "5s"}, {**step("b", "a"), "duration": "5s"})
STEPS_DEFINITION = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/steps.penstock.dev"


async def _older_definition(stage: Stage) -> None:
    """The definition of Steps is one that has no `duration` yet: the API server prunes the field."""
    known = await stage.api.get(STEPS_DEFINITION)
    form = known["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    del form["properties"]["spec"]["properties"]["duration"]
    await stage.api.replace(STEPS_DEFINITION, known)
    await asyncio.sleep(3)  # until every part of the API server knows
    for manifest in ESTIMATED.manifests:
        await stage.apply(manifest)


def _newer_definition(stage: Stage) -> list[str]:
    stage.ground.plane.kubectl("apply", "-f", CHECKOUT / "crds" / "steps.yaml")
    return []


CYCLE = bad("cycle", step("a", "b"), step("b", "a"))
UNKNOWN = bad("unknown", {"name": "a", "component": {"name": "nowhere"}}, step("b", "a"))


def one(name: str, course: Course, what: str, **more: Any) -> Scenario:
    """What is wrong is in the manifest: the clean run is the same, and the oracles judge both."""
    return inputs(name, course=course, what=what, **more)


SCENARIOS = (
    one("huge-output", HUGE_OUTPUT, "a step reports an integer of 21 digits", quick=True),
    one("huge-value", HUGE_VALUE, "a fan-out over numbers beyond 64 bits"),
    one("deep-value", DEEP_VALUE, "a parameter is nested 900 lists deep", quick=True),
    one("deep-output", DEEP_OUTPUT, "a step reports a list nested 200 lists deep"),
    one("digits", DIGITS, "steps are named 1 and 3"),
    one("large-output", LARGE_OUTPUT, "a step reports more than 4,096 bytes"),
    one("no-json", NO_JSON, "what a step reports is no JSON"),
    one(
        "orphaned-steps",
        FOREIGN_STEP,
        "deleted with --cascade=orphan and applied anew: its Steps exist and are nobody's",
        expected="the Pipeline says NameConflict",
        check=_silent_about_orphans,
    ),
    one("never-fits", NEVER_FITS, "a step asks for 4,000 CPUs"),
    one("undo-too-large", UNDO_TOO_LARGE, "what is to be undone was edited to ask for 4,000 CPUs", quick=True),
    one(
        "pruned-field",
        ESTIMATED,
        "an older definition of Steps prunes a field that the operator writes",
        expected="as undisturbed, and it is not written again and again",
        first=(),
        instead=_older_definition,
        check=_newer_definition,
        alone=True,
    ),
    one("cycle", CYCLE, "two steps wait for one another"),
    one("unknown-component", UNKNOWN, "a step names a Component that is not there"),
)
