"""From a frame of a script back to the file, also where that is a notebook."""

import json

import pytest
from tests.unit.python.texts import FIRST, manifests, text

from penstock.core.asked.sourcemap import SOURCE, Origins
from penstock.core.names import short_hash
from penstock.python.compiler import compile_text
from penstock.python.notebook import UnreadableNotebook, code_of

BODY = """
LIMIT = 3


def helper(n: int) -> int:
    # why
    return n + LIMIT


@step(P)
def work(n: int) -> int:
    '''Works.'''

    return helper(
        n
    )


@pipeline
def p() -> None:
    work(1)
"""


def script(found: dict[str, dict[str, list[dict[str, str]]]]) -> str:
    return found["spec"]["steps"][0]["script"]


def test_frames_are_told_at_their_place() -> None:
    (found,) = manifests(BODY)
    lines = script(found).split("\n")
    own = lines.index("# penstock 2")
    source = text(BODY).split("\n")
    origins = Origins(found["metadata"]["annotations"])
    for number, line in enumerate(lines[:own], 1):
        name, _, row = origins.translate(f'File "<string>", line {number}', ["other", script(found)]).partition(":")
        assert name == "m.py"
        assert source[int(row) - 1] == line
    beyond = f'File "<string>", line {own + 1}, in _penstock'
    assert origins.translate(beyond, [script(found)]) == beyond


def test_a_frame_is_of_the_script_that_has_its_function() -> None:
    (found,) = manifests(
        "@step(P)\ndef do(n: int) -> None:\n    1 / n\n@do.undo\ndef back(n: int) -> None:\n    n / 0\n"
        "@pipeline(on_failure='Undo')\ndef p() -> None: do(0)\n"
    )
    step = found["spec"]["steps"][0]
    scripts = [step["script"], step["undo"]["script"]]
    origins = Origins(found["metadata"]["annotations"])
    frames = [origins.translate(f'File "<string>", line 2, in {name}', scripts) for name in ("do", "back", "other")]
    assert frames == [f"m.py:{FIRST + 2}, in do", f"m.py:{FIRST + 5}, in back", 'File "<string>", line 2, in other']


@pytest.mark.parametrize(
    "annotations",
    [
        None,
        {},
        {SOURCE: "no JSON"},
        {SOURCE: "[" * 200_000},
        {SOURCE: "[]"},
        {SOURCE: '{"file":"a"}'},
        {SOURCE: '{"file":"a","scripts":{}}'},
    ],
)
def test_without_a_map_a_text_stays(annotations: dict[str, str] | None) -> None:
    frame = 'File "<string>", line 3, in f'
    assert Origins(annotations).translate(frame, ["x"]) == frame


def origins_of(file: str, lines: str, script: str) -> Origins:
    return Origins({SOURCE: json.dumps({"file": file, "scripts": {short_hash(script): lines}})})


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ("1+999999999", 'File "<string>", line 3'),
        ("1" * 200_000, 'File "<string>", line 1'),
        (f"1+{'9' * 5_000}", 'File "<string>", line 9'),
        ("1+2", f'File "<string>", line {"1" * 5_000}'),
        ("1+2", 'File "<string>", line 0'),
        ("1+2", f'File "{"/code.zip/" * 200_000}"'),
    ],
)
def test_what_somebody_made_up_is_no_place_and_costs_no_more_than_its_length(lines: str, text: str) -> None:
    """Beside the two lines of the script there is nothing, however much the map and the text say."""
    assert origins_of("m.py", lines, "a\nb").translate(text, ["a\nb"]) == text


@pytest.mark.parametrize("file", ["a\nb", "\x1b[31m", "\ud800", "\u2028"])
def test_a_frame_stays_in_its_line_and_can_be_written(file: str) -> None:
    origins = origins_of(file, "1+2", "a\nb")
    assert origins.translate('File "<string>", line 1', ["a\nb"]) == 'File "<string>", line 1'
    assert not origins


def test_modules_that_came_along_are_told_by_their_names() -> None:
    text = '  File "/penstock/code/code.zip/prices/model.py", line 7, in fit\n'
    assert origins_of("m.py", "1+2", "a\nb").translate(text, ["a\nb"]) == "  prices/model.py:7, in fit\n"


def notebook(*cells: str) -> str:
    rows = [{"cell_type": "code", "source": [f"{line}\n" for line in one.split("\n")]} for one in cells]
    rows.insert(1, {"cell_type": "markdown", "source": ["# text"]})
    return json.dumps({"nbformat": 4, "cells": rows})


CELLS = (
    "%matplotlib inline\nfrom penstock import Settings, pipeline, step\n!pip install x",
    "%%bash\necho not Python",
    "%%time\nP = Settings(image='python')\n@step(P)\ndef work(n: int) -> int:\n    # why\n    return n + 1\n"
    "work(3)\nwork?",
    "@pipeline\ndef p() -> None:\n    work(1)\n",
)


def test_a_notebook_is_the_code_of_its_cells() -> None:
    code, places = code_of(notebook(*CELLS))
    found = compile_text(code, "n.ipynb", places)
    assert found.problems == []
    (one,) = [found.data for found in found.manifests]
    origins = Origins(one["metadata"]["annotations"])
    assert origins.translate('File "<string>", line 2', [script(one)]) == "n.ipynb, cell 3:6"


def test_problems_of_a_notebook_have_a_cell() -> None:
    code, places = code_of(notebook(*CELLS[:-1], "@pipeline\ndef p() -> None:\n    work('a')\n"))
    (problem,) = compile_text(code, "n.ipynb", places).problems
    assert places[problem.line - 1] == (4, 3)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"cells": [3]}', '{"cells": 3}'])
def test_what_is_no_notebook(text: str) -> None:
    with pytest.raises(UnreadableNotebook, match="format 4"):
        code_of(text)
