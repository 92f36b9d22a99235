"""A Pipeline with a past: three revisions, of which the second ran badly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.scenes.stage import Scene, Stage, manifest
from tests.unit.builders import step


def edition(rate: float, image: str = "registry.example/ml:1", deploys: bool = True) -> dict[str, Any]:
    """The manifest."""
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
    for applied, seconds in ((edition(0.1), 40), (edition(0.5), 30), (edition(0.2, deploys=False), 35)):
        stage.apply(applied)
        for _ in range(5):
            stage.let(seconds, "*")
    scene = stage.scene()
    return replace(scene, objects=[*scene.objects, machine()])


def machine(cpu: int = 8) -> dict[str, Any]:
    """A node with nothing on it."""
    room = {"cpu": str(cpu), "memory": "32Gi", "pods": "110"}
    meta = {"name": "node-1", "namespace": "", "uid": "node-1", "resourceVersion": "1"}
    return {"apiVersion": "v1", "kind": "Node", "metadata": meta, "status": {"allocatable": room, "capacity": room}}
