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


def test_branches_meet_and_results_are_computed(project: Project) -> None:
    def made(rows: int) -> dict[str, object]:
        words = [{"name": "word", "type": "String"}]
        return pipeline(
            step("new", 'echo \'{"word": "new"}\' > "$PENSTOCK_OUTPUTS"', when="params.rows > 10", outputs=words),
            step("old", 'echo \'{"word": "old"}\' > "$PENSTOCK_OUTPUTS"', when="params.rows <= 10", outputs=words),
            step("tell", 'echo "$INPUT_WORD" >> told', inputs=[{"name": "word", "firstOf": ["new.word", "old.word"]}]),
            params=[{"name": "rows", "type": "Integer", "value": rows}],
            outputs=[
                {"name": "word", "firstOf": ["new.word", "old.word"]},
                {"name": "twice", "expr": "2 * params.rows + (steps.new.status == 'Skipped' ? 1 : 0)"},
            ],
        )

    assert project.run(made(20)) == 0
    assert project.status["outputs"] == {"word": "new", "twice": 40}
    assert project.run(made(3)) == 0
    assert project.status["outputs"] == {"word": "old", "twice": 7}
    assert project.run(made(30)) == 0
    assert project.lines("told") == ["new", "old"], "what new gave before counts again, and so does what was told of it"


def test_a_parameter_may_be_an_amount(project: Project) -> None:
    def made(cpu: int) -> dict[str, object]:
        asked = {"requests": {"cpu": "$(params.cpu)"}}
        params = [{"name": "cpu", "type": "Integer", "value": cpu}]
        return pipeline(step("a", "echo ran >> ran", resources=asked), params=params)

    assert project.run(made(1)) == 0
    assert project.run(made(2)) == 0
    assert project.lines("ran") == ["ran"], "an amount is in no fingerprint"
    assert project.run(made(99), fresh=True) == 1
    assert "NeverFits" in str(project.status["failedSteps"])


def test_the_end_is_told_with_why_and_when(project: Project) -> None:
    how = "pipeline.status + ' ' + steps.a.reason + ' ' + string(steps.a.exitCode)"
    took = "timestamp(steps.a.completionTime) - timestamp(steps.a.startTime) < duration('1h')"
    tell = step(
        "tell",
        'echo "$INPUT_HOW $INPUT_SOON" > told',
        inputs=[{"name": "how", "expr": how}, {"name": "soon", "expr": took}],
    )
    assert project.run(pipeline(step("a", "exit 3"), **{"finally": [tell]})) == 1
    assert project.lines("told") == ["Failed Error 3 true"]


def test_listed_combinations_of_which_a_condition_leaves_some_out(project: Project) -> None:
    def made(least: int) -> dict[str, object]:
        sizes = [{"depth": 2, "rate": 0.5}, {"depth": 8, "rate": 0.1}]
        train = step(
            "train",
            'echo "$INPUT_DEPTH $INPUT_RATE" >> trained',
            forEach={"vars": [{"name": "size", "values": sizes}]},
            when=f"each.size.depth >= {least}",
            inputs=[{"name": "depth", "each": "size.depth"}, {"name": "rate", "expr": "each.size.rate * 2.0"}],
        )
        return pipeline(train)

    assert project.run(made(5)) == 0
    assert project.lines("trained") == ["8 0.2"]
    assert project.phases() == {"train.0": "Skipped", "train.1": "Succeeded"}
    assert project.run(made(1)) == 0
    assert project.lines("trained") == ["8 0.2", "2 1"], "what the condition let in runs, and nothing else"
