from pathlib import Path

import pytest

from penstock.cli.files.reading import read
from penstock.cluster.documents import Document, Unreadable, parse
from penstock.cluster.failure import Failure

TEXT = """\
# a comment
kind: Pipeline
spec:
  steps:
    - name: a
      resources:
        requests: {cpu: 1, nvidia.com/gpu: 2}
      inputs:
        - {name: x, from: b.c}
        - name: y
          on: 1
---
---
kind: Component
"""


def documents(text: str) -> list[Document]:
    return [item for item in parse(text, "f") if isinstance(item, Document)]


def unreadable(text: str) -> Unreadable:
    (item,) = [item for item in parse(text, "f") if isinstance(item, Unreadable)]
    return item


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("spec", 3),
        ("spec.steps[0]", 5),
        ("spec.steps[0].resources.requests[nvidia.com/gpu]", 7),
        ("spec.steps[0].inputs[0].from", 9),
        ("spec.steps[0].inputs[y]", 10),
        ("spec.steps[0].inputs[1].true", 11),
        ("spec.steps[0].inputs[7].from", 8),
        ("spec.steps[0].component(x.y).steps[0].when", 5),
        ("metadata.name", 2),
        ("", 2),
    ],
)
def test_the_line_of_a_path(path: str, line: int) -> None:
    assert documents(TEXT)[0].line_of(path) == line


def test_documents_know_where_they_begin_and_empty_ones_are_left_out() -> None:
    assert [(one.line, one.data["kind"]) for one in documents(TEXT)] == [(2, "Pipeline"), (14, "Component")]


def test_bare_words_that_are_booleans() -> None:
    (document, _) = documents(TEXT)
    assert list(document.boolean_keys()) == [(11, "on")]
    assert document.boolean_word("spec.steps[0].inputs[1].true") == "on"
    (quoted,) = documents("'on': 1\nname: y\ntrue: 2\n")
    assert list(quoted.boolean_keys()) == []
    assert quoted.boolean_word("name") == "y"


def test_windows_files_read_as_others() -> None:
    text = "\ufeffkind: Pipeline\r\nspec:\r\n  script: |\r\n    a\r\n    b\r\n"
    (document,) = documents(text.removeprefix("\ufeff"))
    assert document.data["spec"]["script"] == "a\nb\n"
    assert document.line_of("spec.script") == 3


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: [\n", 3, "expected the node content"),
        ("a: 1\na: 2\n", 2, "stands twice"),
        ("a: 1\nb: x\0y\n", 2, "NUL character"),
        ("a: \x07\n", 1, "U+0007"),
        ("a:\n\t- b\n", 2, "cannot start any token"),
    ],
)
def test_what_cannot_be_read_has_a_line(text: str, line: int, words: str) -> None:
    found = unreadable(text)
    assert found.line == line
    assert words in found.message


def test_documents_before_a_syntax_error_are_read() -> None:
    assert [one.data for one in documents("a: 1\n---\nb: {\n")] == [{"a": 1}]


def test_deep_nesting_and_aliases_are_no_bombs() -> None:
    assert unreadable("[" * 1500).message == "is nested deeper than 64 levels (column 129)"
    (deep,) = documents("a:\n  " + "[" * 900 + "]" * 900)
    assert (deep.line_of("a[0][0]"), deep.line_of("b")) == (2, 1)
    (document,) = documents("a: &a [x]\nb: [*a, *a]\nc: &c {d: *a}\n")
    assert document.data["b"] == [["x"], ["x"]]


def test_a_list_as_kubectl_prints_it_is_its_items() -> None:
    (document,) = documents("kind: List\nitems:\n- kind: A\n- kind: B\n")
    assert [(one.line, one.data["kind"]) for one in document.items()] == [(3, "A"), (4, "B")]


def test_folders_are_searched_and_hidden_files_left_out(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "c.json", "d.txt", ".e.yaml", ".git/f.yaml", "sub/g.yaml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text('{"n": 1}')
    found = [Path(one.source).name for one in read([str(tmp_path), str(tmp_path / "b.yaml")])]
    assert found == ["a.yml", "b.yaml", "c.json", "g.yaml"]


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"a: 1\nb: \xff\xfe\n")
    (found,) = read([str(path)])
    assert isinstance(found, Unreadable)
    assert (found.line, found.message) == (2, "is not UTF-8 (byte 0xff); save the file as UTF-8")


def test_a_path_that_is_not_there() -> None:
    with pytest.raises(Failure, match="no file or folder"):
        list(read(["/no/such/file"]))
