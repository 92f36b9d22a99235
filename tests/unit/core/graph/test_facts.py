"""How steps ended, as values."""

from typing import Any

import pytest
from tests.properties.model import Cluster
from tests.unit.builders import cluster, components, graph, pipeline, problems, runs, step

from penstock.core.graph.fingerprint import fingerprint
from penstock.core.reasons import Reason


def inputs(found: Cluster, path: str) -> dict[str, str]:
    """The inputs that the last Job of a Step has."""
    jobs = [one for one in found.of("Job") if one["metadata"]["ownerReferences"][0]["name"] == f"p.{path}"]
    env = jobs[-1]["spec"]["template"]["spec"]["containers"][0]["env"]
    return {one["name"].removeprefix("INPUT_"): one.get("value", "") for one in env if one["name"].startswith("INPUT_")}


ASKED = {name: f"expr:steps.a.{fact}" for name, fact in (("r", "reason"), ("c", "exitCode"), ("e", "completionTime"))}


def test_why_a_step_failed() -> None:
    found = cluster(pipeline(step("a", image="i"), step("b", inputs=ASKED)), a=3)
    found.run()
    status = found.objects["Step", "p.a"]["status"]
    assert inputs(found, "b") == {"R": status["reason"], "C": "3", "E": status["completionTime"]}
    assert status["reason"] == "Error"


def test_of_a_success_and_of_a_skipped_step() -> None:
    given = {**ASKED, "x": "expr:steps.off.exitCode == null && steps.off.startTime == null ? steps.off.reason : 'no'"}
    found = cluster(pipeline(step("a"), step("off", when="false"), step("b", inputs=given)))
    found.run()
    status = found.objects["Step", "p.a"]["status"]
    assert inputs(found, "b") == {"R": "", "C": "0", "E": status["completionTime"], "X": ""}


def test_of_a_fan_out_the_worst_and_the_whole_time() -> None:
    many = step("a", each={"i": [1, 2, 3]}, onError="Continue")
    given = {**ASKED, "s": "expr:steps.a.startTime <= steps.a.completionTime"}
    found = cluster(pipeline(many, step("b", inputs=given)), a__1=4, a__2=5)
    found.run()
    ends = [found.objects["Step", f"p.a.{number}"]["status"]["completionTime"] for number in range(3)]
    assert inputs(found, "b") == {"R": "Error", "C": "4", "E": max(ends), "S": "true"}


def test_a_condition_on_why_a_step_failed() -> None:
    rescue = step("b", when="steps.a.reason == 'Error' && steps.a.exitCode in [3, 4]")
    assert "b" in runs(_ran(pipeline(step("a"), rescue), a=3))
    assert "b" not in runs(_ran(pipeline(step("a"), rescue), a=5))
    assert "b" not in runs(_ran(pipeline(step("a"), rescue)))


def _ran(manifest: Any, **work: Any) -> Cluster:
    found = cluster(manifest, **work)
    found.run()
    return found


@pytest.mark.parametrize(
    ("steps", "fields", "work", "how"),
    [
        ([step("a")], {}, {}, "Succeeded"),
        ([step("a")], {}, {"a": 1}, "Failed"),
        ([step("a", onError="Continue")], {}, {"a": 1}, "Succeeded"),
        ([step("a")], {"cancel": True}, {}, "Cancelled"),
    ],
)
def test_finally_knows_how_the_pipeline_ended(steps: Any, fields: Any, work: Any, how: str) -> None:
    last = step("end", inputs={"how": "expr:pipeline.status"})
    found = _ran(pipeline(*steps, **fields, **{"finally": [last]}), **work)
    assert inputs(found, "end") == {"HOW": how}
    assert found.status["phase"] == how


def test_finally_runs_over_a_list_that_depends_on_it_only_then() -> None:
    vars_ = {"vars": [{"name": "i", "expr": "pipeline.status == 'Failed' ? [1, 2] : [3]"}]}
    last = step("end", forEach=vars_, inputs={"i": "each:i"})
    found = cluster(pipeline(step("a"), **{"finally": [last]}), a=1)
    found.reconcile()
    assert list(found.phases()) == ["a"]
    found.run()
    assert list(found.phases()) == ["a", "end.0", "end.1"]


def test_of_a_step_that_was_cancelled_while_it_ran() -> None:
    off = "expr:steps.b.startTime == null && steps.b.completionTime == null"
    given = {"s": "expr:steps.a.startTime", "o": off, **ASKED}
    manifest = pipeline(step("a"), step("b", needs=["a"]), **{"finally": [step("end", inputs=given)]})
    found = cluster(manifest)
    found.reconcile()
    found.start_pods()
    found.reconcile()
    manifest["spec"]["cancel"] = True
    found.apply(manifest)
    found.run()
    status = found.step("a")["status"]
    assert status["phase"] == "Cancelled"
    times = {"S": status["startTime"], "E": status["completionTime"]}
    assert inputs(found, "end") == {**times, "R": "Cancelled", "C": "", "O": "true"}


def test_finally_fails_and_that_is_not_what_it_is_told() -> None:
    lasts = [step("f", inputs={"how": "expr:pipeline.status"}), step("g", needs=["f"])]
    found = _ran(pipeline(step("a"), **{"finally": lasts}), f=1)
    assert inputs(found, "f") == {"HOW": "Succeeded"}
    assert found.status["phase"] == "Failed"


def test_who_read_facts_runs_again_only_with_their_step() -> None:
    def made(word: str, other: str = "") -> Any:
        given = {"s": "expr:steps.a.startTime", "e": "expr:steps.a.completionTime"}
        return pipeline(step("a", script=word), step("b", inputs=given), step("c", script=f"run{other}"))

    found = cluster(made("one"))
    found.run()
    first = inputs(found, "b")
    assert all(first.values())
    for again in (made("one"), made("one", "x")):
        found.now += 1000
        found.apply(again)
        found.run()
    assert runs(found) == ["a", "c", "b", "c#2"] or sorted(runs(found)) == ["a", "b", "c", "c#2"]
    found.apply(made("two"))
    found.run()
    assert inputs(found, "b")["S"] > first["S"]
    count = len(found.started)
    found.apply(made("one", "x"))
    found.run()
    assert len(found.started) == count, "a rollback selects what was made of the old facts"
    assert found.phases() == {"a": "Succeeded", "b": "Succeeded", "c": "Succeeded"}


def test_a_condition_over_times_holds_on_a_rollback_as_it_did() -> None:
    def made(word: str) -> Any:
        when = "timestamp(steps.a.completionTime) - timestamp(steps.a.startTime) < duration('1h')"
        return pipeline(step("a", script=word), step("b", when=when))

    found = cluster(made("one"))
    found.run()
    for word in ("two", "one"):
        found.now += 1000
        found.apply(made(word))
        found.run()
        assert found.phases()["b"] == "Succeeded", found.objects["Step", "p.b"]["status"]


def test_a_result_tells_when_it_began_only_where_that_is_read() -> None:
    def held(*readers: Any) -> Any:
        found = _ran(pipeline(step("a"), *readers))
        return "start" in found.objects["Step", "p.a"]["status"]["results"][0]

    assert held(step("b", inputs={"s": "expr:steps.a.startTime"}))
    assert not held(step("b", inputs={"s": "expr:steps.a.completionTime"}))


def test_a_graph_may_give_facts_of_its_steps() -> None:
    made = {
        "outputs": [{"name": "why", "type": "String", "expr": "steps.one.reason"}],
        "steps": [{"name": "one", "image": "i", "script": "s", "onError": "Continue"}],
    }
    used = step("g", component="g", each={"x": [1, 2]})
    found = cluster(pipeline(used, step("r", inputs={"w": "from:g.why"})), components(g=made), g__1__one=1)
    found.run()
    assert inputs(found, "r") == {"W": '["","Error"]'}


def test_facts_are_in_the_fingerprint_by_name() -> None:
    def of(expr: str, script: str = "run") -> str:
        found = graph(step("a", script=script), step("b", inputs={"x": {"expr": expr}}))
        return fingerprint(found, found.tasks["b"])

    assert len({of(f"steps.a.{fact}") for fact in ("status", "reason", "exitCode", "startTime")}) == 4
    assert of("steps.a.reason") != of("steps.a.reason", "other")


def test_a_variable_of_a_macro_may_be_called_pipeline() -> None:
    given = {"x": {"expr": "[{'status': 1}].map(pipeline, pipeline.status)"}}
    found = _ran(pipeline(step("b", inputs=given)))
    assert inputs(found, "b") == {"X": "[1]"}


@pytest.mark.parametrize(
    ("expr", "words"),
    [
        ("pipeline.status", "known at the end, to the steps of spec.finally"),
        ("pipeline.reason", "pipeline has status, not 'reason'"),
        ("steps.a.why", "has status, reason, exitCode, startTime, completionTime and outputs, not 'why'"),
        ("steps.a.reason > 3", "no matching overload"),
    ],
)
def test_a_misuse_is_refused_with_its_place(expr: str, words: str) -> None:
    (found,) = problems(step("a"), step("b", inputs={"x": {"expr": expr}}))
    assert (found.path, found.reason) == ("spec.steps[1].inputs[0].expr", Reason.INVALID_EXPRESSION)
    assert words in found.message


def test_an_output_cannot_ask_for_the_end_that_it_is_part_of() -> None:
    (found,) = problems(step("a"), outputs=[{"name": "o", "expr": "pipeline.status"}])
    assert (found.path, found.reason) == ("spec.outputs[0].expr", Reason.INVALID_EXPRESSION)
