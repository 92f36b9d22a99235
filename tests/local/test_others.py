"""The other verbs, about what was run in a folder: `--local`."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from penstock.cli.app import build
from penstock.cli.verbs import run as module
from penstock.cluster import watching
from tests.local.project import Project, penstock, pipeline, step, until
from tests.local.test_crash import SLOW

Typed = Callable[..., Any]


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Types a command in the folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "_log_to", lambda path: None)
    monkeypatch.setenv("KUBECONFIG", "/nowhere")
    runner, app = CliRunner(), build()
    return lambda *words: runner.invoke(app, list(words), prog_name="penstock")


def made(word: str = "one") -> dict[str, Any]:
    """A step that says something, and one after it."""
    return pipeline(step("a", f"echo {word}; echo {word} >> ran"), step("b", "echo b", needs=["a"]), description=word)


def test_what_was_run_is_shown(project: Project, typed: Typed) -> None:
    project.run(made())
    assert "Succeeded" in typed("get", "--local").stdout
    shown = typed("get", "p", "--local").stdout
    assert "a" in shown
    assert "b" in shown
    found = json.loads(typed("get", "p", "--local", "-o", "json").stdout)
    assert [one["metadata"]["name"] for one in found["items"]] == ["p", "p.a", "p.b"]
    assert "nothing waits" in typed("why", "p", "--local").stdout
    assert typed("logs", "p", "a", "--local").stdout == "one\n"
    assert typed("logs", "p", "a", "--local", "--tail", "0").stdout == ""
    assert typed("watch", "p", "--local").exit_code == 0
    assert "GPU" in typed("report", "p", "--local").stdout or typed("report", "p", "--local").exit_code == 0
    assert typed("plan", "p", "--local").exit_code == 0


def test_who_watches_judges_nothing_before_it_has_been_read(
    project: Project, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.run(made())
    at_once = watching.follow

    def late(*args: Any, **kwargs: Any) -> Iterator[watching.Change]:
        time.sleep(0.5)
        yield from at_once(*args, **kwargs)

    monkeypatch.setattr(watching, "follow", late)
    found = typed("watch", "p", "--local")
    assert found.exit_code == 0, found.stderr


def test_what_is_not_there_is_said_as_of_a_cluster(project: Project, typed: Typed) -> None:
    found = typed("get", "--local")
    assert found.exit_code == 1
    assert "`penstock run FILE` runs a Pipeline" in found.stderr
    project.run(made())
    assert "there is no pipeline 'q' in namespace default; there is: p" in typed("get", "q", "--local").stderr
    assert "goes with neither" in typed("get", "--local", "--context", "c").stderr


def test_a_difference_is_that_to_what_was_run(project: Project, typed: Typed) -> None:
    project.run(made())
    Path("p.yaml").write_text(yaml.safe_dump(made()))
    assert typed("diff", "-f", "p.yaml", "--local").exit_code == 0
    Path("p.yaml").write_text(yaml.safe_dump(made("two")))
    found = typed("diff", "-f", "p.yaml", "--local")
    assert found.exit_code == 1
    assert "script" in found.stdout


def test_the_ticks_of_a_schedule_are_those_of_its_manifest(project: Project, typed: Typed) -> None:
    project.run(made())
    meta, template = {"name": "nightly"}, {"spec": made()["spec"]}
    spec = {"schedule": "30 2 * * *", "timeZone": "Europe/Berlin", "pipelineTemplate": template}
    manifest = {"apiVersion": "penstock.dev/v1alpha1", "kind": "PipelineSchedule", "metadata": meta, "spec": spec}
    Path("nightly.yaml").write_text(yaml.safe_dump(manifest))
    words = ("schedule", "next", "--local", "--after", "2026-07-01T00:00:00Z", "--count", "2")
    assert "2026-07-02T00:30:00Z" in typed(*words, "-f", "nightly.yaml").stdout
    found = typed(*words, "nightly")
    assert found.exit_code == 1
    assert "there is no pipelineschedule 'nightly'" in found.stderr
    Path("p.yaml").write_text(yaml.safe_dump(made()))
    assert "it fires on a cluster only" in typed("run", "--with", "process", "nightly.yaml", "p.yaml").stderr


def test_a_forecast_is_for_this_machine(project: Project, typed: Typed) -> None:
    project.run(made(), cpu="3")
    one = step("x", duration="1m", resources={"requests": {"cpu": "1"}})
    many = pipeline(*({**one, "name": f"x{number}"} for number in range(6)))
    Path("many.yaml").write_text(yaml.safe_dump(many))
    found = json.loads(typed("plan", "-f", "many.yaml", "--local", "-o", "json").stdout)
    assert found["makespan"] == 120.0


def test_an_earlier_revision_is_selected_and_run_by_name(project: Project, typed: Typed) -> None:
    project.run(made())
    project.run(made("two"))
    assert "one" in typed("history", "p", "--local").stdout
    back = typed("rollback", "p", "--local")
    assert back.exit_code == 0, back.output
    assert "`penstock run p` goes on with it" in back.stderr
    assert typed("run", "p", "--with", "process").exit_code == 0
    assert Path("ran").read_text() == "one\ntwo\n", "its results are held"
    assert typed("rerun", "p", "--from", "a", "--local").exit_code == 0
    assert typed("run", "p", "--with", "process").exit_code == 0
    assert Path("ran").read_text() == "one\ntwo\none\n"
    missing = typed("run", "nobody", "--with", "process")
    assert missing.exit_code == 1
    assert "there is: p" in missing.stderr


def test_an_approval_reaches_what_runs(tmp_path: Path, typed: Typed) -> None:
    ask = {"name": "ask", "approval": {"message": "go?"}}
    Path("p.yaml").write_text(yaml.safe_dump(pipeline(ask, step("after", needs=["ask"]))))
    running = penstock(tmp_path, "run", "p.yaml")
    until(lambda: "WaitingForApproval" in typed("get", "p", "--local", "-o", "json").stdout)
    assert "waits for" in typed("why", "p", "--local").stdout
    given = typed("approve", "p", "--local", "--as", "ada")
    assert given.exit_code == 0, given.output
    assert "note" not in given.stderr
    assert running.wait(120) == 0
    assert "ada" in typed("get", "p", "--local", "-o", "json").stdout


def test_a_cancel_reaches_what_runs_and_logs_are_followed(tmp_path: Path, typed: Typed) -> None:
    Path("p.yaml").write_text(SLOW)
    running = penstock(tmp_path, "run", "p.yaml")
    until((tmp_path / "ran").exists)
    lines: list[str] = []
    follower = penstock(tmp_path, "logs", "p", "slow", "-f", "--local")
    threading.Thread(target=lambda: lines.extend(str(follower.communicate()[0]).split()), daemon=True).start()
    assert typed("cancel", "p", "--local").exit_code == 0
    assert running.wait(120) == 2
    assert follower.wait(120) == 0


def test_a_request_that_nobody_takes_any_more_is_done_by_who_asks(tmp_path: Path, typed: Typed) -> None:
    Path("p.yaml").write_text(SLOW)
    running = penstock(tmp_path, "run", "p.yaml")
    until((tmp_path / "ran").exists)
    running.send_signal(signal.SIGSTOP)
    asked = penstock(tmp_path, "suspend", "p", "--local")
    until(lambda: list((tmp_path / ".penstock/inbox").glob("*.request")))
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert asked.wait(120) == 0
    found = json.loads(typed("get", "p", "--local", "-o", "json").stdout)
    assert found["items"][0]["spec"]["suspend"] is True
    assert not list((tmp_path / ".penstock/inbox").iterdir())
    (tmp_path / "go").touch()
    assert typed("run", "p", "--with", "process").exit_code == 0
