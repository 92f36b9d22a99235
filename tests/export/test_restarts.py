"""Whatever happens to the exporter, the rows are what the objects told."""

from __future__ import annotations

import random
import time
from pathlib import Path

from penstock.export.schema import engine_of
from penstock.export.tables import METADATA, PIPELINE, SCHEMA, STEP, WAIT
from tests.cluster.controlplane import ControlPlane
from tests.export.ground import Exporter, Player
from tests.export.truth import invented, last, overlapping, rows_of, until_written, wrong

RESTARTS = 20


def test_killed_twenty_times_at_random_the_rows_are_the_truth(plane: ControlPlane, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'history.db'}"
    exporter, chance = Exporter(plane, url), random.Random(40)
    player = Player(plane, ("digits", "speech", "doomed"))
    player.start()
    for number in range(RESTARTS):
        exporter.start()
        if number % 2:  # somewhere in its beginning
            time.sleep(chance.uniform(0.5, 5.0))
        else:  # somewhere in its work
            exporter.until_writing()
            time.sleep(chance.uniform(0.0, 3.0))
        exporter.kill()
        if number == RESTARTS // 2:
            player.enough.set()
            player.join()
            player.mirrors["doomed"].drop()  # while nobody looks
            doomed = player.mirrors.pop("doomed")
            player = _again(plane, player)
    exporter.start()
    player.enough.set()
    player.join()
    assert player.failure is None
    states = [one for mirror in player.mirrors.values() for one in mirror.states]
    engine = engine_of(url)
    found = until_written(engine, states)
    assert exporter.stop() == 0, exporter.log.read_text()
    truth = rows_of(last(states))
    assert [
        one for table in METADATA.sorted_tables if table not in (SCHEMA, WAIT) for one in wrong(truth, found, table)
    ] == []
    assert invented([*states, *doomed.states], found) == []
    assert overlapping(found[WAIT].values()) == []
    assert {row["name"] for row in found[PIPELINE].values() if row["gone"]} == {"doomed"}
    assert sum(row["gone"] for row in found[STEP].values()) == 3
    engine.dispose()


def _again(plane: ControlPlane, before: Player) -> Player:
    player = Player(plane, ())
    player.mirrors, player.rounds = before.mirrors, before.rounds
    player.start()
    return player
