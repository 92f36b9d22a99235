"""Manifests that refer to one another, checked without a cluster."""

from textwrap import dedent

import pytest

from penstock.cluster.documents import parse
from penstock.cluster.linting import Level, Report, lint

HEAD = "apiVersion: penstock.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n"


def manifest(kind: str, name: str, spec: str) -> str:
    body = dedent(spec).strip("\n")
    return HEAD.format(kind=kind, name=name) + "".join(f"  {line}\n" for line in body.splitlines())


def check(*texts: str) -> Report:
    return lint(parse("---\n".join(texts), "f"))


def said(report: Report, level: Level = Level.ERROR) -> list[tuple[str, str]]:
    return [(one.path, one.reason) for one in report.findings if one.level is level]


DOUBLE = manifest(
    "Component", "double", "image: i\ninputs: [{name: num, type: Integer}]\noutputs: [{name: r, type: Integer}]"
)


def test_a_pipeline_finds_the_components_beside_it() -> None:
    user = manifest("Pipeline", "p", "steps: [{name: a, component: {name: double}, inputs: [{name: num, value: 3}]}]")
    assert check(user, DOUBLE).findings == []
    (finding,) = check(user).findings
    assert (finding.path, finding.reason, finding.line) == ("spec.steps[0].component.name", "UnknownComponent", 5)


def test_types_between_pipeline_and_component() -> None:
    user = manifest(
        "Pipeline",
        "p",
        "steps: [{name: a, component: {name: double}, inputs: [{name: num, value: x}, {name: m, value: 1}]}]",
    )
    assert said(check(user, DOUBLE)) == [
        ("spec.steps[0].inputs[num]", "TypeMismatch"),
        ("spec.steps[0].inputs[1].name", "UnknownInput"),
    ]


def test_all_problems_at_once_in_the_order_of_the_lines() -> None:
    spec = """
        defaults: {image: i}
        steps:
          - {name: a, needs: [b], script: x}
          - {name: b, needs: [a], script: x}
          - {name: c, inputs: [{name: x, from: a.nothing}], when: "1 +", script: x}
    """
    report = check(manifest("Pipeline", "p", spec), manifest("Step", "s", "image: i\nimag: i"))
    assert [(one.line, one.reason) for one in report.findings] == [
        (7, "Cycle"),
        (9, "UnknownOutput"),
        (9, "InvalidExpression"),
        (16, "InvalidField"),
    ]
    text = str(report.findings[0])
    assert text.startswith("f:7: spec.steps[0]: steps wait for one another in a circle: a -> b -> a")
    assert text.endswith("[Cycle]")


def test_a_component_is_checked_on_its_own() -> None:
    spec = """
        inputs:
          - {name: num, type: Integer, default: many}
          - {name: k, type: String, enum: [a, 3]}
        outputs: [{name: r, type: String, from: one.r}, {name: s, type: Integer, from: two.r}]
        steps:
          - {name: one, component: {name: double}, inputs: [{name: num, param: num}]}
          - {name: two, component: {name: double}, inputs: [{name: num, param: absent}]}
    """
    found = said(check(manifest("Component", "c", spec), DOUBLE))
    assert found == [
        ("spec.inputs[0].default", "InvalidValue"),
        ("spec.inputs[1].enum[1]", "InvalidValue"),
        ("spec.outputs[0].from", "TypeMismatch"),
        ("spec.steps[1].inputs[0].param", "UnknownParameter"),
    ]


def test_a_component_needs_neither_image_nor_storage_of_its_own() -> None:
    spec = "script: x\ninputs: [{name: f, type: Artifact}]\noutputs: [{name: g, type: Artifact}]"
    assert check(manifest("Component", "c", spec)).findings == []


def test_a_component_that_contains_itself() -> None:
    spec = "steps: [{name: a, component: {name: c}}]"
    assert said(check(manifest("Component", "c", spec))) == [("spec.steps[0].component.name", "ComponentCycle")]


def test_names_that_become_the_same_variable() -> None:
    spec = "image: i\ninputs: [{name: a-b, type: String}, {name: a_b, type: String}]"
    assert ("spec.inputs[1].name", "DuplicateName") in said(check(manifest("Component", "c", spec)))


def test_what_is_wrong_in_a_component_is_not_repeated_by_its_users() -> None:
    user = manifest("Pipeline", "p", "steps: [{name: a, component: {name: c}}, {name: b, component: {name: c}}]")
    broken = manifest("Component", "c", "steps: [{name: s, image: i, needs: [ghost]}]")
    assert said(check(user, broken)) == [("spec.steps[0].needs[0]", "UnknownStep")]
    unreadable = manifest("Component", "c", "steps: 3")
    assert [path for path, _ in said(check(user, unreadable))] == ["spec.steps"]


def test_schedules() -> None:
    spec = """
        schedule: "61 * * * *"
        pipelineTemplate: {spec: {steps: [{name: a, image: i, needs: [b]}]}}
    """
    assert [path for path, _ in said(check(manifest("PipelineSchedule", "s", spec)))] == [
        "spec.schedule",
        "spec.pipelineTemplate.spec.steps[0].needs[0]",
    ]


def test_standalone_steps() -> None:
    spec = "image: i\nresources: {requests: {cpu: nonsense}}"
    assert [one.line for one in check(manifest("Step", "s", spec)).findings] == [6]


def test_words_that_yaml_reads_as_booleans() -> None:
    spec = "steps: [{name: a, image: i, inputs: [{name: y, value: {on: 1}}]}]"
    report = check(manifest("Pipeline", "p", spec))
    (error,) = [one for one in report.findings if one.level is Level.ERROR]
    assert "(YAML reads a bare `y` as a boolean: put it in quotes)" in error.message
    (warning,) = [one for one in report.findings if one.level is Level.WARNING]
    assert "`on`" in warning.message


def test_advice() -> None:
    spec = """
        params:
          - {name: used, type: Integer, value: 1}
          - {name: asked, type: Integer, value: 1}
          - {name: unused, type: Integer, value: 1}
        outputs: [{name: r, from: a.shown}]
        steps:
          - name: a
            image: i
            inputs: [{name: num, param: used}]
            outputs: [{name: shown, type: String}, {name: read, type: String}, {name: lost, type: String}]
          - {name: b, image: i, when: "params.asked == 1 && steps.a.outputs.read == 'x'"}
    """
    report = check(manifest("Pipeline", "p", spec))
    assert said(report, Level.WARNING) == [("spec.params[2]", "UnusedParameter")]
    (hint,) = [one for one in report.findings if one.level is Level.HINT]
    assert (hint.path, hint.line) == ("spec.steps[0].outputs", 14)
    assert "'lost'" in hint.message
    unused = manifest("Component", "c", "inputs: [{name: num, type: Integer}]\nsteps: [{name: a, image: i}]")
    assert said(check(unused), Level.WARNING) == [("spec.inputs[0]", "UnusedInput")]


@pytest.mark.parametrize(
    ("version", "kind", "checked"),
    [
        ("v1", "ConfigMap", 0),
        ("tekton.dev/v1", "Pipeline", 0),
        ("argoproj.io/v1alpha1", "Workflow", 0),
        ("v1", "Pipeline", 1),
        ("penstok.dev/v1alpha1", "Pipeline", 1),
        ("penstock.dev/v1", "Pipelin", 1),
    ],
)
def test_objects_of_other_apis_are_left_alone(version: str, kind: str, checked: int) -> None:
    report = check(f"apiVersion: {version}\nkind: {kind}\n")
    assert report.checked == checked
    assert bool(report.findings) == bool(checked)


def test_the_same_name_twice_in_a_file() -> None:
    text = manifest("Step", "s", "image: i")
    assert said(check(text, text), Level.WARNING) == [("metadata.name", "DuplicateName")]


def test_what_kubectl_apply_cannot_take() -> None:
    spec = (
        "params: [{name: num, type: String, value: "
        + "x" * 300_000
        + "}]\nsteps: [{name: a, image: i, inputs: [{name: num, param: num}]}]"
    )
    assert said(check(manifest("Pipeline", "p", spec)), Level.WARNING) == [("", "TooLargeToApply")]


@pytest.mark.parametrize("text", ["3", "[1, 2]", "a: 1", "apiVersion: penstock.dev/v1alpha1", '"\U0001f600"'])
def test_nonsense_is_an_error(text: str) -> None:
    report = check(text)
    assert report.count(Level.ERROR) >= 1


@pytest.mark.parametrize("levels", [65, 900])
def test_deep_values_are_said_at_their_place_and_as_the_operator_says_it(levels: int) -> None:
    deep = "[" * levels + "]" * levels
    spec = f"params: [{{name: x, type: List, value: {deep}}}]\nsteps: [{{name: a, image: i}}]"
    (found,) = check(manifest("Pipeline", "p", spec)).findings
    assert (found.path, found.reason) == ("spec.params[0].value", "InvalidField")
    assert found.message == "is nested deeper than 64 levels"
    each = f"forEach: {{vars: [{{name: x, values: [1, {deep}]}}]}}"
    template = f"schedule: '0 0 * * *'\npipelineTemplate: {{spec: {{steps: [{{name: a, image: i, {each}}}]}}}}"
    (found,) = check(manifest("PipelineSchedule", "p", template)).findings
    assert found.path == "spec.pipelineTemplate.spec.steps[0].forEach.vars[0].values[1]"


LAUGHS = "".join(f"- &a{n + 1} [{f'*a{n}, ' * 9}]\n" for n in range(9))


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: [a]",
        "apiVersion: penstock.dev/v1alpha1\nkind: {a: 1}",
        f"x:\n- &a0 [x]\n{LAUGHS}apiVersion: *a9\nkind: *a9\nmetadata: *a9",
        f"x:\n- &a0 [x]\n{LAUGHS}apiVersion: penstock.dev/v1alpha1\nkind: Pipeline\nmetadata: {{name: *a9}}\nspec: *a9",
        f"apiVersion: penstock.dev/v1alpha1\nkind: Pipeline\nmetadata: {{name: p}}\nspec:\n  0x{'f' * 5000}: 1",
    ],
)
def test_hostile_texts_are_errors_soon(text: str) -> None:
    report = check(text)
    assert report.count(Level.ERROR) or not report.checked


def test_what_is_too_large_for_a_variable_is_told_with_its_line() -> None:
    spec = f"""
        params: [{{name: big, type: String, value: {"x" * 120_000}}}]
        defaults: {{image: i}}
        steps:
          - name: a
            script: x
            inputs:
              - {{name: small, value: 1}}
              - {{name: x, param: big}}
          - {{name: b, component: {{name: double}}, inputs: [{{name: num, value: 2}}]}}
    """
    (finding,) = check(manifest("Pipeline", "p", spec), DOUBLE).findings
    assert (finding.path, finding.reason, finding.line) == ("spec.steps[0].inputs[x]", "InputTooLarge", 12)
