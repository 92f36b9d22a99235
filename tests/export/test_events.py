"""Whatever happens to the exporter and to its receivers, each run is told, and what comes twice is the same."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from sqlalchemy import select

from penstock.export.events.lineage import run_id
from penstock.export.schema import engine_of
from penstock.export.tables import DUE, ROUND, RUN
from tests.cluster.controlplane import ControlPlane
from tests.export.ground import Exporter, Player
from tests.export.truth import last, rows_of, until_written
from tests.unit.export.receiver import receiving

Event = dict[str, Any]
RESTARTS = 6


def test_killed_at_random_and_without_its_receiver_every_run_is_told(plane: ControlPlane, tmp_path: Path) -> None:
    url, chance = f"sqlite:///{tmp_path / 'history.db'}", random.Random(47)
    with receiving() as receiver:
        exporter = Exporter(plane, url, more=(f"--lineage={receiver.url}", "--cluster=north"))
        player = Player(plane, ("heard", "told"))
        player.start()
        for number in range(RESTARTS):
            receiver.answers = lambda _, away=number % 2: 503 if away else 200
            exporter.start()
            exporter.until_writing()
            time.sleep(chance.uniform(1.0, 6.0))
            exporter.kill()
        receiver.answers = lambda _: 200
        exporter.start()
        player.enough.set()
        player.join()
        assert player.failure is None
        states = [one for mirror in player.mirrors.values() for one in mirror.states]
        engine = engine_of(url)
        until_written(engine, states)
        _until_told(engine, exporter)
        assert exporter.stop() == 0, exporter.log.read_text()
        took: list[Event] = receiver.took
    told: dict[tuple[str, bool], list[Event]] = defaultdict(list)
    for one in took:
        told[one["run"]["runId"], one["eventType"] == "START"].append(one)
    assert [same for same in told.values() if any(one != same[0] for one in same)] == []
    truth = rows_of(last(states))
    for table, kind, uid in ((RUN, "run", "step"), (ROUND, "round", "pipeline")):
        ended = [row for row in truth[table].values() if row["ended"] is not None]
        assert ended
        for row in ended:
            whose = run_id(kind, row[uid], row[kind])
            assert (whose, True) in told, row
            assert (whose, False) in told, row
    engine.dispose()


def _until_told(engine: Any, exporter: Exporter, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while True:
        with engine.connect() as connection:
            if not connection.execute(select(DUE.c.key).where(~DUE.c.settled)).first():
                return
        assert exporter.ended() is None, exporter.log.read_text()
        assert time.monotonic() < deadline, exporter.log.read_text()
        time.sleep(0.5)
