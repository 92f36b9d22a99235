"""A database that goes away, and an account that may see nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from penstock.export.schema import engine_of
from penstock.export.tables import METADATA, SCHEMA, WAIT
from tests.cluster.controlplane import ControlPlane
from tests.export.ground import NAMESPACE, Exporter, Player
from tests.export.truth import last, rows_of, until_written, wrong
from tests.unit.export.server import Server, serving
from tests.viewers import tokens


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as found:
        yield found


def until(holds: Callable[[], bool], exporter: Exporter, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert exporter.ended() is None, exporter.log.read_text()
        assert time.monotonic() < deadline, exporter.log.read_text()
        time.sleep(0.2)


def test_a_database_that_goes_away_is_waited_for_and_nothing_is_lost(plane: ControlPlane, server: Server) -> None:
    url = server.fresh()
    exporter, player = Exporter(plane, url), Player(plane, ("outage",))
    exporter.start()
    player.start()
    exporter.until_writing()
    server.stop()
    until(lambda: exporter.figure("penstock_export_lag_seconds") > 5, exporter)
    assert exporter.figure("penstock_export_database_failures_total") > 0
    server.start()
    player.enough.set()
    player.join()
    assert player.failure is None
    states, engine = player.mirrors["outage"].states, engine_of(url)
    found = until_written(engine, states)
    truth = rows_of(last(states))
    tables = [one for one in METADATA.sorted_tables if one not in (SCHEMA, WAIT)]
    assert [one for table in tables for one in wrong(truth, found, table)] == []
    until(lambda: exporter.figure("penstock_export_lag_seconds") == 0, exporter)
    assert exporter.stop() == 0
    assert "the database takes nothing; it is tried again" in exporter.log.read_text()
    engine.dispose()


def test_who_may_see_nothing_is_told_what_is_lacking(plane: ControlPlane, tmp_path: Path) -> None:
    plane.kubectl("create", "serviceaccount", "stranger", "--namespace", NAMESPACE)
    cluster = {"server": plane.server, "certificate-authority": str(plane.authority.root.certificate)}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "stranger"}}],
        "users": [{"name": "stranger", "user": {"token": tokens.issued(plane, NAMESPACE, "stranger")}}],
        "clusters": [{"name": "here", "cluster": cluster}],
    }
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(json.dumps(config))
    exporter = Exporter(plane, f"sqlite:///{tmp_path / 'history.db'}", kubeconfig)
    before = exporter.log.read_text() if exporter.log.exists() else ""
    exporter.start()
    assert exporter.wait() == 1
    told = exporter.log.read_text().removeprefix(before)
    assert told.startswith("error: ")
    assert "stranger" in told
    assert "Traceback" not in told
