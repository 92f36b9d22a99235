"""Pipelines in Python by `penstock apply`: what the API server takes, what runs, and what is removed again."""

from __future__ import annotations

import re
from pathlib import Path

from tests.cluster.images import PYTHON
from tests.cluster.paths import CHECKOUT
from tests.e2e.commandline import penstock
from tests.e2e.space import Space

(FIRST, *_) = re.findall(
    r"^```python\n(.*?)^```", (CHECKOUT / "docs/python.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)
PRICES = FIRST.replace("python:3.12-slim", PYTHON)
BROKEN = PRICES.replace("min(errors)", "max(eror)")
SHAPES = f"""\
from penstock import pipeline, step
from shapes import area


@step(image="{PYTHON}", cpu="50m", memory="32Mi")
def work(side: int) -> int:
    return area(side) + NUMBER


@pipeline
def inner(side: int) -> int:
    return work(side)


@pipeline(history_limit=1)
def outer(side: int = 3) -> int:
    return inner(side)
"""


def apply(space: Space, file: Path) -> list[str]:
    done = penstock(space, "apply", file)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_the_first_pipeline_of_the_documentation(space: Space, tmp_path: Path) -> None:
    file = tmp_path / "prices.py"
    file.write_text(PRICES)
    assert apply(space, file) == ["pipeline.penstock.dev/prices created"]
    assert apply(space, file) == ["pipeline.penstock.dev/prices unchanged"]
    status = space.finish("pipeline/prices")["status"]
    assert (status["phase"], status["outputs"]) == ("Succeeded", {"result": '{"slope": 3.0}'})

    file.write_text(BROKEN)
    assert apply(space, file) == ["pipeline.penstock.dev/prices configured"]
    assert space.finish("pipeline/prices")["status"]["phase"] == "Failed"
    row = next(number for number, line in enumerate(BROKEN.split("\n"), 1) if "max(eror)" in line)
    assert f"prices.py:{row}, in choose" in penstock(space, "logs", "prices", "choose").stdout
    assert f"prices.py:{row}, in choose" in penstock(space, "why", "prices").stdout

    file.write_text(PRICES)
    apply(space, file)
    assert space.finish("pipeline/prices")["status"]["outputs"] == {"result": '{"slope": 3.0}'}
    assert [len(space.jobs(pipeline="prices", step=step)) for step in ("prepare", "train")] == [1, 3]


def test_components_and_modules_of_earlier_versions_go(space: Space, tmp_path: Path) -> None:
    """Once no kept revision refers to them: of the present one, the last, and one that goes with the next edit."""
    said = []
    made: dict[str, list[str]] = {"components": [], "configmaps": []}
    for number in range(5):
        (tmp_path / "shapes.py").write_text(f"def area(side):\n    return side * side + {number}\n")
        (tmp_path / "outer.py").write_text(SHAPES.replace("NUMBER", str(number)))
        said += apply(space, tmp_path / "outer.py")
        space.until("pipeline/outer", lambda seen, then=number + 1: seen.get("status", {}).get("revision") == then)
        for kind, prefix in (("components", "outer-inner-"), ("configmaps", "outer-code-")):
            names = {name for one in space.all(kind) if (name := one["metadata"]["name"]).startswith(prefix)}
            made[kind] += names - set(made[kind])
    assert len(made["components"]) == len(made["configmaps"]) == 5, made
    gone = {line.split()[0].partition("/")[2] for line in said if line.endswith(" removed")}
    assert made["components"][0] in gone
    assert made["configmaps"][0] in gone
    assert not {made["components"][-1], made["configmaps"][-1]} & gone
    status = space.finish("pipeline/outer")["status"]
    assert (status["phase"], status["outputs"]) == ("Succeeded", {"result": 9 + 4 + 4})
