"""A Pipeline whose artifacts are in a bucket, as a schedule made it, and rows of all that it tells in a database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, select
from tests.scenes.stage import Scene, Stage, manifest
from tests.unit.builders import step
from tests.unit.export.test_rows import told

from penstock.core import labels
from penstock.export.events.due import LINEAGE, SPANS, Due, Kind
from penstock.export.events.facts import Fact, facts
from penstock.export.tables import DUE
from penstock.export.writing import Writer

BUCKET = {"objectStore": {"uri": "s3://lake/ai", "secretName": "keys"}}
SINKS = {"lineage": LINEAGE, "spans": SPANS}


def lake(parents: list[str] | None = None, **storage: Any) -> Scene:
    """Prepared, tuned twice, of which one attempt fails, reported in vain, and the round is over. `parents`: gets what
    the containers find as TRACEPARENT."""
    tries: dict[str, int] = {}

    def work(job: Any, env: Mapping[str, str]) -> tuple[int, str]:
        path = env["PENSTOCK_STEP"]
        tries[path] = tries.get(path, 0) + 1
        if parents is not None:
            pod = job["spec"]["template"]["spec"]
            (step_,) = (one for one in (*pod["containers"], *pod.get("initContainers", ())) if one["name"] == "step")
            parents.extend(one["value"] for one in step_["env"] if one["name"] == "TRACEPARENT")
        if path == "report" or (path == "tune.1" and tries[path] == 1):
            return 1, "out of luck\n"
        return 0, '{"score": 0.5}' if path.startswith("tune") else ""

    stage = Stage(work)
    tune = step(
        "tune",
        inputs={"data": "from:prepare.data", "depth": "each:depth"},
        outputs={"model": "Artifact", "score": "Number"},
        each={"depth": [1, 2]},
        retry={"limit": 1, "backoff": {"initial": "1s"}},
    )
    report = step("report", inputs={"models": "from:tune.model", "scores": "from:tune.score"})
    prepare = step("prepare", outputs={"data": "Artifact"})
    stage.apply(manifest("nightly-29664960", [prepare, tune, report], storage=storage or BUCKET))
    for paths in (("prepare",), ("tune.0", "tune.1"), ("nothing",), ("tune.1",), ("report",), ("nothing",)):
        stage.let(30, *paths)
    stage.let(5)
    scene = stage.scene()
    for one in scene.of("Pipeline"):
        one["metadata"]["labels"] = {labels.SCHEDULE: "nightly"}
        one["metadata"]["annotations"] = {labels.SCHEDULED_TIME: "2027-01-15T07:00:00Z"}
    return scene


def noted(engine: Engine, scene: Scene) -> None:
    """Writes what a scene tells, for receivers of both kinds."""
    Writer(engine, SINKS).write(told(scene))


def due_for(engine: Engine, sink: str) -> dict[Due, Fact]:
    """What is due to one of them, in order."""
    with engine.connect() as connection:
        query = select(DUE.c.kind, DUE.c.key, DUE.c.at).where(DUE.c.sink == sink)
        found = [Due(Kind(kind), key, at) for kind, key, at in connection.execute(query)]
        return facts(connection, sorted(found, key=lambda one: (one.at, one.kind, one.key)))
