"""The exporter while the database takes nothing: it reads no more than it can hold."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

from penstock.cluster.api import STEPS, Cluster
from penstock.export.exporting import PART, WAITING, Exporter
from penstock.export.schema import engine_of, prepare


class Endless(Cluster):
    """A cluster with more Steps than any memory holds; it counts those that it was asked for."""

    def __init__(self) -> None:
        super().__init__("ml")
        self.given = 0

    def json(self, *args: Any, **named: Any) -> Any:
        _, path, query = args
        many = range(query["limit"]) if path.endswith(STEPS.plural) else range(0)
        self.given += len(many)
        return {"metadata": {"resourceVersion": "1", "continue": "more"}, "items": [_step(one) for one in many]}


def _step(number: int) -> dict[str, Any]:
    name, created = f"s{number}", "2027-01-15T08:00:00Z"
    meta = {"uid": name, "name": name, "namespace": "ml", "creationTimestamp": created, "resourceVersion": "1"}
    return {"metadata": meta, "spec": {}}


def test_a_list_is_read_no_faster_than_it_is_written(tmp_path: Path) -> None:
    engine = engine_of(f"sqlite:///{tmp_path / 'history.db'}")
    prepare(engine)
    cluster = Endless()
    exporter = Exporter(cluster, engine)
    ending = threading.Thread(target=exporter.run)
    with engine.connect() as other:
        other.exec_driver_sql("BEGIN IMMEDIATE")  # nobody else writes now
        ending.start()
        deadline = time.monotonic() + 120
        while cluster.given < PART:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(3)  # in which it could read far more
        held = cluster.given
        exporter.end()
        other.rollback()
    ending.join(30)
    assert not ending.is_alive()
    assert PART <= held <= 2 * (WAITING + PART) + PART  # taken, in the queue, and on the way to it
