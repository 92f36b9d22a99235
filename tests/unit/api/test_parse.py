"""Every problem of a manifest is reported at once, at its path, in words; nothing that is no manifest gets through."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.api.crd import MODELS
from penstock.api.parse import InvalidManifest, parse, prepare
from penstock.api.pipeline import Pipeline
from penstock.api.schema import structural
from penstock.api.step import Step

STEP = {"name": "a", "image": "python"}


def pipeline(*steps: Any, **spec: Any) -> dict[str, Any]:
    """A manifest of a Pipeline with these steps; STEP if none."""
    return {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "Pipeline",
        "metadata": {"name": "digits"},
        "spec": {"steps": list(steps) or [STEP], **spec},
    }


def problems(manifest: object) -> dict[str, str]:
    """What is wrong with a manifest, by path."""
    with pytest.raises(InvalidManifest) as caught:
        parse(manifest)
    assert caught.value.problems
    assert all(message for _, message in caught.value.problems)
    return dict(caught.value.problems)


def test_a_valid_manifest() -> None:
    model = parse(pipeline(STEP, timeout="1h"))
    assert isinstance(model, Pipeline)
    assert model.spec.steps[0].name == "a"
    assert model.to_json()["spec"] == {"steps": [STEP], "timeout": "1h"}


def test_what_was_prepared_is_not_made_again() -> None:
    structural.cache_clear()
    prepare()
    made = structural.cache_info().misses
    assert made == len(MODELS)
    assert all(model.__pydantic_complete__ for model in MODELS.values())
    parse(pipeline())
    assert structural.cache_info().misses == made


def test_numbers_as_the_api_server_stores_them() -> None:
    values = [1.0, 0.1, 2**63, -(2**63), 1e300, True]
    inputs = [{"name": f"x{index}", "value": value} for index, value in enumerate(values)]
    model = parse(pipeline({**STEP, "inputs": inputs}, parallelism=2.0))
    assert isinstance(model, Pipeline)
    stored = [item.value for item in model.spec.steps[0].inputs or ()]
    assert [(value, type(value)) for value in stored] == [
        (1, int),
        (0.1, float),
        (9.223372036854775808e18, float),
        (-(2**63), int),
        (1e300, float),
        (True, bool),
    ]
    assert model.spec.parallelism == 2


def test_null_means_absent_except_where_any_json_may_stand() -> None:
    step = {**STEP, "script": None, "retry": {"limit": None}, "inputs": [{"name": "x", "value": None, "param": None}]}
    model = parse(pipeline(step, priority=None))
    assert isinstance(model, Pipeline)
    assert model.to_json()["spec"]["steps"] == [{**STEP, "retry": {}, "inputs": [{"name": "x", "value": None}]}]
    assert problems(pipeline({"name": None})) == {"spec.steps[0].name": "required field is missing"}


@pytest.mark.parametrize(
    ("step", "path", "message"),
    [
        ({"imge": "x"}, "imge", "did you mean image?"),
        ({"Image": "x"}, "Image", "did you mean image?"),
        ({"image": 3}, "image", "must be text, not the number 3; put it in quotes"),
        ({"script": True}, "script", "must be text, not the boolean true"),
        ({"command": "ls"}, "command", "must be a list, not the text 'ls'"),
        ({"retry": []}, "retry", "must be an object with fields, not a list"),
        ({"retry": {"limit": "3"}}, "retry.limit", "must be a whole number, not the text '3'"),
        ({"retry": {"limit": 1.5}}, "retry.limit", "must be a whole number, not the number 1.5"),
        ({"retry": {"limit": -1}}, "retry.limit", "must be at least 0, not -1"),
        ({"retry": {"limit": True}}, "retry.limit", "must be a whole number, not the boolean true"),
        ({"retry": {"backoff": {"factor": "2"}}}, "retry.backoff.factor", "must be a number, not the text '2'"),
        ({"timeout": 90}, "timeout", "must be a duration such as 90s, 10m or 1h30m, not the number 90"),
        ({"timeout": "1 day"}, "timeout", "'1 day' is not a duration such as 90s"),
        ({"timeout": "99999999h"}, "timeout", "longer than ten years"),
        ({"cache": "never"}, "cache", "did you mean Never?"),
        ({"name": "Train It"}, "name", "'Train It' is not a DNS label"),
        ({"name": "x" * 64}, "name", "64 characters, at most 63"),
        ({"needs": ["b", "b"]}, "needs[1]", "'b' is already item 0"),
        ({"needs": [{"step": "b"}]}, "needs[0]", "not an object"),
        ({"needs": ["a"]}, "needs", "cannot need itself"),
        ({"dependsOn": ["b"]}, "dependsOn", "unknown field; did you mean needs?"),
        ({"after": ["b"]}, "after[0]", "must be an object with fields such as {step: b}, not the text 'b'"),
        ({"after": ["B {"]}, "after[0]", "must be an object with fields, not the text 'B {'"),
        ({"inputs": [{"name": "x", "from": "train"}]}, "inputs[0].from", "is not a reference `step.output`"),
        ({"inputs": [{"name": "x"}]}, "inputs[0]", "set exactly one of value, param, from, firstOf, each and expr"),
        ({"inputs": [{"name": "x", "value": "a\0b"}]}, "inputs[0].value", "NUL character at position 1"),
        ({"inputs": [{"name": "x", "value": float("nan")}]}, "inputs[0].value", "no JSON number"),
        ({"script": "a\ud800"}, "script", "not valid Unicode"),
        ({"resources": {"requests": {"cpu": -1}}}, "resources.requests.cpu", "-1 is negative"),
        ({"resources": {"requests": {"cpu": "1e400"}}}, "resources.requests.cpu", "larger than"),
        ({"resources": {"limits": {"nvidia.com/gpu": "two"}}}, "resources.limits[nvidia.com/gpu]", "not a quantity"),
        ({"env": [{"name": "INPUT_X", "value": "1"}]}, "env[0].name", "set by Penstock"),
        ({"env": [{"name": "A"}, {"name": "A"}]}, "env[1].name", "'A' is already item 0"),
        ({"pod": {"runAsUser": 0}}, "pod.runAsUser", "must be at least 1"),
        ({"pod": {"hostNetwork": True}}, "pod.hostNetwork", "unknown field"),
        ({"pod": {"affinity": {"nodeAffinity": {"x": 1}}}}, "pod.affinity.nodeAffinity.x", "unknown field"),
        ({"component": {"name": "double"}}, "", "the Component says what runs; remove component, or image"),
        ({"forEach": {"vars": []}}, "forEach.vars", "must not be empty"),
    ],
)
def test_problems_of_a_step(step: dict[str, Any], path: str, message: str) -> None:
    where = f"spec.steps[0].{path}" if path else "spec.steps[0]"
    found = problems(pipeline({**STEP, **step}))
    assert list(found) == [where]
    assert message in found[where]


def test_all_problems_at_once() -> None:
    found = problems(pipeline({"name": "a", "image": 1}, "b", {}, onFailure="stop", parms=[], suspend="yes"))
    assert set(found) == {
        "spec.steps[0].image",
        "spec.steps[1]",
        "spec.steps[2].name",
        "spec.onFailure",
        "spec.parms",
        "spec.suspend",
    }


@pytest.mark.parametrize(
    ("manifest", "path", "message"),
    [
        ({**pipeline(), "kind": "Pipelin"}, "kind", "did you mean Pipeline?"),
        ({**pipeline(), "kind": ["Pipeline"]}, "kind", "must be one of"),
        ({**pipeline(), "apiVersion": "v1"}, "apiVersion", "must be penstock.dev/v1alpha1"),
        ({**pipeline(), "spec": None}, "spec", "required field is missing"),
        ({**pipeline(), "spec": "x"}, "spec", "must be an object"),
        ({**pipeline(), "metadata": {}}, "metadata.name", "missing"),
        ({**pipeline(), "metadata": {"name": 1}}, "metadata.name", "not text"),
        ({**pipeline(), "metadata": {"name": "a.b"}}, "metadata.name", "DNS label"),
        ({**pipeline(), "metadata": []}, "metadata", "must be an object"),
        ({**pipeline(), "metadata": {"name": "a", "labels": {"x": 1}}}, "metadata.labels.x", "put it in quotes"),
        ({**pipeline(), "data": {}}, "data", "unknown field"),
        (pipeline(**{"finally": [STEP]}), "spec.finally", "names are unique over steps and finally"),
        (pipeline(*({"name": f"s{index}"} for index in range(10_000))), "spec.steps", "10,000 entries, at most 512"),
        (None, "", "not null"),
        ([pipeline()], "", "not a list"),
        ("🚀", "", "not the text '🚀'"),
    ],
)
def test_problems_of_a_manifest(manifest: object, path: str, message: str) -> None:
    found = problems(manifest)
    assert list(found) == [path]
    assert message in found[path]


def test_a_generated_name_is_a_name() -> None:
    assert parse({**pipeline(), "metadata": {"generateName": "digits-"}})


def test_a_large_parameter_is_no_problem_here() -> None:
    assert parse(pipeline(params=[{"name": "blob", "type": "String", "value": "x" * 2**20}]))


def test_what_only_looks_small_is_refused() -> None:
    bomb: Any = "x"
    for _ in range(30):
        bomb = [bomb, bomb]
    assert "make it smaller" in next(iter(problems(pipeline(params=bomb)).values()))
    deep: Any = 0
    for _ in range(5000):
        deep = [deep]
    assert "nested deeper" in next(iter(problems(pipeline(params=deep)).values()))


def test_a_step_of_its_own_and_one_of_a_pipeline() -> None:
    manifest = {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "Step",
        "metadata": {"name": "digits.train"},
        "spec": {"image": "python", "inputs": [{"name": "x", "from": "a.second.y"}]},
    }
    assert set(problems(manifest)) == {"spec.inputs"}
    manifest["spec"] = {"image": "python"}
    assert set(problems(manifest)) == {"metadata.name"}
    manifest["spec"] = {"image": "python", "fingerprint": "abc", "inputs": [{"name": "x", "from": "a.second.y"}]}
    assert isinstance(parse(manifest), Step)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
fields = st.sampled_from(["name", "image", "inputs", "retry", "resources", "forEach", "pod", "env", "after", "undo"])


@given(st.dictionaries(fields, json_values, max_size=4), json_values)
def test_nonsense_is_parsed_or_refused_in_words(step: dict[str, Any], spec: Any) -> None:
    for manifest in (pipeline({**STEP, **step}), {**pipeline(), "spec": spec}, {**pipeline(), "metadata": spec}):
        messages: list[str] = []
        try:
            parse(manifest)
        except InvalidManifest as error:
            messages = [message for _, message in error.problems]
        assert all(message and "pydantic" not in message for message in messages)
