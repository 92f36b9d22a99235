"""Two revisions of a Pipeline compared."""

from copy import deepcopy
from typing import Any

from tests.unit.builders import step
from tests.unit.core.asked.test_lineage import ROWS, digits, run, stage
from tests.unit.core.asked.test_lineage import graph as compiled

from penstock import api
from penstock.core.asked import history
from penstock.core.asked.history import compare, held_seconds, revisions, spec_lines
from penstock.core.asked.past import lines
from penstock.core.graph.compiler import compile_pipeline
from penstock.core.graph.graph import Graph


def graph(*steps: dict[str, Any]) -> Graph:
    spec = {"defaults": {"image": "i"}, "steps": list(steps)}
    found = compile_pipeline(api.PipelineSpec.model_validate(spec), {}).graph
    assert found is not None
    return found


def tuned(*values: int) -> dict[str, Any]:
    each = {"vars": [{"name": "seed", "values": list(values)}]}
    return step("tune", inputs={"seed": "each:seed"}, forEach=each)


def test_a_list_that_differs_is_named() -> None:
    (found,) = compare(graph(tuned(1, 2)), graph(tuned(1, 3)))
    assert (found.how, found.fields) == ("changed", ("forEach",))


def test_another_order_is_a_difference_without_a_field() -> None:
    old = graph(step("a"), step("b", script="y"), step("c", needs=["a"]))
    new = graph(step("a"), step("b", script="y"), step("c", needs=["b"]))
    assert [(one.task, one.how, one.fields, one.upstream) for one in compare(old, new)] == [
        ("a", "same", (), ()),
        ("b", "same", (), ()),
        ("c", "changed", (), ()),
    ]


def test_what_decides_only_where_and_when_is_no_difference() -> None:
    old, new = graph(step("a")), graph(step("a", resources={"requests": {"cpu": 4}}, timeout="1h"))
    assert [one.how for one in compare(old, new)] == ["same"]


def test_what_is_upstream_of_an_upstream_is_not_named() -> None:
    def chain(script: str) -> Graph:
        return graph(step("a", script=script), step("b", needs=["a"]), step("c", needs=["b"]))

    found = {one.task: one for one in compare(chain("x"), chain("y"))}
    assert found["a"].fields == ("script",)
    assert (found["b"].upstream, found["c"].upstream) == (("a",), ("b",))


def test_lines_of_what_is_the_same_or_too_long(monkeypatch: Any) -> None:
    assert spec_lines({"a": 1}, {"a": 1}) == []
    assert spec_lines({"a": 1}, {"a": 2}) == ["@@ -1 +1 @@", "-a: 1", "+a: 2"]
    monkeypatch.setattr(history, "MOST_LINES", 0)
    assert spec_lines({"a": 1}, {"a": 2}) == []


def test_a_status_without_revisions_has_no_history() -> None:
    assert lines({}) == []
    assert revisions({"phase": "Pending"}, {}) == []
    (one,) = revisions({"phase": "Running", "revision": 1}, {})
    assert (one.kept, one.present, one.began) == (False, True, None)


def test_a_step_that_another_pipeline_of_the_name_left_tells_nothing_of_this_one() -> None:
    place = stage(prepare=ROWS)
    run(place, digits())
    (pipeline,) = place.of("Pipeline")
    steps = list(place.of("Step"))
    own = held_seconds(compiled(pipeline["spec"]), pipeline, steps, 0)
    assert own.keys() == {"prepare", "train", "report"}
    left = deepcopy(place.step("train"))
    left["metadata"]["ownerReferences"][0]["uid"] = "of-before"
    left["status"]["results"][0]["seconds"] = own["train"] + 1_000
    assert held_seconds(compiled(pipeline["spec"]), pipeline, [*steps, left], 0) == own
