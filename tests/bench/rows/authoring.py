"""Row 17: how long a pipeline in Python takes to be read and to be run first, and how many lines one has."""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

from penstock.python.compiler import compile_text
from tests.bench.figures import Figure
from tests.cluster.commands import run
from tests.cluster.paths import CHECKOUT

STEPS = 50
TIMES = 5
"""Runs, of which the median counts."""
STEP = """
@step(PYTHON)
def step_{number}(data: Path, rate: float) -> Made:
    rows = load(data)
    file = Path("rows.json")
    file.write_text(json.dumps([rate * row + {number} for row in rows]))
    return Made(file, score=sum(rows) / len(rows))
"""
HEAD = """\
import json
from pathlib import Path
from typing import NamedTuple

from penstock import Settings, pipeline, step

PYTHON = Settings(image="python:3.12-slim", cpu="100m", memory="128Mi")


class Made(NamedTuple):
    file: Path
    score: float


def load(data: Path) -> list[float]:
    return [float(row) for row in json.loads(data.read_text())]


@step(PYTHON)
def step_0(rows: int) -> Path:
    file = Path("rows.json")
    file.write_text(json.dumps(list(range(rows))))
    return file
"""


async def trial() -> list[Figure]:
    """The first example of docs/python.md, and fifty steps, each with a body, a helper and an artifact."""
    return await asyncio.to_thread(_figures)


def _figures() -> list[Figure]:
    page = (CHECKOUT / "docs/python.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)[:1]
    compile_text(example, "example.py")  # imports
    text = written(STEPS)
    wall, cpu = sorted(_compiled(text) for _ in range(TIMES))[TIMES // 2]
    return [
        Figure(17, f"penstock compile: {STEPS} steps in Python", wall * 1000, "ms", 100),
        Figure(17, f"penstock compile: {STEPS} steps in Python, CPU", cpu * 1000, "ms"),
        Figure(17, "lines of the worked example in Python", len(example.splitlines()), "lines", 50),
        Figure(17, "from pip install to the first green pipeline", _first(example), "s", 120),
    ]


def _first(example: str) -> float:
    """Seconds of what the page says, with a pip that has nothing in its cache."""
    with tempfile.TemporaryDirectory() as name:
        folder, package = Path(name), Path(name) / "penstock"
        package.mkdir()
        for one in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(CHECKOUT / one, package)
        shutil.copytree(CHECKOUT / "operator", package / "operator", ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "prices.py").write_text(example)
        began = time.monotonic()
        run([sys.executable, "-m", "venv", folder / ".venv"])
        run([folder / ".venv/bin/pip", "install", "--quiet", "--no-cache-dir", package])
        said = run([folder / ".venv/bin/penstock", "run", "prices.py"], cwd=folder)
        took = time.monotonic() - began
    assert 'result: {"slope": 3.0}' in said, said
    return took


def _compiled(text: str) -> tuple[float, float]:
    """Seconds that it takes, and those of processor time."""
    began, spent = time.monotonic(), time.process_time()
    found = compile_text(text, "many.py")
    took = time.monotonic() - began, time.process_time() - spent
    assert len(found.manifests[0].data["spec"]["steps"]) == STEPS
    return took


def written(steps: int) -> str:
    """A chain of so many steps."""
    numbers = range(1, steps)
    body = ["    made_0 = step_0(rows)"]
    body += [f"    made_{n} = step_{n}(made_{n - 1}{'.file' if n > 1 else ''}, 0.5)" for n in numbers]
    functions = "\n".join(STEP.format(number=number) for number in numbers)
    head = '@pipeline(storage={"claim": {"size": "1Gi"}})\ndef many(rows: int = 10) -> float:\n'
    return f"{HEAD}\n{functions}\n\n{head}" + "\n".join([*body, f"    return made_{steps - 1}.score\n"])
