"""Both forms of every rule, CEL for the API server and Python for offline checks, say the same of the same object."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
from cel_expr_python import cel

from penstock.api.base import Model
from penstock.api.component import Component, ComponentSpec
from penstock.api.containers import EnvFrom, EnvSource, EnvVar, StepContainerFields
from penstock.api.pipeline import Pipeline, Storage
from penstock.api.pods import PodOptions, Toleration, Volume
from penstock.api.schedule import PipelineSchedule
from penstock.api.step import Step, StepSpec, StepTemplate
from penstock.api.wiring import EachVariable, Input, Range

KEY = {"name": "settings", "key": "size"}
CONTAINER = {
    "image": ["python"],
    "command": [["true"]],
    "args": [["-v"]],
    "script": ["true"],
    "interpreter": [["python3", "-c"]],
    "env": [[{"name": "A", "value": "1"}]],
    "envFrom": [[{"secretRef": {"name": "s"}}]],
    "workingDir": ["/tmp"],
}
RUN = {"resources": [{}], "retry": [{}], "timeout": ["1m"], "pod": [{}], "undo": [{"script": "true"}]}
STEP = {
    **CONTAINER,
    **RUN,
    "approval": [{"message": "Ship it?"}],
    "outputs": [[{"name": "x", "type": "String"}], [{"name": "x", "type": "Artifact"}]],
    "replicas": [2],
    "duration": ["1m"],
    "startTimeout": ["1m"],
    "cache": ["Never"],
    "onError": ["Continue"],
}
POOLS: list[tuple[type[Model], dict[str, Any], dict[str, list[Any]]]] = [
    (EnvSource, {}, {"configMapKeyRef": [KEY], "secretKeyRef": [KEY]}),
    (EnvFrom, {}, {"configMapRef": [{"name": "c"}], "secretRef": [{"name": "s"}]}),
    (EnvVar, {"name": "A"}, {"value": ["1"], "valueFrom": [{"secretKeyRef": KEY}]}),
    *((EnvVar, {"name": name}, {}) for name in ("INPUT_A", "OUTPUT_A", "PENSTOCK_A", "INPUTS", "AN_INPUT_")),
    (StepContainerFields, {}, CONTAINER),
    (
        Volume,
        {"name": "v"},
        {
            "configMap": [{"name": "c"}],
            "secret": [{"secretName": "s"}],
            "emptyDir": [{}],
            "persistentVolumeClaim": [{"claimName": "c"}],
            "image": [{"reference": "data:1"}],
        },
    ),
    (Toleration, {}, {"key": ["gpu"], "operator": ["Exists", "Equal"], "effect": ["NoSchedule"]}),
    (PodOptions, {}, {"labels": [{"team": "vision"}, {"penstock.dev/step": "x"}]}),
    (Storage, {}, {"claim": [{"size": "1Gi"}], "claimName": ["data"]}),
    *((Range, {"stop": 3, **step}, {}) for step in ({}, {"step": 0}, {"step": -1})),
    (
        StepTemplate,
        {"name": "a"},
        {
            **STEP,
            "component": [{"name": "double"}],
            "needs": [["b"], ["b", "a"], []],
            "after": [[{"step": "b"}], [{"step": "b"}, {"step": "a"}], []],
            "inputs": [
                [{"name": "x", "from": "b.x"}],
                [{"name": "x", "from": "a.x"}],
                [{"name": "y", "value": 1}, {"name": "x", "from": "aa.x"}],
            ],
        },
    ),
    *(
        (
            StepSpec,
            base,
            {**STEP, "dependsOn": [["b"]], "inputs": [[{"name": "x", key: "b.x" if key == "from" else "x"}]]},
        )
        for base in ({}, {"fingerprint": "abc"})
        for key in ("value", "from", "param", "each", "expr")
    ),
    (
        ComponentSpec,
        {},
        {
            **CONTAINER,
            **RUN,
            "cache": ["LastRun"],
            "steps": [[{"name": "a", "image": "python"}]],
            "outputs": [
                [{"name": "x", "type": "String", "from": "a.x"}],
                [{"name": "x", "type": "String"}, {"name": "y", "type": "String", "from": "a.x"}],
                [{"name": "x", "type": "String"}],
            ],
        },
    ),
]
NAMES = ["train", "a", "0", "digits-2", "x" * 52, "x" * 53, "x" * 63, "x" * 64, "a.b", "Train", "-a", "a-", "a\n", ""]
ROOTS: list[tuple[type[Model], dict[str, Any]]] = [
    (Pipeline, {"spec": {"steps": [{"name": "a"}]}}),
    (Step, {"spec": {"image": "python"}}),
    (Step, {"spec": {"image": "python", "fingerprint": "abc"}}),
    (Component, {"spec": {"image": "python"}}),
    (PipelineSchedule, {"spec": {"schedule": "@daily", "pipelineTemplate": {"spec": {"steps": [{"name": "a"}]}}}}),
]


def objects() -> Iterator[tuple[type[Model], dict[str, Any]]]:
    """Every object with at most two of the optional fields of its pool, and every kind with every name."""
    for model, base, pool in POOLS:
        choices = [(field, value) for field, values in pool.items() for value in values]
        yield model, base
        for size in (1, 2):
            for chosen in combinations(choices, size):
                if len({field for field, _ in chosen}) == size:
                    yield model, {**base, **dict(chosen)}
    for model, body in ROOTS:
        for name in NAMES:
            yield model, {"metadata": {"name": name}, **body}


@pytest.fixture(scope="module")
def verdicts() -> dict[tuple[str, str], set[tuple[bool, bool]]]:
    """Per class and rule the pairs (Python, CEL) that its objects gave."""
    env = cel.NewEnv(variables={"self": cel.Type.DYN})
    compiled = {}
    seen: dict[tuple[str, str], set[tuple[bool, bool]]] = {}
    for model, document in objects():
        rules = model.rules_in_force
        model.rules_in_force = ()
        try:
            instance = model.model_validate(document)
        finally:
            model.rules_in_force = rules
        for rule in rules:
            if rule.cel is None or rule.holds is None:
                continue
            program = compiled.setdefault(rule.cel, env.compile(rule.cel))
            says = program.eval(data={"self": document}).value()
            seen.setdefault((model.__name__, rule.message), set()).add((bool(rule.holds(instance)), says))
    return seen


def test_both_forms_agree(verdicts: dict[tuple[str, str], set[tuple[bool, bool]]]) -> None:
    """No object is valid to the one and invalid to the other."""
    split = {key: pairs for key, pairs in verdicts.items() if any(python != server for python, server in pairs)}
    assert split == {}


def test_every_rule_is_seen_kept_and_broken(verdicts: dict[tuple[str, str], set[tuple[bool, bool]]]) -> None:
    """The objects above exercise each rule in both directions."""
    assert {key for key, pairs in verdicts.items() if pairs != {(True, True), (False, False)}} == set()


@pytest.mark.parametrize("model", [Input, EachVariable])
def test_exactly_one_source_by_schema(model: type[Model]) -> None:
    """Where CEL cannot see a field, the schema's oneOf names the same fields as the Python form."""
    (rule,) = (rule for rule in model.rules_in_force if rule.schema)
    names = [option["required"][0] for option in rule.schema["oneOf"]]
    values = {"values": [1], "range": {"stop": 2}, "from": "a.b", "firstOf": ["a.b", "a.c"]}
    for size in (0, 1, 2):
        for chosen in combinations(names, size):
            document = {"name": "x", **{name: values.get(name, "y") for name in chosen}}
            if size == 1:
                assert model.model_validate(document).is_set(chosen[0])
            else:
                with pytest.raises(ValueError, match="set exactly one of"):
                    model.model_validate(document)


def test_null_is_a_value_where_any_json_may_stand() -> None:
    """`value: null` is a source; a null elsewhere is a field left out."""
    assert Input.model_validate({"name": "x", "value": None}).is_set("value")
    assert Input.model_validate({"name": "x", "value": 1, "param": None}).value == 1
