"""`penstock schedule next`, from manifests and from a cluster."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_api import FakeApi

EXAMPLE = str(Path(__file__).parents[3] / "examples" / "nightly.yaml")


def schedule(**spec: Any) -> dict[str, Any]:
    template = {"spec": {"steps": [{"name": "one", "image": "any", "script": "true"}]}}
    return {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "PipelineSchedule",
        "metadata": {"name": "night", "namespace": "ml"},
        "spec": {"schedule": "0 6 * * *", "pipelineTemplate": template, **spec},
    }


def test_the_ticks_of_a_manifest(run: Run) -> None:
    found = run("schedule", "next", "-f", EXAMPLE, "--after", "2026-10-24T12:00:00Z", "-c", "3")
    assert [line.split() for line in found.stdout.splitlines()] == [
        ["TICK", "LOCAL", "TIME", "IN", "PIPELINE"],
        ["2026-10-25T00:30:00Z", "Sun", "2026-10-25", "02:30", "CEST", "12h", "nightly-29881470"],
        ["2026-10-25T01:30:00Z", "Sun", "2026-10-25", "02:30", "CET", "13h", "nightly-29881530"],
        ["2026-10-26T01:30:00Z", "Mon", "2026-10-26", "02:30", "CET", "37h", "nightly-29882970"],
    ]
    assert found.exit_code == 0


def test_a_manifest_needs_no_folder_in_which_anything_was_run(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = run("schedule", "next", "-f", EXAMPLE, "--local")
    assert found.exit_code == 0, found.output
    assert len(found.stdout.splitlines()) == 6
    named = run("schedule", "next", "nightly", "--local")
    assert named.exit_code == 1
    assert "nothing was run in" in named.stderr
    assert not (tmp_path / ".penstock").exists()


def test_the_documentation_shows_what_it_prints(run: Run) -> None:
    words = Path(EXAMPLE).parents[1].joinpath("docs", "schedules.md").read_text()
    command, _, shown = words.partition("$ penstock schedule ")[2].partition("```")[0].partition("\n")
    given = [EXAMPLE if word.endswith(".yaml") else word for word in command.split()]
    assert run("schedule", *given).stdout.splitlines() == shown.splitlines()


def test_a_schedule_of_the_cluster(api: FakeApi, run: Run) -> None:
    api.add({**schedule(suspend=True), "status": {"active": 0}})
    found = run("schedule", "next", "night", "--after", "2026-07-01T06:00:00Z")
    assert len(found.stdout.splitlines()) == 6
    assert found.stdout.splitlines()[1].startswith("2026-07-02T06:00:00Z")
    assert "night is suspended" in found.stderr


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"schedule": "0 0 6 * * *"}, "spec.schedule: '0 0 6 * * *' has 6 fields"),
        ({"timeZone": "Mars/Olympus"}, "spec.timeZone: there is no time zone"),
        ({"schedule": "30 2 * 3 0L", "timeZone": "Europe/Berlin"}, "never fires"),
        ({"shedule": "0 6 * * *"}, "unknown field"),
    ],
)
def test_what_is_wrong_is_said(run: Run, spec: dict[str, Any], words: str) -> None:
    found = run("schedule", "next", "-f", "-", stdin=orjson.dumps(schedule(**spec)))
    assert found.exit_code == 1
    assert words in found.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "name a PipelineSchedule, or a manifest"),
        (["night", "-f", EXAMPLE], "not both"),
        (["-f", EXAMPLE, "--after", "soon"], "'soon' is no instant"),
        (["-f", EXAMPLE.replace("nightly", "hello")], "there is no PipelineSchedule in"),
        (["-f", "nowhere.yaml"], "there is no file"),
    ],
)
def test_wrong_arguments(run: Run, arguments: list[str], words: str) -> None:
    found = run("schedule", "next", *arguments)
    assert found.exit_code == 1
    assert words in found.stderr
