"""Modules to read, and what they become."""

from textwrap import dedent, indent
from typing import Any

from penstock.api import Component, Pipeline
from penstock.api.parse import parse
from penstock.core.graph.compiler import compile_pipeline
from penstock.core.graph.graph import Graph
from penstock.core.graph.outline import Components
from penstock.python.compiler import compile_text

HEAD = dedent("""\
    from pathlib import Path
    from typing import Annotated, Literal, NamedTuple
    from penstock import Settings, ended, pipeline, step

    P = Settings(image="python")


    class Pair(NamedTuple):
        file: Path
        number: float


    @step(P)
    def count(rows: int) -> int:
        return rows


    @step(P)
    def make(rows: int = 3) -> Path:
        return Path("x")


    @step(P)
    def judge(file: Path, depth: int = 1) -> Pair:
        return Pair(file, depth)


    @step(P)
    def listed() -> list[str]:
        return ["a"]


    @step(P)
    def objects() -> list[dict]:
        return [{"n": 1}]


    @step(P)
    def say(word: str) -> str:
        return word


    @step(P)
    def tell(word: str | None, number: float = 0) -> str:
        return word or ""


    @step(P)
    def best(files: list[Path], numbers: list[float]) -> float:
        return max(numbers)


    """)
"""Steps for pipelines under test."""

FIRST = HEAD.count("\n") + 1
"""The line of what follows."""

ARGUMENTS = (
    "rows: int = 1, name: str = 'a', goal: float = 0.5, sure: bool = True, depths: list[int] = [1, 2],"
    " image: str = 'python', sizes: list[dict[str, int]] = [{'depth': 1, 'the rate': 2}]"
)


def of(body: str, returns: str = "None") -> str:
    """A pipeline with this body, and arguments of many types."""
    head = f"@pipeline(storage={{'claim': {{'size': '1Gi'}}}})\ndef p({ARGUMENTS}) -> {returns}:\n"
    return head + indent(dedent(body), "    ")


def text(body: str, head: str = HEAD) -> str:
    """A module: the steps, and what is written after them."""
    return head + dedent(body)


def problems(body: str, head: str = HEAD) -> list[tuple[int, str]]:
    """What is wrong, with the line counted from the first one after the steps."""
    found = compile_text(text(body, head), "m.py").problems
    return [(one.line - head.count("\n"), one.message) for one in found]


def manifests(body: str, head: str = HEAD) -> list[dict[str, Any]]:
    """What a module becomes; nothing is wrong with it."""
    found = compile_text(text(body, head), "m.py")
    assert found.problems == []
    return [one.data for one in found.manifests]


def pipeline(body: str, head: str = HEAD) -> dict[str, Any]:
    """The spec of the last Pipeline in a module, which core has compiled."""
    found = manifests(body, head)
    graph(found)
    spec: dict[str, Any] = found[-1]["spec"]
    return spec


def steps(body: str) -> dict[str, dict[str, Any]]:
    """The steps of a Pipeline by name, without what its functions run."""
    hidden = ("script", "interpreter", "image", "outputs")
    spec = pipeline(body)
    rows = [*spec["steps"], *spec.get("finally", [])]
    return {one["name"]: {key: value for key, value in one.items() if key not in hidden} for one in rows}


def graph(found: list[dict[str, Any]]) -> Graph:
    """The graph of the last Pipeline."""
    models = [parse(one) for one in found]
    components: Components = {(None, one.metadata["name"]): one.spec for one in models if isinstance(one, Component)}
    last = models[-1]
    assert isinstance(last, Pipeline)
    compiled = compile_pipeline(last.spec, components)
    assert compiled.problems == ()
    assert compiled.graph is not None
    return compiled.graph
