"""The compiler takes any text, and its cost grows as the text's length."""

from pathlib import Path

import pytest
from tests.unit.costs import calls
from tests.unit.python.texts import text

from penstock.api.parse import parse
from penstock.python.compiler import compile_text

DIGITS = Path(__file__).parents[2] / "golden/python/digits.py"


def test_the_cost_of_a_module_grows_as_its_length() -> None:
    """50 steps take 65 ms of one core (AMD EPYC); twice as many must not take four times that."""

    def module(count: int) -> str:
        rows = "".join(f"@step(P)\ndef s{n}(x: int) -> int:\n    return helper(x)\n\n" for n in range(count))
        body = "".join(f"    v{n} = s{n}({n})\n" for n in range(count))
        return text(f"def helper(n: int) -> int:\n    return n\n\n{rows}@pipeline\ndef p() -> None:\n{body}")

    costs = [calls(lambda count=count: compile_text(module(count), "m.py")) for count in (50, 100)]  # type: ignore[misc]
    assert costs[1] < 2.5 * costs[0]


@pytest.mark.parametrize("edit", ["left out", "twice", "cut", "indented"])
def test_every_text_is_read_or_has_a_line(edit: str) -> None:
    """Each line of the worked example is spoilt in turn, as happens while somebody types."""
    lines = DIGITS.read_text().split("\n")
    for number, line in enumerate(lines):
        spoilt = {"left out": [], "twice": [line, line], "cut": [line[: len(line) // 2]], "indented": [f"    {line}"]}
        found = compile_text("\n".join([*lines[:number], *spoilt[edit], *lines[number + 1 :]]), "digits.py")
        assert all(0 < one.line <= len(lines) + 1 and one.message for one in found.problems)
        for one in found.manifests if not found.problems else ():
            parse(one.data)


SUM = "x = " + "+".join(["1"] * 900)


@pytest.mark.parametrize("body", [f"x = {'-' * 5000}1", SUM, SUM + SUM[3:] * 30, "(" * 300, "\0", "\ud800"])
def test_texts_beyond_all_bounds(body: str) -> None:
    found = compile_text(text(f"{body}\n@pipeline\ndef p() -> None: count(1)\n"), "m.py")
    assert found.problems or len(found.manifests) == 1
