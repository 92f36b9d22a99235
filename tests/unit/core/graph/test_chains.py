"""Outputs of graphs that are made of outputs of other graphs, and so on."""

from typing import Any

import pytest
from tests.unit.builders import cluster, components, graph, pipeline, problems, step

from penstock.core.graph.expressions import Expression
from penstock.core.pipeline.lifecycle import graph_fingerprint
from penstock.core.reasons import Reason


def chain(length: int) -> list[Any]:
    """Uses of a graph, each of which reads what the one before makes of its outputs."""
    return [step(f"a{n}", component="g", inputs={"n": f"from:a{n - 1}.o"} if n else {}) for n in range(length)]


def sums(expr: str) -> Any:
    """A graph that takes a number, and makes one by an expression."""
    leaf = {"name": "s", "image": "i", "outputs": [{"name": "n", "type": "Integer"}]}
    given = [{"name": "n", "type": "Integer", "default": 0}]
    return components(g={"inputs": given, "steps": [leaf], "outputs": [{"name": "o", "type": "Integer", "expr": expr}]})


def test_a_long_chain_in_reverse_order() -> None:
    steps = chain(500)[::-1]
    found = graph(*steps, using=sums("steps.s.outputs.n"))
    assert list(found.tasks) == [f"a{n}.s" for n in range(500)]


def test_a_chain_that_doubles_is_refused() -> None:
    using = sums("params.n + params.n + steps.s.outputs.n")
    graph_fingerprint(graph(*chain(5), using=using))
    (found,) = problems(*chain(60), using=using)
    assert (found.path, found.reason) == ("spec.steps[5].component(g).outputs[0].expr", Reason.INVALID_EXPRESSION)
    assert "at most 1,000 are allowed; let a step give one in between" in found.message


def test_graphs_in_graphs_that_take_the_first_of_many_are_refused() -> None:
    names = [f"o{number}" for number in range(16)]
    leaf = {"name": "s", "image": "i", "outputs": [{"name": name, "type": "Integer"} for name in names]}
    made = [{"name": name, "type": "Integer", "firstOf": [f"s.{one}" for one in names]} for name in names]
    using = {"c0": {"steps": [leaf], "outputs": made}}
    for number in range(1, 4):
        inner = {"name": "s", "component": {"name": f"c{number - 1}"}}
        using[f"c{number}"] = {"steps": [inner], "outputs": made}
    found = problems(step("a", component="c3"), using=components(**using))
    assert {one.reason for one in found} == {Reason.INVALID_EXPRESSION}


def test_the_longest_chain_is_computed() -> None:
    using = sums("params.n + steps.s.outputs.n")
    length = next(length for length in range(2, 100) if problems(*chain(length), using=using)) - 1
    manifest = pipeline(*chain(length), outputs=[{"name": "r", "from": f"a{length - 1}.o"}])
    found = cluster(manifest, using=using, **{f"a{n}__s": {"n": 1} for n in range(length)})
    found.run()
    assert length > 40
    assert found.status["outputs"] == {"r": length}


def test_what_many_read_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[str] = []
    evaluate = Expression.evaluate

    def count(self: Expression, *given: Any) -> Any:
        counted.append(self.text)
        return evaluate(self, *given)

    monkeypatch.setattr(Expression, "evaluate", count)
    using = sums("steps.s.outputs.n + 1")
    steps = [step("g", component="g", each={"i": range(5)}), step("r", each={"i": range(7)}, inputs={"n": "from:g.o"})]
    found = cluster(pipeline(*steps), using=using, **{f"g__{n}__s": {"n": n} for n in range(5)})
    found.run()
    assert found.status["phase"] == "Succeeded"
    assert len(counted) == 5
