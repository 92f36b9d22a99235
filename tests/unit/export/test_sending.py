"""Receivers get what is due to them once, in order, also after they were away; and nobody waits for them."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import Engine
from tests.unit.export.conftest import table
from tests.unit.export.lake import lake
from tests.unit.export.receiver import Receiver
from tests.unit.export.test_rows import told

from penstock.cluster.failure import Failure
from penstock.export.events import sending
from penstock.export.events.places import AwayError, place_of
from penstock.export.events.sending import Sender, Sink
from penstock.export.events.sinks import lineage_sinks
from penstock.export.writing import Writer


def sink_of(url: str, token: str = "") -> Sink:
    (found,) = lineage_sinks([url], "north", token)
    return found


def written(engine: Engine, *sinks: Sink) -> None:
    Writer(engine, {one.name: one.kinds for one in sinks}).write(told(lake()))


def sender(engine: Engine, sink: Sink) -> Sender:
    return Sender(engine, sink, lambda: True)


def test_what_is_due_is_sent_once_and_in_order(engine: Engine, receiver: Receiver) -> None:
    sink = sink_of(receiver.url, "secret")
    written(engine, sink)
    assert not sender(engine, sink).send()
    times = [one["eventTime"] for one in receiver.took]
    assert times == sorted(times)
    assert len(times) == len(table(engine, "SELECT * FROM due")) == 10
    assert {one["Authorization"] for one in receiver.headers} == {"Bearer secret"}
    written(engine, sink)
    sender(engine, sink).send()
    assert len(receiver.took) == len(times)


def test_who_is_away_gets_all_of_it_afterwards(engine: Engine, receiver: Receiver) -> None:
    sink = sink_of(receiver.url)
    written(engine, sink)
    before = iter([200, 200, 503])
    receiver.answers = lambda _: next(before)
    with pytest.raises(AwayError, match="HTTP 503 no such thing"):
        sender(engine, sink).send()
    assert len(receiver.took) == 2
    receiver.answers = lambda _: 200
    sender(engine, sink).send()
    ids = [(one["run"]["runId"], one["eventType"]) for one in receiver.took]
    assert len(ids) == len(set(ids)) == 10


def test_who_was_killed_before_it_was_noted_sends_the_same_again(
    engine: Engine, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = sink_of(receiver.url)
    written(engine, sink)
    with monkeypatch.context() as killed:
        killed.setattr(Sender, "_settle", lambda *_: None)
        sender(engine, sink).send()
    first, receiver.took = receiver.took, []
    sender(engine, sink).send()
    assert receiver.took == first


def test_what_is_refused_is_set_aside_with_why_and_all_else_is_sent(engine: Engine, receiver: Receiver) -> None:
    sink = sink_of(receiver.url)
    written(engine, sink)
    receiver.answers = lambda one: 422 if one["job"]["name"] == "nightly.prepare" else 200
    with structlog.testing.capture_logs() as logged:
        sender(engine, sink).send()
    assert len(receiver.took) == 8
    assert [line["error"] for line in logged] == ["HTTP 422 no such thing"] * 2
    assert table(engine, "SELECT DISTINCT refused FROM due WHERE refused IS NOT NULL") == [("HTTP 422 no such thing",)]
    sender(engine, sink).send()
    assert len(receiver.took) == 8


def test_a_file_gets_a_line_for_each(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "lineage.jsonl"
    sink = sink_of(file.as_uri())
    written(engine, sink)
    sender(engine, sink).send()
    assert [json.loads(line)["job"]["namespace"] for line in file.read_text().splitlines()] == [
        "penstock://north/ml"
    ] * 10


def test_one_that_is_away_keeps_no_other_from_its_events(
    engine: Engine, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "IDLE_SECONDS", 0.05)
    monkeypatch.setattr(sending, "AGAIN_MOST", 0.5)  # however long the others take, it is asked soon after
    receiver.answers = lambda _: 503
    file = tmp_path / "lineage.jsonl"
    sinks = [sink_of(receiver.url), sink_of(file.as_uri())]
    end = threading.Event()
    threads = [threading.Thread(target=sender(engine, one).run, args=(end,)) for one in sinks]
    for thread in threads:
        thread.start()
    written(engine, *sinks)

    def until(holds: Any) -> None:
        deadline = time.monotonic() + 60
        while not holds():
            assert time.monotonic() < deadline
            time.sleep(0.05)

    until(lambda: file.exists() and len(file.read_text().splitlines()) == 10)
    assert receiver.took == []
    receiver.answers = lambda _: 200
    until(lambda: len(receiver.took) == 10)
    end.set()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


def test_nobody_is_told_of_what_is_half_listed(engine: Engine, receiver: Receiver) -> None:
    sink, end = sink_of(receiver.url), threading.Event()
    written(engine, sink)
    asked: list[bool] = []

    def complete() -> bool:
        asked.append(True)
        end.set()
        return False

    Sender(engine, sink, complete).run(end)
    assert (asked, receiver.took) == ([True], [])


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("receiver:8080", "leads nowhere"),
        ("kafka://host/topic", "leads nowhere"),
        ("file:///", "leads nowhere"),
        ("http://host:x/", "cannot be read"),
    ],
)
def test_a_url_that_leads_nowhere_is_told(url: str, why: str) -> None:
    with pytest.raises(Failure, match=f"{why}.*write one such as http://receiver:8080/path"):
        place_of(url, "lineage")


def test_neither_logs_nor_the_database_have_what_is_secret() -> None:
    _, name = place_of("https://ada:secret@host:8080/api?key=secret", "lineage")
    assert name == "lineage https://host:8080/api"
