"""A Pipeline with a past: three revisions, of which the second ran badly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.scenes.stage import Scene, Stage, manifest
from tests.unit.builders import step


def _edition(rate: float, image: str = "registry.example/ml:1", deploys: bool = True) -> dict[str, Any]:
    steps = [
        step("prepare", outputs={"rows": "Integer"}, duration="30s"),
        step(
            "train",
            inputs={"lr": "param:lr", "rows": "from:prepare.rows"},
            outputs={"score": "Number"},
            duration="2m",
        ),
        step("evaluate", inputs={"score": "from:train.score"}, duration="1m"),
        *([step("deploy", needs=["evaluate"], cache="LastRun", duration="20s")] if deploys else ()),
    ]
    params = [{"name": "lr", "type": "Number", "value": rate}]
    return manifest("ranker", steps, params=params, defaults={"image": image}, description=f"Learning rate {rate}.")


def revised() -> Scene:
    """The third revision: a worse learning rate, then one that failed, now deployed no more and trained again."""

    def work(job: Any, env: Mapping[str, str]) -> tuple[int, str]:
        if env["PENSTOCK_STEP"] == "train" and env.get("INPUT_LR") == "0.5":
            return 1, "loss is NaN\n"
        return 0, '{"rows": 1797, "score": 0.9}'

    stage = Stage(work)
    for edition, seconds in ((_edition(0.1), 40), (_edition(0.5), 30), (_edition(0.2, deploys=False), 35)):
        stage.apply(edition)
        for _ in range(5):
            stage.let(seconds, "*")
    return stage.scene()
