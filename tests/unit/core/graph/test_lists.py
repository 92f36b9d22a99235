"""Lists to run over that are a parameter or an expression."""

from typing import Any

import pytest
from tests.unit.builders import cluster, components, graph, pipeline, problems, runs, step

from penstock import api
from penstock.core.graph.component_check import check_component
from penstock.core.graph.fingerprint import fingerprint
from penstock.core.reasons import Reason


def over(**source: Any) -> Any:
    """A step that runs over a list from there, and gives each item on."""
    return step("f", forEach={"vars": [{"name": "x", **source}]}, inputs={"x": "each:x"}, outputs={"n": "Integer"})


@pytest.mark.parametrize(
    "source",
    [{"param": "l"}, {"expr": "params.l"}, {"expr": "params.all.filter(n, n > 1)"}, {"values": [2, 3]}],
)
def test_a_list_that_the_manifest_tells_is_as_if_it_were_written_there(source: Any) -> None:
    found = graph(over(**source), params={"l": [2, 3], "all": [1, 2, 3]})
    task = found.tasks["f"]
    assert task.levels[0].variables[0].values == (2, 3)
    written = graph(over(values=[2, 3]))
    assert fingerprint(found, task, ({"x": 2},)) == fingerprint(written, written.tasks["f"], ({"x": 2},))


def test_an_item_more_runs_one_more() -> None:
    work: Any = {f"f__{number}": {"n": number} for number in range(3)}
    found = cluster(pipeline(over(param="l"), params={"l": [1, 2]}), **work)
    found.run()
    found.apply(pipeline(over(param="l"), params={"l": [1, 2, 3]}))
    found.run()
    assert sorted(runs(found)) == ["f.0", "f.1", "f.2"]
    assert found.status["phase"] == "Succeeded"


def test_an_expression_over_what_steps_made() -> None:
    made = step("a", outputs={"l": "List", "n": "Integer"})
    found = cluster(
        pipeline(made, over(expr="steps.a.outputs.l.filter(v, v > steps.a.outputs.n)")), a={"l": [1, 5, 9], "n": 4}
    )
    found.run()
    assert sorted(runs(found)) == ["a", "f.0", "f.1"]
    assert found.objects["Step", "p.f.1"]["spec"]["inputs"] == [{"name": "x", "value": 9}]


def test_an_expression_over_how_a_step_ended() -> None:
    found = cluster(pipeline(step("a", onError="Continue"), over(expr="steps.a.status == 'Failed' ? [1, 2] : []")), a=1)
    found.run()
    assert sorted(runs(found)) == ["a", "f.0", "f.1"]


def test_an_expression_that_fails_fails_the_step_and_says_why() -> None:
    found = cluster(pipeline(step("a", outputs={"n": "Integer"}), over(expr="[1 / steps.a.outputs.n]")), a={"n": 0})
    found.run()
    (failed,) = found.status["failedSteps"]
    assert (failed["name"], failed["reason"]) == ("f", "ExpressionError")


def test_a_component_runs_over_its_input_also_where_it_differs_by_item() -> None:
    each = {"vars": [{"name": "x", "param": "l"}, {"name": "y", "expr": "params.l.map(n, n * 10)"}]}
    inner = {"name": "in", "image": "i", "script": "s", "forEach": each, "inputs": [{"name": "x", "each": "x"}]}
    using = components(c={"inputs": [{"name": "l", "type": "List"}], "steps": [inner]})
    assert check_component("c", next(iter(using.values())), {}) == ()
    used = step("c", component="c", each={"row": [[1], [2, 3]]}, inputs={"l": "each:row"})
    found = cluster(pipeline(used), using)
    found.run()
    assert sorted(runs(found)) == ["c.0.in.0", "c.1.in.0", "c.1.in.1", "c.1.in.2", "c.1.in.3"]


@pytest.mark.parametrize(
    ("source", "path", "reason", "words"),
    [
        ({"param": "m"}, "param", Reason.UNKNOWN_PARAMETER, "there is no parameter 'm'"),
        ({"param": "n"}, "param", Reason.TYPE_MISMATCH, "a fan-out needs a List, but n is Integer"),
        ({"expr": "params.n"}, "expr", Reason.INVALID_EXPRESSION, "the result must be List"),
        ({"expr": "[1 / (params.n - params.n)]"}, "expr", Reason.INVALID_EXPRESSION, "divide by zero"),
        ({"expr": "steps.z.outputs.l"}, "expr", Reason.UNKNOWN_STEP, "no step 'z'"),
    ],
)
def test_a_misuse_is_refused_with_its_place(source: Any, path: str, reason: Reason, words: str) -> None:
    (found,) = problems(over(**source), params={"n": 1})
    assert (found.path, found.reason) == (f"spec.steps[0].forEach.vars[0].{path}", reason)
    assert words in found.message


def test_a_list_that_is_too_long_is_told_before_anything_runs() -> None:
    (found,) = {one.reason for one in problems(over(param="l"), params={"l": list(range(10_001))})}
    assert found is Reason.TOO_MANY_STEPS


def test_who_runs_over_what_it_makes_is_a_circle() -> None:
    (found,) = problems(over(expr="steps.f.outputs.n"))
    assert found.reason in (Reason.CYCLE, Reason.INVALID_EXPRESSION)


def test_exactly_one_source_is_named() -> None:
    with pytest.raises(ValueError, match="set exactly one of values, range, param, from and expr"):
        api.StepTemplate.model_validate(over(param="l", expr="params.l"))
