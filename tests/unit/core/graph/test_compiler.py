"""Every kind of problem with its path, all of them at once."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.builders import compiled, components, graph, problems, step

from penstock import api
from penstock.core.graph.compiler import compile_pipeline
from penstock.core.reasons import Reason

CASES = Path(__file__).parents[3] / "e2e" / "cases"
LEAF = {"image": "i", "inputs": [{"name": "n", "type": "Integer"}], "outputs": {"r": "Integer"}}
GRAPH: dict[str, Any] = {
    "inputs": [{"name": "n", "type": "Integer"}],
    "outputs": [{"name": "r", "type": "Integer", "from": "two.r"}],
    "steps": [
        step("one", component="leaf", inputs={"n": "param:n"}),
        step("two", component="leaf", inputs={"n": "from:one.r"}),
    ],
}
USING = components(leaf=LEAF, pair=GRAPH)
A = step("a", outputs={"n": "Integer", "l": "List", "s": "String", "f": "Artifact"})


def one(*steps: Any, **fields: Any) -> tuple[str, Reason, str]:
    (found,) = problems(*steps, **fields)
    return found.path, found.reason, found.message


class TestReferences:
    def test_unknown_things_suggest_what_is_near(self) -> None:
        found = problems(
            A,
            step("b", inputs={"x": "from:a.m", "y": "from:aa.n", "z": "param:coutn", "w": "each:v"}, needs=["ba"]),
            params={"count": 1},
            storage={"claimName": "c"},
        )
        assert [(p.path, p.reason.value) for p in found] == [
            ("spec.steps[1].inputs[0].from", "UnknownOutput"),
            ("spec.steps[1].inputs[1].from", "UnknownStep"),
            ("spec.steps[1].inputs[2].param", "UnknownParameter"),
            ("spec.steps[1].inputs[3].each", "UnknownVariable"),
            ("spec.steps[1].needs[0]", "UnknownStep"),
        ]
        words = " ".join(problem.message for problem in found)
        assert 'did you mean "a"?' in words
        assert 'did you mean "count"?' in words
        assert "it declares: f, l, n, s" in words

    def test_steps_cannot_refer_to_finally_but_finally_can_to_them(self) -> None:
        graph(step("a"), **{"finally": [step("f", needs=["a"])]})
        assert one(step("a", needs=["f"]), **{"finally": [step("f")]})[:2] == (
            "spec.steps[0].needs[0]",
            Reason.UNKNOWN_STEP,
        )

    @pytest.mark.parametrize(
        ("words", "reason"),
        [
            ("steps.ghost.status == 'Failed'", Reason.UNKNOWN_STEP),
            ("steps.a.outputs.m > 1", Reason.UNKNOWN_OUTPUT),
            ("params.no", Reason.UNKNOWN_PARAMETER),
            ("steps.a.outputs.f == ''", Reason.TYPE_MISMATCH),
            ("steps.a.outputs.n", Reason.INVALID_EXPRESSION),
            ("1 +", Reason.INVALID_EXPRESSION),
        ],
    )
    def test_in_expressions(self, words: str, reason: Reason) -> None:
        path, found, _ = one(A, step("b", when=words), storage={"claimName": "c"})
        assert (path, found) == ("spec.steps[1].when", reason)


class TestCircles:
    def test_are_told_once_with_all_their_steps(self) -> None:
        path, reason, message = one(step("a", needs=["c"]), step("b", needs=["a"]), step("c", needs=["b"]), step("d"))
        assert (path, reason) == ("spec.steps[0]", Reason.CYCLE)
        assert "a -> c -> b -> a" in message or "a -> b -> c -> a" in message

    @pytest.mark.parametrize(
        "back",
        [
            {"inputs": {"x": "from:b.n"}},
            {"when": "steps.b.status == 'Failed'"},
            {"after": [{"step": "b", "outcome": "Failed"}]},
            {"each": {"x": "b.l"}},
            {"inputs": {"x": "expr:steps.b.outputs.n + 1"}},
        ],
    )
    def test_by_every_kind_of_dependency(self, back: Any) -> None:
        found = problems(step("a", **back), step("b", needs=["a"], outputs={"n": "Integer", "l": "List"}))
        assert [problem.reason for problem in found] == [Reason.CYCLE]

    def test_of_a_step_with_itself(self) -> None:
        assert one(step("a", when="steps.a.status == 'Failed'"))[1] is Reason.CYCLE

    def test_of_components(self) -> None:
        using = {name: {"steps": [step("s", component=other)]} for name, other in ("xy", "yx", "zz")}
        loop = components(**using)
        path, reason, message = one(step("a", component="x"), using=loop)
        assert (path, reason) == (
            "spec.steps[0].component(x).steps[0].component(y).steps[0].component.name",
            Reason.COMPONENT_CYCLE,
        )
        assert "x -> y -> x" in message
        assert one(step("a", component="z"), using=loop)[1] is Reason.COMPONENT_CYCLE


class TestComponents:
    def test_are_flattened(self) -> None:
        made = graph(step("p", component="pair", inputs={"n": 1}), step("q", inputs={"r": "from:p.r"}), using=USING)
        assert list(made.tasks) == ["p.one", "p.two", "q"]
        assert made.tasks["p.two"].where == "spec.steps[0].component(pair).steps[1]"

    @pytest.mark.parametrize(
        ("given", "path", "reason"),
        [
            ({"component": "ghost"}, "spec.steps[0].component.name", Reason.UNKNOWN_COMPONENT),
            ({"component": "leaf"}, "spec.steps[0].inputs", Reason.MISSING_INPUT),
            ({"component": "leaf", "inputs": {"n": 1, "m": 2}}, "spec.steps[0].inputs[1].name", Reason.UNKNOWN_INPUT),
            ({"component": "leaf", "inputs": {"n": "x"}}, "spec.steps[0].inputs[n]", Reason.TYPE_MISMATCH),
            ({"component": "leaf", "inputs": {"n": "param:s"}}, "spec.steps[0].inputs[n]", Reason.TYPE_MISMATCH),
            ({"component": "pair", "inputs": {"n": 1}, "timeout": "5m"}, "spec.steps[0].timeout", Reason.INVALID_FIELD),
        ],
    )
    def test_wrong_uses(self, given: Any, path: str, reason: Reason) -> None:
        assert one(step("a", **given), using=USING, params={"s": "x"})[:2] == (path, reason)

    def test_what_uses_a_broken_step_is_not_blamed_for_it(self) -> None:
        found = problems(step("a", component="ghost"), step("b", inputs={"x": "from:a.anything"}), using=USING)
        assert [problem.reason for problem in found] == [Reason.UNKNOWN_COMPONENT]

    def test_another_namespace_is_another_component(self) -> None:
        far = {("catalogue", "leaf"): USING[None, "leaf"]}
        here = step("a", inputs={"n": 1}, component={"name": "leaf", "namespace": "catalogue"})
        assert graph(here, using=far).tasks["a"].component == "leaf"
        assert "in this namespace" in one(step("a", component="leaf", inputs={"n": 1}), using=far)[2]

    def test_outputs_of_a_graph_have_the_declared_type(self) -> None:
        wrong = {**GRAPH, "outputs": [{"name": "r", "type": "String", "from": "two.r"}]}
        path, reason, _ = one(step("p", component="pair", inputs={"n": 1}), using=components(leaf=LEAF, pair=wrong))
        assert (path, reason) == ("spec.steps[0].component(pair).outputs[0].from", Reason.TYPE_MISMATCH)


class TestValues:
    @pytest.mark.parametrize(
        ("parameter", "reason"),
        [
            ({"name": "p", "type": "Integer", "value": "many"}, Reason.INVALID_VALUE),
            ({"name": "p", "type": "Integer", "value": 1.5}, Reason.INVALID_VALUE),
            ({"name": "p", "type": "Boolean", "value": 1}, Reason.INVALID_VALUE),
            ({"name": "p", "type": "String", "value": None}, Reason.INVALID_VALUE),
            ({"name": "p", "type": "String", "value": "c", "enum": ["a", "b"]}, Reason.INVALID_VALUE),
        ],
    )
    def test_of_parameters(self, parameter: Any, reason: Reason) -> None:

        spec = api.PipelineSpec.model_validate({"params": [parameter], "steps": [step("a", image="i")]})
        (found,) = compile_pipeline(spec, {}).problems
        assert (found.path, found.reason) == ("spec.params[0].value", reason)

    @pytest.mark.parametrize("value", [1, 1.0, 2**53])
    def test_a_whole_number_is_an_integer_however_it_is_written(self, value: float) -> None:
        spec = {"params": [{"name": "p", "type": "Integer", "value": value}], "steps": [step("a", image="i")]}
        assert compile_pipeline(api.PipelineSpec.model_validate(spec), {}).graph

    def test_names_that_become_the_same_variable(self) -> None:
        found = problems(step("a", inputs={"x-y": 1, "x_y": 2}, outputs={"r-s": "Integer", "R_S": "Integer"}))
        assert [(p.path, p.reason.value) for p in found] == [
            ("spec.steps[0].inputs[1].name", "DuplicateName"),
            ("spec.steps[0].outputs[1].name", "DuplicateName"),
        ]
        assert "both become INPUT_X_Y" in found[0].message

    def test_resources(self) -> None:
        wrong = {"requests": {"memory": "2Gi", "nvidia.com/gpu": "500m"}, "limits": {"memory": "1Gi"}}
        found = {problem.path: problem.reason for problem in problems(step("a", resources=wrong))}
        assert found == {
            "spec.steps[0].resources.requests[memory]": Reason.INVALID_QUANTITY,
            "spec.steps[0].resources.requests[nvidia.com/gpu]": Reason.INVALID_QUANTITY,
        }

    def test_no_image_and_no_storage(self) -> None:
        found = problems(step("a", outputs={"f": "Artifact"}), image=None)
        assert {(problem.path, problem.reason) for problem in found} == {
            ("spec.steps[0]", Reason.MISSING_IMAGE),
            ("spec.steps[0].outputs[0].type", Reason.NO_STORAGE),
        }


class TestSizes:
    @pytest.mark.parametrize(
        "steps",
        [
            [step("a", each={"x": range(101), "y": range(100)})],
            [step("a", each={"x": range(9_000)}), step("b", each={"x": range(9_000)})],
            [step("a", component="wide", each={"x": range(200)})],
        ],
    )
    def test_fan_outs_beyond_the_limit(self, steps: Any) -> None:
        wide = components(wide={"steps": [step("s", image="i", each={"y": range(200)})]})
        assert {problem.reason for problem in problems(*steps, using=wide)} == {Reason.TOO_MANY_STEPS}

    @pytest.mark.parametrize(
        ("each", "words"),
        [
            ({"x": range(1_000_000_000)}, "more than 10,000"),
            ({"x": range(20_000), "y": range(2)}, "more than 10,000"),
            ({"x": range(101), "y": range(100)}, "10,100"),
        ],
    )
    def test_of_a_range_that_is_cut_no_number_is_told(self, each: Any, words: str) -> None:
        assert {problem.message for problem in problems(step("a", each=each))} >= {
            f"the variables have {words} combinations; at most 10,000 are allowed",
            f"the Pipeline would have {words} Steps, at most 10,000 are allowed; split it up",
        }

    def test_a_fan_out_of_what_is_no_list(self) -> None:
        path, reason, _ = one(A, step("b", each={"x": "a.n"}), storage={"claimName": "c"})
        assert (path, reason) == ("spec.steps[1].forEach.vars[0].from", Reason.TYPE_MISMATCH)

    def test_components_that_multiply_without_bound(self) -> None:
        towers = {f"c{n}": {"steps": [step(f"s{k}", component=f"c{n + 1}") for k in range(10)]} for n in range(5)}
        found = problems(step("a", component="c0"), using=components(**towers, c5={"image": "i"}))
        assert Reason.TOO_MANY_STEPS in {problem.reason for problem in found}

    def test_a_path_must_fit_into_the_name_of_a_step(self) -> None:
        long = "x" * 60
        towers = {f"c{n}": {"steps": [step(long, component=f"c{n + 1}")]} for n in range(3)}
        found = problems(step("a", component="c0"), using=components(**towers, c3={"image": "i"}))
        assert [problem.reason for problem in found] == []
        deep = {f"c{n}": {"steps": [step(long, component=f"c{n + 1}")]} for n in range(4)}
        path, reason, _ = one(step("a", component="c0"), using=components(**deep, c4={"image": "i"}))
        assert path.endswith("component(c3).steps[0].name")
        assert reason is Reason.INVALID_FIELD

    def test_nesting_has_an_end(self) -> None:
        towers = {f"c{n}": {"steps": [step("s", component=f"c{n + 1}")]} for n in range(12)}
        found = problems(step("a", component="c0"), using=components(**towers, c12={"image": "i"}))
        assert Reason.COMPONENT_CYCLE in {problem.reason for problem in found}


def test_case_11_has_exactly_six_problems_in_the_order_of_the_manifest() -> None:
    (path,) = CASES.glob("11-*.yaml")
    manifest = yaml.safe_load(path.read_text())
    found = compile_pipeline(api.PipelineSpec.model_validate(manifest["spec"]), {})
    assert found.graph is None
    assert [(problem.path, problem.reason.value) for problem in found.problems] == [
        ("spec.params[0].value", "InvalidValue"),
        ("spec.steps[0]", "Cycle"),
        ("spec.steps[3].inputs[0].from", "UnknownOutput"),
        ("spec.steps[3].inputs[1].from", "UnknownStep"),
        ("spec.steps[3].inputs[2].param", "UnknownParameter"),
        ("spec.steps[3].when", "InvalidExpression"),
    ]


def test_the_order_of_the_steps_does_not_matter() -> None:
    steps = [step("c", needs=["b"]), step("a"), step("b", needs=["a"])]
    assert list(graph(*steps).tasks) == list(graph(*reversed(steps)).tasks) == ["a", "b", "c"]


def test_finally_comes_last() -> None:
    assert list(graph(step("z"), step("y"), **{"finally": [step("a")]}).tasks)[-1] == "a"
    assert compiled(step("a")).problems == ()
