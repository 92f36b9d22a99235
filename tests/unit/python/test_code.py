"""Modules beside the file: which a step gets, how it finds them, and what identifies them."""

import io
import zipfile
from base64 import b64decode
from collections.abc import Mapping
from textwrap import dedent
from typing import Any

import pytest
from tests.unit.python.texts import graph

from penstock.core.graph.fingerprint import fingerprint
from penstock.python.code import LARGEST
from penstock.python.compiler import Compilation, compile_text

FILES = {
    "lines": {"lines.py": b"from shapes import area\nimport json\n"},
    "shapes": {"shapes/__init__.py": b"from .square import area\n", "shapes/square.py": b"def area(): ...\n"},
    "other": {"other.py": b"import lines, other\n"},
    "unused": {"unused.py": b""},
    "ours": {"ours.py": b"from penstock import Settings\n"},
    "odd": {"odd.py": b"x = 1\nx x\n"},
    "large": {"large.py": b"#" * LARGEST},
}
TEXT = dedent("""\
    import json
    import lines as found, unused
    from penstock import Settings, pipeline, step

    P = Settings(image="python")


    @step(P)
    def one() -> None:
        found.slope()


    @step(P)
    def two() -> None:
        from other.inner import x
        print(x)


    @step(P)
    def three() -> None:
        print(json)


    @pipeline
    def p() -> None:
        one()
        two()
        three()
    """)


def compiled(text: str = TEXT, files: Mapping[str, Mapping[str, bytes]] = FILES) -> Compilation:
    return compile_text(text, "m.py", modules=lambda name: files.get(name, {}))


def manifests(text: str = TEXT, files: Mapping[str, Mapping[str, bytes]] = FILES) -> list[dict[str, Any]]:
    found = compiled(text, files)
    assert found.problems == []
    return [one.data for one in found.manifests]


def held(config_map: dict[str, Any]) -> dict[str, bytes]:
    archive = zipfile.ZipFile(io.BytesIO(b64decode(config_map["binaryData"]["code.zip"])))
    return {name: archive.read(name) for name in archive.namelist()}


def test_a_step_gets_the_modules_that_it_imports_and_theirs() -> None:
    *maps, pipeline = manifests()
    one, two, three = pipeline["spec"]["steps"]
    assert [list(held(each)) for each in maps] == [
        ["lines.py", "shapes/__init__.py", "shapes/square.py"],
        ["lines.py", "other.py", "shapes/__init__.py", "shapes/square.py"],
    ]
    assert held(maps[0])["shapes/square.py"] == b"def area(): ...\n"
    for step, each in ((one, maps[0]), (two, maps[1])):
        assert step["env"] == [{"name": "PYTHONPATH", "value": "/penstock/code/code.zip"}]
        assert step["pod"] == {
            "volumes": [{"name": "code", "configMap": {"name": each["metadata"]["name"]}}],
            "volumeMounts": [{"name": "code", "mountPath": "/penstock/code", "readOnly": True}],
        }
        assert each["immutable"] is True
        assert each["metadata"]["labels"] == {"penstock.dev/compiled-for": "p"}
    assert {"env", "pod"}.isdisjoint(three)


def test_the_bytes_are_the_same_everywhere() -> None:
    """Another name makes all steps with such modules run again: that takes a VERSION and a changelog entry."""
    assert manifests()[0]["metadata"]["name"] == "p-code-92ee8f4fea"


def prints(files: Mapping[str, Mapping[str, bytes]]) -> dict[str, str]:
    made = graph(manifests(files=files)[-1:])
    return {name: fingerprint(made, task) for name, task in made.tasks.items()}


@pytest.mark.parametrize(
    ("name", "changed"), [("shapes", {"one", "two"}), ("lines", {"one", "two"}), ("other", {"two"}), ("unused", set())]
)
def test_an_edit_of_a_module_runs_the_steps_that_use_it(name: str, changed: set[str]) -> None:
    path, data = next(iter(FILES[name].items()))
    before, after = prints(FILES), prints({**FILES, name: {**FILES[name], path: data + b"y = 2\n"}})
    assert {step for step in before if before[step] != after[step]} == changed


SETTINGS = TEXT.replace(
    'Settings(image="python")',
    'Settings(image="python", env={"A": "b", "PYTHONPATH": "/mine"}, pod={"volumes": [{"name": "v", "emptyDir": {}}]})',
)


def test_settings_stay_as_they_are() -> None:
    one = manifests(SETTINGS)[-1]["spec"]["steps"][0]
    assert one["env"] == [{"name": "PYTHONPATH", "value": "/penstock/code/code.zip:/mine"}, {"name": "A", "value": "b"}]
    assert [each["name"] for each in one["pod"]["volumes"]] == ["v", "code"]


def test_volumes_of_the_pipeline_stay_too() -> None:
    text = SETTINGS.replace("@step(P)", '@step(image="a")').replace("@pipeline", "@pipeline(Q)")
    text = text.replace("P = Settings", "Q = Settings").replace('env={"A": "b", "PYTHONPATH": "/mine"}, ', "")
    one = manifests(text)[-1]["spec"]["steps"][0]
    assert [each["name"] for each in one["pod"]["volumes"]] == ["v", "code"]


def test_an_undo_finds_them_too() -> None:
    text = TEXT.replace(
        "@step(P)\ndef two", "@one.undo(env={'C': 'd'})\ndef back() -> None:\n    import other\n\n\n@step(P)\ndef two"
    )
    first, *_, pipeline = manifests(text)
    one = pipeline["spec"]["steps"][0]
    assert "other.py" in held(first)
    assert one["undo"]["env"] == [
        {"name": "PYTHONPATH", "value": "/penstock/code/code.zip"},
        {"name": "C", "value": "d"},
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ours", "imports 'ours', and ours.py imports penstock, which is not in the image"),
        ("odd", "imports 'odd', and odd.py:2 is no Python"),
        (
            "large",
            "imports 1.0 MiB of modules beside this file (large.py), and a ConfigMap holds 1 MiB; put them into an",
        ),
    ],
)
def test_what_cannot_be_taken_along_is_refused_at_the_step(name: str, words: str) -> None:
    (problem,) = compiled(TEXT.replace("from other.inner import x", f"import {name} as x")).problems
    assert problem.line == TEXT.split("\n").index("def two() -> None:") + 1
    assert words in problem.message
