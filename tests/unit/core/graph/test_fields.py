"""Fields that are a parameter: what they become, and what is refused."""

from typing import Any

import pytest
from tests.unit.builders import cluster, components, graph, pipeline, problems, spec, step

from penstock import api
from penstock.core.asked.advice import advise_pipeline
from penstock.core.graph.component_check import check_component
from penstock.core.graph.fingerprint import fingerprint
from penstock.core.pipeline.standalone import compile_step
from penstock.core.reasons import Reason

PARAMS: Any = {"image": "python:3.12", "cpu": "500m", "gpus": 2, "vault": "team-a", "fine": True, "word": "A b"}


def full(image: str, cpu: Any, gpus: Any, name: str) -> dict[str, Any]:
    """A step with every field that can be a parameter."""
    return step(
        "a",
        image=image,
        resources={"requests": {"cpu": cpu}, "limits": {"nvidia.com/gpu": gpus}},
        env=[
            {"name": "A", "valueFrom": {"secretKeyRef": {"name": name, "key": "k"}}},
            {"name": "B", "valueFrom": {"configMapKeyRef": {"name": name, "key": "k"}}},
        ],
        envFrom=[{"secretRef": {"name": name}}, {"configMapRef": {"name": name}}],
        pod={
            "volumes": [
                {"name": "s", "secret": {"secretName": name}},
                {"name": "c", "configMap": {"name": name}},
            ],
            "imagePullSecrets": [name],
        },
        undo={"image": image, "script": "back", "env": []},
    )


def named(name: str) -> str:
    return f"$(params.{name})"


def test_a_parameter_in_a_field_is_as_if_it_had_been_written_there() -> None:
    wired = graph(full(named("image"), named("cpu"), named("gpus"), named("vault")), params=PARAMS)
    written = graph(full("python:3.12", "500m", 2, "team-a"), params=PARAMS)
    assert wired.tasks["a"].work == written.tasks["a"].work
    assert fingerprint(wired, wired.tasks["a"]) == fingerprint(written, written.tasks["a"])
    assert "$(" not in str(wired.tasks["a"].work)


def test_another_value_runs_the_step_again_and_more_memory_does_not() -> None:
    def made(image: str, memory: str) -> Any:
        return pipeline(
            step("a", image=named("image"), resources={"requests": {"memory": named("memory")}}),
            params={"image": image, "memory": memory},
        )

    found = cluster(made("i:1", "1Gi"))
    found.run()
    found.apply(made("i:1", "2Gi"))
    found.run()
    assert len(found.started) == 1
    found.apply(made("i:2", "2Gi"))
    found.run()
    (job,) = found.of("Job")
    container = job["spec"]["template"]["spec"]["containers"][0]
    assert (container["image"], container["resources"]["requests"]) == ("i:2", {"memory": "2Gi"})


def test_defaults_components_and_graphs_have_parameters_of_their_own() -> None:
    leaf = {
        "inputs": [{"name": "tag", "type": "String"}, {"name": "cpu", "type": "Integer", "default": 1}],
        "image": named("tag"),
        "script": "s",
        "resources": {"requests": {"cpu": named("cpu")}},
    }
    outer = {
        "inputs": [{"name": "which", "type": "String"}],
        "steps": [
            {"name": "in", "component": {"name": "leaf"}, "inputs": [{"name": "tag", "param": "which"}]},
            {"name": "own", "image": named("which"), "script": "s"},
        ],
    }
    using = components(leaf=leaf, outer=outer)
    found = graph(
        step("g", component="outer", inputs={"which": "param:image"}),
        step("d"),
        step("l", component="leaf", inputs={"tag": {"value": "x"}}, resources={"requests": {"cpu": named("cpu")}}),
        using=using,
        params=PARAMS,
        defaults={"image": named("image")},
    )
    images = {name: task.work.image for name, task in found.tasks.items()}
    assert images == {"g.in": "python:3.12", "g.own": "python:3.12", "d": "python:3.12", "l": "x"}
    assert found.tasks["g.in"].work.resources.requests == {"cpu": 1}
    assert found.tasks["l"].work.resources.requests == {"cpu": "500m"}
    for name in ("leaf", "outer"):
        assert (
            check_component(name, api.ComponentSpec.model_validate({"leaf": leaf, "outer": outer}[name]), using) == ()
        )


@pytest.mark.parametrize(
    ("fields", "path", "reason", "words"),
    [
        ({"image": named("imag")}, "image", Reason.UNKNOWN_PARAMETER, '(did you mean "image"?)'),
        ({"image": "python:$(params.image)"}, "image", Reason.INVALID_VALUE, "an image is a parameter as a whole"),
        ({"image": named("gpus")}, "image", Reason.INVALID_VALUE, "an image is a text, not '2'"),
        ({"image": named("word")}, "image", Reason.INVALID_VALUE, "'A b' is not an image"),
        (
            {"resources": {"limits": {"cpu": named("word")}}},
            "resources.limits[cpu]",
            Reason.INVALID_VALUE,
            "'A b' is not a quantity",
        ),
        (
            {"resources": {"limits": {"cpu": named("fine")}}},
            "resources.limits[cpu]",
            Reason.INVALID_VALUE,
            "'true' is not a quantity",
        ),
        (
            {"envFrom": [{"secretRef": {"name": named("word")}}]},
            "envFrom[0].secretRef.name",
            Reason.INVALID_VALUE,
            "'A b' is not the name of an object",
        ),
        (
            {"pod": {"imagePullSecrets": ["a", named("fine")]}},
            "pod.imagePullSecrets[1]",
            Reason.INVALID_VALUE,
            "the name of an object is a text, not 'true'",
        ),
    ],
)
def test_a_misuse_is_refused_with_its_place(fields: Any, path: str, reason: Reason, words: str) -> None:
    (found,) = problems(step("a", **fields), params=PARAMS)
    assert (found.path, found.reason) == (f"spec.steps[0].{path}", reason)
    assert words in found.message


def test_what_only_a_run_tells_or_differs_by_item_is_refused() -> None:
    using = components(c={"inputs": [{"name": "tag", "type": "String"}], "image": named("tag"), "script": "s"})
    made = step("m", outputs={"s": "String"})
    (found,) = problems(made, step("a", component="c", inputs={"tag": "from:m.s"}), using=using)
    assert found.path == "spec.steps[1].component(c).image"
    assert "'tag' is known only once a step has run" in found.message
    often = step("a", component="c", inputs={"tag": "each:x"}, each={"x": ["i", "j"]})
    (found,) = problems(often, using=using)
    assert "'tag' differs from item to item" in found.message


def test_an_amount_is_checked_as_if_it_had_been_written_there() -> None:
    (found,) = problems(step("a", resources={"requests": {"nvidia.com/gpu": named("cpu")}}), params=PARAMS)
    assert (found.path, found.reason) == ("spec.steps[0].resources.requests[nvidia.com/gpu]", Reason.INVALID_QUANTITY)


def test_a_step_on_its_own_has_no_parameters() -> None:
    own = api.StepSpec.model_validate({"image": named("image"), "script": "s"})
    (found,) = compile_step("a", own).problems
    assert (found.path, found.reason) == ("spec.image", Reason.UNKNOWN_PARAMETER)


def test_a_parameter_that_is_a_field_is_used() -> None:
    read = full(named("image"), named("cpu"), named("gpus"), named("vault"))
    made = spec(read, params={name: PARAMS[name] for name in ("image", "cpu", "gpus", "vault")})
    assert advise_pipeline(api.PipelineSpec.model_validate(made)) == []


def test_an_amount_that_is_half_a_parameter_is_no_quantity() -> None:
    with pytest.raises(ValueError, match=r"is no parameter; write \$\(params.NAME\)"):
        api.StepTemplate.model_validate(step("a", resources={"limits": {"cpu": "$(params.cpu)m"}}))


@pytest.mark.parametrize("name", ["", "team-a"])
def test_an_optional_reference_to_no_object_is_none(name: str) -> None:
    def made(written: str) -> Any:
        return step(
            "a",
            env=[
                {"name": "A", "valueFrom": {"secretKeyRef": {"name": written, "key": "k", "optional": True}}},
                {"name": "B", "value": "b"},
            ],
            envFrom=[{"configMapRef": {"name": written, "optional": True}}],
        )

    found = graph(made(named("vault")), params={"vault": name})
    written = graph(made(name) if name else step("a", env=[{"name": "B", "value": "b"}], envFrom=[]))
    assert found.tasks["a"].work == written.tasks["a"].work
    assert fingerprint(found, found.tasks["a"]) == fingerprint(written, written.tasks["a"])


def test_a_reference_that_is_not_optional_names_an_object() -> None:
    made = step("a", env=[{"name": "A", "valueFrom": {"secretKeyRef": {"name": named("vault"), "key": "k"}}}])
    (found,) = problems(made, params={"vault": ""})
    assert found.path == "spec.steps[0].env[0].valueFrom.secretKeyRef.name"
    assert "parameter 'vault': '' is not the name of an object" in found.message
