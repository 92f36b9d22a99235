"""Suggestions: what could run side by side, what is done twice, what is too short for a pod of its own."""

from typing import Any

from penstock import api
from penstock.core.asked.suggest import POD_START, Kind, Suggestion, declared, length, suggest
from penstock.core.graph.compiler import compile_pipeline


def suggestions(*steps: dict[str, Any]) -> list[Suggestion]:
    defaults = {"image": "busybox", "resources": {"requests": {"cpu": "1"}}}
    spec = api.PipelineSpec.model_validate({"defaults": defaults, "steps": list(steps)})
    compiled = compile_pipeline(spec, {})
    assert compiled.graph is not None, compiled.problems
    return suggest(compiled.graph)


def step(name: str, duration: str = "60s", **fields: Any) -> dict[str, Any]:
    return {"name": name, "script": f"echo {name}", "duration": duration, **fields}


def test_needs_without_data_could_run_side_by_side() -> None:
    (found,) = suggestions(step("a", "100s"), step("b", "40s", needs=["a"]))
    assert (found.kind, found.path) == (Kind.NEEDLESS_ORDER, "spec.steps[1]")
    assert found.saves == 40 + POD_START


def test_needs_with_data_is_no_news() -> None:
    data = {"outputs": [{"name": "x", "type": "Integer"}]}
    assert suggestions(step("a", **data), step("b", needs=["a"], inputs=[{"name": "x", "from": "a.x"}])) == []


def test_order_off_the_critical_path_saves_nothing() -> None:
    assert suggestions(step("long", "1h"), step("a", "1s"), step("b", "1s", needs=["a"])) == []


def test_nobody_is_told_to_go_round_an_approval() -> None:
    assert suggestions({"name": "ask", "approval": {"message": "Ship it?"}}, step("ship", needs=["ask"])) == []


def test_equal_steps_are_computed_once() -> None:
    twin = {"script": "work", "outputs": [{"name": "x", "type": "Integer"}]}
    (found,) = suggestions(step("a", **twin), step("b", **twin))
    assert (found.kind, found.path, found.saves) == (Kind.DUPLICATE_STEP, "spec.steps[1]", 60 + POD_START)


def test_short_instances_are_batched() -> None:
    each = {"vars": [{"name": "n", "range": {"start": 0, "stop": 100}}]}
    (found,) = suggestions(step("quick", "1s", forEach=each, inputs=[{"name": "n", "each": "n"}]))
    assert found.kind is Kind.SHORT_INSTANCES
    assert found.saves == POD_START * (100 - 4)
    assert "give each 25 items" in found.message


def test_length_is_the_longest_chain() -> None:
    spec = api.PipelineSpec.model_validate(
        {"defaults": {"image": "i"}, "steps": [step("a", "10s"), step("b", "5s", needs=["a"]), step("c", "12s")]}
    )
    graph = compile_pipeline(spec, {}).graph
    assert graph is not None
    assert length(graph.tasks, declared) == 15 + 2 * POD_START


def test_requests_far_above_use() -> None:
    big = {"requests": {"cpu": "2", "memory": "64Mi"}}
    spec = api.PipelineSpec.model_validate({"defaults": {"image": "i"}, "steps": [step("a", resources=big)]})
    graph = compile_pipeline(spec, {}).graph
    assert graph is not None
    (found,) = suggest(graph, declared, {"a": {"cpu": 300, "memory": 1024**2 * 1000}})
    assert found.kind is Kind.REQUEST_ABOVE_USE
    assert "requests 2 cpu and was seen to use 300m at most" in found.message
    assert suggest(graph, declared, {"a": {"cpu": 600}}) == []
