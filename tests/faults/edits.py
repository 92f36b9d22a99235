"""Random sequences of edits of one Pipeline: in the end it must be as if only the last manifest had been applied.

As Acto does (SOSP 2023): the edits are generated from the schema of the CustomResourceDefinition, so that a new field
is tried without anybody thinking of it. Half of them are whole other manifests that the property tests know to be
valid. What the API server refuses is no edit; what the operator calls Invalid must be so from the first.
"""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Iterator, Sequence
from typing import Any

import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.cluster.paths import CHECKOUT
from tests.faults import courses
from tests.faults.scenario import Course, Same, Scenario
from tests.faults.stage import Stage
from tests.plane.api import ApiError, Object
from tests.properties.manifests import COMPONENTS, manifests

Path = tuple[str | int, ...]
MOST_EDITS = 5
BATCH = 10
HISTORICAL = {
    "cancel",
    "suspend",
    "timeout",
    "startTimeout",
    "ttlAfterFinished",
    "storage",
    "queueName",
    "onFailure",
    "retry",
}
"""Fields whose effect depends on when they are set, as that of `retry` when an attempt fails, or that hand the Pipeline
to somebody else."""
OPAQUE = {
    "script",
    "command",
    "args",
    "image",
    "interpreter",
    "approval",
    "name",
    "undo",
    "resources",
    "envFrom",
    "pod",
}
"""Fields that decide what a container does: the other half of the edits changes these."""
TEXTS = ("", "1s", "10m", "s0", "s1", "s0.v", "v", "p", "true", "steps.s0.status == 'Succeeded'", "250m", "0", "x" * 70)
SCRIPTS: dict[str, dict[str, Any]] = {
    "run1": {"outputs": {"v": "#", "l": "#2"}},
    "run2": {"outputs": {"v": "#", "l": "#3"}, "after": 0.2},
    "flaky": {"outputs": {"v": "#", "l": "#2"}, "fails": 1},
    "hungry": {"outputs": {"v": "#", "l": "#2"}, "fails": 1, "exit": 137, "reason": "OOMKilled"},
    "fail": {"exit": 1},
    "leaf": {"outputs": {"v": "#", "l": "#2"}},
    "inner": {"outputs": {"v": "#"}},
}
"""What the scripts of the property tests are to the simulated kubelet."""


def played(item: Any) -> Any:
    """A manifest with its scripts as the simulated kubelet plays them, and no approvals."""
    if isinstance(item, list):
        return [played(one) for one in item]
    if not isinstance(item, dict):
        return item
    found = {key: played(one) for key, one in item.items() if key != "approval"}
    if "approval" in item:
        found |= {"image": "faults/none", "script": "{}"}
    if isinstance(item.get("script"), str):
        found["script"] = json.dumps(SCRIPTS.get(item["script"], {}))
    return found


def components() -> list[Object]:
    """The Components that the manifests refer to."""
    return [
        {
            "apiVersion": courses.API,
            "kind": "Component",
            "metadata": {"name": name},
            "spec": played(spec.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)),
        }
        for (_, name), spec in COMPONENTS.items()
    ]


def schema() -> Object:
    """The schema of a Pipeline's spec, from the CustomResourceDefinition."""
    definition = yaml.safe_load((CHECKOUT / "crds" / "pipelines.yaml").read_text())
    found: Object = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    return found


def places(
    value: Any, form: Object, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], Object]]:
    """Every field that is set, or could be, in a value of that form: its path and its schema."""
    for name, inner in (form.get("properties") or {}).items():
        if name in HISTORICAL | OPAQUE:
            continue
        yield (*path, name), inner
        if isinstance(value, dict) and name in value:
            yield from places(value[name], inner, (*path, name))
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from places(item, form.get("items") or {}, (*path, number))


def values(form: Object) -> st.SearchStrategy[Any]:
    """Values of that form, and for texts some that are not."""
    if "enum" in form:
        return st.sampled_from(form["enum"])
    match form.get("type"):
        case "boolean":
            return st.booleans()
        case "integer":
            least = form.get("minimum", 0)
            return st.integers(least, min(form.get("maximum", least + 3), least + 3))
        case "number":
            return st.sampled_from([0, 1, 2.5])
        case "string":
            return st.sampled_from(TEXTS)
        case "array":
            return st.lists(values(form.get("items") or {}), max_size=1)
        case "object":
            required = {name: values(form["properties"][name]) for name in form.get("required") or ()}
            return st.fixed_dictionaries(required)
    return st.sampled_from([None, 0, "text", [1], {"a": 1}])


@st.composite
def edits(draw: st.DrawFn) -> list[Object]:
    """Specs, one after the other."""
    form = schema()
    found = [_whole(draw)]
    for _ in range(draw(st.integers(1, MOST_EDITS))):
        found.append(_whole(draw) if draw(st.booleans()) else _mutated(draw, found[-1], form))
    return found


def _whole(draw: st.DrawFn) -> Object:
    spec: Object = played(draw(manifests(most=4)))["spec"]
    spec["onFailure"] = "Continue"
    return spec


def _mutated(draw: st.DrawFn, spec: Object, form: Object) -> Object:
    found = copy.deepcopy(spec)
    path, inner = draw(st.sampled_from(sorted(places(found, form), key=str)))
    place: Any = found
    for part in path[:-1]:
        place = place[part]
    if path[-1] in place and draw(st.integers(0, 2)) == 0:
        del place[path[-1]]
    else:
        place[path[-1]] = draw(values(inner))
    return found


def drawn(number: int, batch: int) -> list[tuple[list[Object], list[float]]]:
    """A batch of sequences, with the seconds before each edit: determined by two numbers, however many are wanted."""
    found: list[tuple[list[Object], list[float]]] = []

    @seed(number * 1_000 + batch)
    @settings(
        max_examples=BATCH,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(edits(), st.lists(st.sampled_from([0.0, 0.1, 0.5, 2.0]), min_size=MOST_EDITS, max_size=MOST_EDITS))
    def gather(specs: list[Object], pauses: list[float]) -> None:
        found.append((specs, pauses))

    gather()
    return found[:BATCH]


def scenarios(number: int, count: int) -> list[Scenario]:
    """Each sequence as a scenario whose undisturbed run applies the last manifest to nothing."""
    batches = range(-(-count // BATCH))
    sequences = [one for batch in batches for one in drawn(number, batch)][:count]
    return [_scenario(f"edits-{one}", specs, pauses) for one, (specs, pauses) in enumerate(sequences)]


def _scenario(name: str, specs: Sequence[Object], pauses: Sequence[float]) -> Scenario:
    def manifest(spec: Object) -> Object:
        return {"apiVersion": courses.API, "kind": "Pipeline", "metadata": {"name": "p"}, "spec": spec}

    async def edit(stage: Stage) -> None:
        for spec, pause in zip(specs[1:], pauses, strict=False):
            await asyncio.sleep(pause)
            await _apply(stage, manifest(spec))

    async def last(stage: Stage) -> None:
        """The last that the API server takes."""
        for spec in reversed(specs):
            if await _apply(stage, manifest(spec)):
                return

    before = tuple(components())
    return Scenario(
        name,
        "edits",
        Course(name, before, last),
        f"{len(specs) - 1} random edits",
        "as the last manifest applied to nothing",
        first=(*before, manifest(specs[0])),
        instead=edit,
        same=Same.RESULTS,
        seconds=150,
    )


async def _apply(stage: Stage, manifest: Object) -> bool:
    """Whether the API server took it."""
    try:
        await stage.apply(manifest)
    except ApiError as error:
        if error.code not in (400, 422):
            raise
        return False
    return True
