"""`penstock run` as it is typed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from penstock.cli.app import build
from penstock.cli.verbs import run as module
from tests.local.project import pipeline, step

Typed = Callable[..., Any]


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Types the command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "_log_to", lambda path: None)  # the log of the whole process
    runner, app = CliRunner(), build()
    return lambda *words: runner.invoke(app, ["run", "--with", "process", *words], prog_name="penstock")


def write(*documents: dict[str, Any], name: str = "p.yaml") -> None:
    """Writes a file of manifests."""
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(yaml.safe_dump_all(documents))


PARAMS = [
    {"name": "text", "type": "String", "value": "a"},
    {"name": "number", "type": "Integer", "value": 1},
    {"name": "list", "type": "List", "value": []},
]
INPUTS = [{"name": name, "param": name} for name in ("text", "number", "list")]


def test_parameters_are_replaced_as_their_types_read_them(typed: Typed) -> None:
    write(pipeline(step("a", 'echo "$INPUT_TEXT $INPUT_NUMBER $INPUT_LIST" > seen', inputs=INPUTS), params=PARAMS))
    assert typed("p.yaml", "--param", "text=007", "-p", "number=7", "-p", "list=[1, two]").exit_code == 0
    assert Path("seen").read_text() == '007 7 [1,"two"]\n'


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("number=many", "spec.params[1].value"),
        ("nmber=1", "did you mean number?"),
        ("number", "write it as NAME=VALUE"),
        ("list=[", "--param list: line 1"),
    ],
)
def test_a_parameter_that_cannot_be_is_refused(typed: Typed, given: str, words: str) -> None:
    write(pipeline(step("a", inputs=INPUTS), params=PARAMS))
    found = typed("p.yaml", "-p", given)
    assert found.exit_code == 1
    assert words in found.output
    assert not Path(".penstock/journal").exists()


def test_components_come_from_a_folder_and_results_are_shown_as_paths(typed: Typed) -> None:
    component = {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "Component",
        "metadata": {"name": "c"},
        "spec": {
            "image": "i",
            "script": "echo hello > $OUTPUT_F; printf '{\"count\": 3}' > $PENSTOCK_OUTPUTS",
            "outputs": [{"name": "count", "type": "Integer"}, {"name": "f", "type": "Artifact"}],
        },
    }
    write(component, name="components/c/component.yaml")
    outputs = [{"name": "count", "from": "a.count"}, {"name": "f", "from": "a.f"}]
    made = pipeline({"name": "a", "component": {"name": "c"}}, outputs=outputs, storage={"claim": {"size": "1Gi"}})
    del made["spec"]["defaults"]
    write(made)
    found = typed("p.yaml", "components")
    assert found.exit_code == 0, found.output
    lines = dict(line.split(": ") for line in found.stdout.splitlines() if ": " in line)
    assert lines["count"] == "3"
    assert Path(lines["f"]).read_text() == "hello\n"
    assert not Path(lines["f"]).is_absolute()


def test_a_manifest_that_is_wrong_is_told_with_its_line_and_nothing_runs(typed: Typed) -> None:
    write(pipeline(step("a", "touch ran", needs=["b"])))
    found = typed("p.yaml")
    assert found.exit_code == 1
    assert "p.yaml:" in found.output
    assert "UnknownStep" in found.output
    assert not Path("ran").exists()


def test_what_needs_a_cluster_is_refused_before_anything_runs(typed: Typed) -> None:
    write(pipeline(step("a", "touch ran"), step("gang", replicas=2), {"name": "bare"}))
    found = typed("p.yaml")
    assert found.exit_code == 1
    assert "step 'gang' has replicas: 2" in found.output
    assert "step 'bare' has no command or script" in found.output
    assert not Path("ran").exists()


def test_several_pipelines_are_told_apart_by_name(typed: Typed) -> None:
    write(*(pipeline(step("a", f"touch {name}"), name=name) for name in ("p", "q")))
    found = typed("p.yaml")
    assert found.exit_code == 1
    assert "p, q; say which with --pipeline" in found.output
    assert typed("p.yaml", "--pipeline", "q").exit_code == 0
    assert (Path("p").exists(), Path("q").exists()) == (False, True)


def test_variables_come_from_a_file(typed: Typed) -> None:
    Path("own.env").write_text("KEY=secret\n")
    one = step("a", "echo $KEY > seen", envFrom=[{"secretRef": {"name": "token"}}])
    write(pipeline(one))
    assert typed("p.yaml").exit_code == 1
    assert typed("p.yaml", "--env-file", "token=own.env").exit_code == 0
    assert Path("seen").read_text() == "secret\n"
    assert "--env-file away.env: No such file" in typed("p.yaml", "--env-file", "away.env").output


def test_the_machine_may_pass_for_another(typed: Typed) -> None:
    write(pipeline(step("a", resources={"requests": {"nvidia.com/gpu": "8"}})))
    found = typed("p.yaml")
    assert found.exit_code == 1
    assert "NeverFits" in found.output
    assert typed("p.yaml", "--capacity", "nvidia.com/gpu=8").exit_code == 0
    assert "--capacity: cpu: 'x'" in typed("p.yaml", "--capacity", "cpu=x").output


def test_what_was_not_checked_is_said_at_the_end(typed: Typed) -> None:
    one = step("a", pod={"serviceAccountName": "robot", "nodeSelector": {"zone": "x"}}, workingDir="/app")
    write(pipeline(one, queueName="team"))
    found = typed("p.yaml")
    assert found.exit_code == 0, found.output
    last = found.stderr.splitlines()[-1]
    for words in ("images", "service accounts", "node choice", "the queue", "working directories", "memory limits"):
        assert words in last


def test_a_schedule_is_not_run_and_says_so(typed: Typed) -> None:
    schedule = {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "PipelineSchedule",
        "metadata": {"name": "nightly"},
        "spec": {"schedule": "0 3 * * *", "pipelineTemplate": {"spec": pipeline(step("a"))["spec"]}},
    }
    write(schedule, pipeline(step("a", "touch ran")))
    found = typed("p.yaml")
    assert found.exit_code == 0
    assert "PipelineSchedule nightly: it fires on a cluster only" in found.stderr


def test_a_pipeline_that_was_left_does_not_go_on_with_another(typed: Typed, tmp_path: Path) -> None:
    """It was killed in its first step; to run another one beside it is not to go on with it."""
    from penstock.local.journal import Journal
    from penstock.local.server import Server

    write(pipeline(step("b", "touch b"), name="q"))
    (tmp_path / ".penstock").mkdir()
    journal = Journal(tmp_path / ".penstock/journal")
    Server(record=journal.record).create("pipelines", "default", pipeline(step("a", "touch a")))
    journal.close()
    assert typed("p.yaml").exit_code == 0
    assert (Path("a").exists(), Path("b").exists()) == (False, True)
    write(pipeline(step("a", "touch a")))
    assert typed("p.yaml").exit_code == 0
    assert Path("a").exists()


def test_hello(typed: Typed) -> None:
    hello = Path(__file__).parents[2] / "examples/hello.yaml"
    found = typed(str(hello), "-p", "who=moon")
    assert found.exit_code == 0
    assert "greeting: Hello, moon!" in found.stdout
