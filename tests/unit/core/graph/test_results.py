"""Outputs by expression, and the first of several: of Pipelines, of graphs, and as inputs."""

from typing import Any

import pytest
from tests.properties.model import Cluster
from tests.unit.builders import cluster, components, graph, pipeline, problems, spec, step

from penstock import api
from penstock.core.graph.component_check import check_component
from penstock.core.graph.fingerprint import fingerprint
from penstock.core.reasons import Reason

STORAGE: Any = {"storage": {"claimName": "c"}}
NUMBER = {"n": "Integer"}


def made(found: Cluster) -> Any:
    """What the Pipeline ended with."""
    found.run()
    (one,) = found.of("Pipeline")
    return one["status"].get("outputs")


def inputs(found: Cluster, path: str) -> dict[str, str]:
    """The inputs that the last Job of a Step has."""
    jobs = [one for one in found.of("Job") if one["metadata"]["ownerReferences"][0]["name"] == f"p.{path}"]
    env = jobs[-1]["spec"]["template"]["spec"]["containers"][0]["env"]
    return {one["name"]: one.get("value", "") for one in env if one["name"].startswith("INPUT_")}


def branches(condition: str, **reader: Any) -> list[Any]:
    """Two branches of which one runs, and who reads what it gave."""
    given = {"x": {"firstOf": ["a.n", "b.n"], **reader}}
    return [
        step("a", when=condition, outputs=NUMBER),
        step("b", when=f"!({condition})", outputs=NUMBER),
        step("c", inputs=given),
    ]


@pytest.mark.parametrize(("condition", "value"), [("true", "1"), ("false", "2")])
def test_where_branches_meet_the_one_that_ran_counts(condition: str, value: str) -> None:
    found = cluster(pipeline(*branches(condition)), a={"n": 1}, b={"n": 2})
    found.run()
    assert inputs(found, "c") == {"INPUT_X": value}
    assert found.objects["Step", "p.c"]["spec"]["inputs"] == [{"name": "x", "firstOf": ["a.n", "b.n"]}]


def test_a_result_appears_once_all_it_is_made_of_has_ended() -> None:
    graph_ = {
        "steps": [step("s", outputs=NUMBER), step("t", needs=["s"], outputs=NUMBER)],
        "outputs": [{"name": "o", "type": "Integer", "firstOf": ["t.n", "s.n"]}],
    }
    results = [{"name": "r", "firstOf": ["b.n", "a.n"]}, {"name": "e", "expr": "steps.g.outputs.o + 1"}]
    steps = [step("a", outputs=NUMBER), step("b", needs=["a"], outputs=NUMBER), step("g", component="g")]
    manifest = pipeline(*steps, outputs=results)
    found = cluster(manifest, using=components(g=graph_), a={"n": 1}, b={"n": 2}, g__s={"n": 3}, g__t={"n": 4})
    seen = []
    for _ in range(4):
        found.reconcile()
        seen.append(found.status.get("outputs"))
        found.start_pods()
        found.finish()
    assert [one for one in seen if one] == [{"r": 2, "e": 5}] * 2


def test_an_output_of_a_graph_has_the_type_that_it_declares() -> None:
    leaf = step("s", image="i", outputs={"o": "Object"})
    graph_ = {"steps": [leaf], "outputs": [{"name": "o", "type": "Integer", "expr": "steps.s.outputs.o.x"}]}
    read = step("c", inputs={"x": "expr:steps.a.outputs.o"})
    manifest = pipeline(step("a", component="g"), read, outputs=[{"name": "r", "from": "a.o"}], onFailure="Continue")
    found = cluster(manifest, using=components(g=graph_), a__s={"o": {"x": "text"}})
    assert made(found) is None
    assert found.step("c")["status"]["message"] == "output 'a.o' must be Integer, not String text"


def test_the_first_in_the_list_counts_not_the_first_in_time() -> None:
    steps = [step("a", needs=["b"], outputs=NUMBER), step("b", outputs=NUMBER), branches("true")[2]]
    found = cluster(pipeline(*steps), a={"n": 1}, b={"n": 2})
    found.run()
    assert inputs(found, "c") == {"INPUT_X": "1"}


def test_a_failed_one_is_passed_over_and_with_none_the_step_is_skipped_and_says_why() -> None:
    steps = [step("a", outputs=NUMBER), step("b", outputs=NUMBER), branches("true")[2]]
    found = cluster(pipeline(*steps, onFailure="Continue"), a=1, b={"n": 2})
    found.run()
    assert inputs(found, "c") == {"INPUT_X": "2"}
    found = cluster(pipeline(*steps, onFailure="Continue"), a=1, b=1)
    found.run()
    status = found.objects["Step", "p.c"]["status"]
    assert (status["phase"], status["reason"]) == ("Skipped", "DependencyFailed")
    assert status["message"] == "none of its sources is there: step 'a' failed; step 'b' failed"


def test_with_none_a_default_stands_in() -> None:
    steps = [step("a", when="false", outputs=NUMBER), step("b", when="false", outputs=NUMBER)]
    found = cluster(pipeline(*steps, branches("true", default=7)[2]))
    found.run()
    assert inputs(found, "c") == {"INPUT_X": "7"}


def test_artifacts_meet_too() -> None:
    one = {"f": "Artifact"}
    steps = [step("a", when="false", outputs=one), step("b", outputs=one)]
    found = cluster(pipeline(*steps, step("c", inputs={"x": {"firstOf": ["a.f", "b.f"]}}), **STORAGE))
    found.run()
    assert inputs(found, "c") == {"INPUT_X": "/penstock/inputs/x/f"}


def test_results_of_a_pipeline_by_expression() -> None:
    outputs = [
        {"name": "sum", "expr": "steps.a.outputs.n + params.p"},
        {"name": "stood", "expr": "steps.b.status"},
        {"name": "first", "firstOf": ["b.n", "a.n"]},
        {"name": "none", "expr": "steps.b.outputs.n + 1"},
    ]
    steps = [step("a", outputs=NUMBER), step("b", when="false", outputs=NUMBER)]
    found = cluster(pipeline(*steps, params={"p": 2}, outputs=outputs), a={"n": 1})
    assert made(found) == {"sum": 3, "stood": "Skipped", "first": 1}


def test_a_status_is_a_result_only_once_the_step_has_ended() -> None:
    outputs = [{"name": "stood", "expr": "steps.a.status"}]
    found = cluster(pipeline(step("a"), outputs=outputs))
    found.reconcile()
    found.start_pods()
    found.reconcile()
    assert "outputs" not in found.of("Pipeline")[0]["status"]
    assert made(found) == {"stood": "Succeeded"}


def test_a_result_that_cannot_be_computed_is_told_with_the_success() -> None:
    outputs = [{"name": "ratio", "expr": "1 / steps.a.outputs.n"}, {"name": "n", "from": "a.n"}]
    found = cluster(pipeline(step("a", outputs=NUMBER), outputs=outputs), a={"n": 0})
    assert made(found) == {"n": 0}
    status = found.of("Pipeline")[0]["status"]
    assert status["phase"] == "Succeeded"
    assert status["message"].startswith("output 'ratio': 1 / steps.a.outputs.n: ")


GRAPH: Any = {
    "inputs": [{"name": "by", "type": "Integer"}],
    "outputs": [
        {"name": "sum", "type": "Integer", "expr": "steps.one.outputs.n + params.by"},
        {"name": "any", "type": "Integer", "firstOf": ["two.n", "one.n"]},
        {"name": "stood", "type": "String", "expr": "steps.two.status"},
    ],
    "steps": [
        {"name": "one", "image": "i", "script": "s", "outputs": [{"name": "n", "type": "Integer"}]},
        {
            "name": "two",
            "image": "i",
            "script": "s",
            "when": "params.by > 2",
            "outputs": [{"name": "n", "type": "Integer"}],
        },
    ],
}
OUTER: Any = {
    "inputs": [{"name": "by", "type": "Integer"}],
    "outputs": [
        {"name": "twice", "type": "Integer", "expr": "2 * steps.in.outputs.sum"},
        {"name": "sum", "type": "Integer", "from": "in.sum"},
    ],
    "steps": [{"name": "in", "component": {"name": "g"}, "inputs": [{"name": "by", "param": "by"}]}],
}


def test_a_graph_makes_outputs_of_its_steps() -> None:
    reader = step("r", inputs={name: f"from:g.{name}" for name in ("sum", "any", "stood")})
    used = step("g", component="g", inputs={"by": {"value": 2}})
    found = cluster(pipeline(reader, used), components(g=GRAPH), g__one={"n": 1})
    found.run()
    assert inputs(found, "r") == {"INPUT_SUM": "3", "INPUT_ANY": "1", "INPUT_STOOD": "Skipped"}
    assert found.objects["Step", "p.r"]["spec"]["inputs"][0] == {"name": "sum", "from": "g.sum"}


def test_of_a_graph_that_runs_often_it_is_a_list_in_order() -> None:
    used = step("g", component="g", inputs={"by": "each:x"}, each={"x": [1, 3]})
    reader = step("r", inputs={name: f"from:g.{name}" for name in ("sum", "any", "stood")})
    over = step("o", each={"s": "g.sum"}, inputs={"s": "each:s"})
    outputs = [{"name": "sums", "from": "g.sum"}, {"name": "most", "expr": "steps.g.outputs.sum.exists(s, s > 20)"}]
    work: Any = {"g__0__one": {"n": 10}, "g__1__one": {"n": 20}, "g__1__two": {"n": 5}}
    found = cluster(pipeline(used, reader, over, outputs=outputs), components(g=GRAPH), **work)
    assert made(found) == {"sums": [11, 23], "most": True}
    assert inputs(found, "r") == {
        "INPUT_SUM": "[11,23]",
        "INPUT_ANY": "[10,5]",
        "INPUT_STOOD": '["Skipped","Succeeded"]',
    }
    assert inputs(found, "o.1") == {"INPUT_S": "23"}


def test_graphs_in_graphs_that_run_often() -> None:
    used = step("u", component="outer", inputs={"by": "each:x"}, each={"x": [1, 2]})
    reader = step("r", inputs={"t": "from:u.twice", "s": "from:u.sum"})
    work: Any = {"u__0__in__one": {"n": 10}, "u__1__in__one": {"n": 20}}
    found = cluster(pipeline(used, reader), components(g=GRAPH, outer=OUTER), **work)
    found.run()
    assert inputs(found, "r") == {"INPUT_T": "[22,44]", "INPUT_S": "[11,22]"}


def test_who_reads_a_skipped_graph_is_skipped() -> None:
    used = step("g", component="g", when="false", inputs={"by": {"value": 1}})
    readers = [step("r", inputs={"x": "from:g.sum"}), step("s", inputs={"x": {"from": "g.any", "default": 9}})]
    found = cluster(pipeline(used, *readers), components(g=GRAPH))
    found.run()
    assert found.phases()["r"] == "Skipped"
    assert inputs(found, "s") == {"INPUT_X": "9"}


def test_what_an_output_is_made_of_is_in_the_fingerprint_of_who_reads_it() -> None:
    def of(expr: str, by: int = 1) -> str:
        output = {"name": "sum", "type": "Integer", "expr": expr}
        using = components(g={**GRAPH, "outputs": [output]})
        found = graph(
            step("g", component="g", inputs={"by": {"value": by}}), step("r", inputs={"x": "from:g.sum"}), using=using
        )
        return fingerprint(found, found.tasks["r"])

    assert of("steps.one.outputs.n + 1") == of("steps.one.outputs.n + 1", by=2)
    assert len({of("steps.one.outputs.n + 1"), of("steps.one.outputs.n + 2"), of("steps.one.outputs.n")}) == 3
    assert of("steps.one.outputs.n + params.by") != of("steps.one.outputs.n + params.by", by=2)


MADE = step("a", outputs={"n": "Integer", "s": "String", "f": "Artifact"})


@pytest.mark.parametrize(
    ("fields", "path", "reason", "words"),
    [
        ({"firstOf": ["a.n", "a.s"]}, "firstOf", Reason.TYPE_MISMATCH, "a.n is Integer, a.s is String"),
        ({"firstOf": ["a.f", "a.s"]}, "firstOf", Reason.TYPE_MISMATCH, "a.f is Artifact, a.s is String"),
        ({"firstOf": ["a.n", "a.m"]}, "firstOf[1]", Reason.UNKNOWN_OUTPUT, "has no output 'm'"),
        ({"firstOf": ["z.n", "a.n"]}, "firstOf[0]", Reason.UNKNOWN_STEP, "no step 'z'"),
        ({"expr": "steps.a.outputs.m"}, "expr", Reason.UNKNOWN_OUTPUT, "has no output 'm'"),
        ({"expr": "steps.a.outputs.f"}, "expr", Reason.TYPE_MISMATCH, "expressions see only values"),
        ({"expr": "steps.a.outputs.n +"}, "expr", Reason.INVALID_EXPRESSION, "line 1"),
    ],
)
def test_a_misuse_is_refused_with_its_place(fields: Any, path: str, reason: Reason, words: str) -> None:
    outputs = [{"name": "o", **fields}]
    (found,) = problems(MADE, outputs=outputs, **STORAGE)
    assert (found.path, found.reason) == (f"spec.outputs[0].{path}", reason)
    assert words in found.message


@pytest.mark.parametrize(
    ("output", "path", "words"),
    [
        ({"type": "String", "expr": "steps.one.outputs.n"}, ".expr", "the result must be String"),
        ({"type": "Artifact", "expr": "steps.one.outputs.n"}, ".expr", "use `from` or `firstOf`"),
        ({"type": "String", "firstOf": ["one.n", "two.n"]}, "", "is String, but what it is made of is Integer"),
        ({"type": "Integer", "expr": "params.by"}, ".expr", "it reads no step"),
        ({"type": "Integer", "expr": "steps.zero.outputs.n"}, ".expr", "no step 'zero'"),
    ],
)
def test_a_misuse_in_a_component_is_told_without_a_pipeline(output: Any, path: str, words: str) -> None:
    wrong = api.ComponentSpec.model_validate({**GRAPH, "outputs": [{"name": "o", **output}]})
    (found,) = check_component("g", wrong, {})
    assert found.path == f"spec.outputs[0]{path}"
    assert words in found.message


@pytest.mark.parametrize(
    ("kind", "expr"),
    [
        ("List", "[steps.one.outputs.n, params.by]"),
        ("List", "[1, 2].map(n, n * steps.one.outputs.n)"),
        ("Object", "{'n': steps.one.outputs.n}"),
        ("Number", "steps.one.outputs.n"),
    ],
)
def test_an_output_by_expression_may_be_of_any_type_of_values(kind: str, expr: str) -> None:
    right = {**GRAPH, "outputs": [{"name": "o", "type": kind, "expr": expr}]}
    assert check_component("g", api.ComponentSpec.model_validate(right), {}) == ()


def test_a_circle_through_such_outputs_is_a_circle() -> None:
    using = components(g=GRAPH)
    circle = [
        step("g", component="g", inputs={"by": "from:r.n"}),
        step("r", inputs={"x": {"firstOf": ["g.sum", "g.any"]}}, outputs=NUMBER),
    ]
    (found,) = problems(*circle, using=using)
    assert found.reason is Reason.CYCLE


def test_exactly_one_source_is_named() -> None:
    for fields in ({}, {"from": "a.n", "expr": "1"}, {"firstOf": ["a.n", "b.n"], "from": "a.n"}):
        with pytest.raises(ValueError, match="set exactly one of from, firstOf and expr"):
            api.PipelineSpec.model_validate(spec(MADE, outputs=[{"name": "o", **fields}]))
