"""How values travel, as processes of this machine see it."""

from __future__ import annotations

from pathlib import Path

from tests.local.project import Project, pipeline, step

LISTS = 'for one in "$@"; do printf "%s\\n" "$one"; done > lines'
"""Writes its arguments, one a line."""


def test_each_value_of_a_list_is_an_argument(project: Project) -> None:
    given = {"name": "words", "value": ["a b", "$HOME", "$(INPUT_WORDS)", 1]}
    made = pipeline(step("a", LISTS, args=["a", "-v", "$(INPUT_WORDS[*])"], inputs=[given]))
    assert project.run(made) == 0
    assert project.lines("lines") == ["-v", "a b", "$HOME", "$(INPUT_WORDS)", "1"]


def test_artifacts_of_a_fan_out_are_arguments_where_they_are_on_this_machine(project: Project) -> None:
    each = {"vars": [{"name": "n", "values": [1, 2]}]}
    make = step(
        "make",
        'echo "$INPUT_N" > "$OUTPUT_FILE"',
        forEach=each,
        inputs=[{"name": "n", "each": "n"}],
        outputs=[{"name": "file", "type": "Artifact"}],
    )
    join = step("join", LISTS, args=["a", "$(INPUT_FILES[*])"], inputs=[{"name": "files", "from": "make.file"}])
    assert project.run(pipeline(make, join, storage={"claim": {"size": "1Gi"}})) == 0
    assert [Path(one).read_text() for one in project.lines("lines")] == ["1\n", "2\n"]
