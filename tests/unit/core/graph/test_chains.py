"""Outputs of graphs that are made of outputs of other graphs, and so on."""

from typing import Any

from tests.unit.builders import components, graph, step


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
