"""What a pipeline in Python computes is the same in plain Python and where it runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from penstock.cli.app import build
from penstock.cli.verbs import run as module

VALUES = """\
from typing import NamedTuple

from penstock import Settings, ended, pipeline, step

P = Settings(image="python:3.12-slim")


class Told(NamedTuple):
    found: str
    better: bool
    gain: float
    gaps: str


@step(P)
def train(depth: float, rate: float) -> float:
    return depth * rate


@step(P)
def sums(found: list[float]) -> float:
    return sum(found)


@step(P)
def tell(word: str, how: str) -> str:
    return f"{word} {how}"


@step(P)
def gaps(found: list[float | None]) -> str:
    return ", ".join("-" if one is None else f"{one:g}" for one in found)


@step(P)
def lists() -> list[dict[str, float]]:
    return [{"depth": 1, "rate": 0.5}, {"depth": 3, "rate": 0.25}]


@pipeline
def values(goal: float = 1, depths: list[int] = [1, 5, 2], name: str = "it's") -> Told:
    listed = [train(depth, rate) for depth, rate in [(2, 0.5), (4, 1), (8, 2.5)] if rate < 2]
    made = [train.using(name="made")(size["depth"] + 1, size["rate"]) for size in lists() if size["depth"] > 2]
    some = [train.using(name="some")(depth * 2, goal / 4) if depth > goal else None for depth in depths]
    total = sums(listed)
    more = sums.using(name="more")(made)
    said = tell(f"{name} {len(depths)} {depths[1]}", ended(total).status)
    return Told(said, better=total > goal and more == 1, gain=total * 2 - goal / 3 + more, gaps=gaps(some))
"""


def test_plain_and_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "_log_to", lambda path: None)  # the log of the whole process
    Path("values.py").write_text(VALUES)
    done = CliRunner().invoke(build(), ["run", "values.py", "--with", "process"], prog_name="penstock")
    assert done.exit_code == 0, done.output
    ran: dict[str, Any] = dict(line.split(": ", 1) for line in done.stdout.splitlines() if ": " in line)
    code = "import json, values; print(json.dumps(values.values()._asdict()))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    plain = json.loads(told.stdout)
    assert plain == {"found": "it's 3 5 Succeeded", "better": True, "gain": plain["gain"], "gaps": "-, 2.5, 1"}
    assert (ran["found"], ran["better"], ran["gaps"]) == (plain["found"], "True", plain["gaps"])
    assert float(ran["gain"]) == plain["gain"]
