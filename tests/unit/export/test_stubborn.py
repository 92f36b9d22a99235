"""Receivers that answer as none should, and what cannot be sent: neither keeps back what comes after."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import structlog
from sqlalchemy import Engine, text
from tests.unit.export.conftest import table
from tests.unit.export.receiver import Receiver
from tests.unit.export.test_sending import sender, sink_of, written

from penstock.export import metrics
from penstock.export.events import sending
from penstock.export.events.places import AwayError, UnclearError, place_of

ALL = 10
"""Events that are due."""
MOST = 64 * 2**20


def change(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for one in statements:
            connection.execute(text(one))


@pytest.mark.parametrize("status", [302, 403, 404, 405, 409, 415, 500])
def test_who_takes_others_but_never_this_gets_all_others(
    engine: Engine, receiver: Receiver, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "TRIES", 3)
    sink = sink_of(receiver.url)
    written(engine, sink)
    receiver.answers = lambda one: status if one["job"]["name"] == "nightly.prepare" else 200
    mine = sender(engine, sink)
    for _ in range(4):
        with pytest.raises(UnclearError, match=f"HTTP {status}"):
            mine.send()
    assert len(receiver.took) == ALL - 2
    refused = "SELECT refused FROM due WHERE refused IS NOT NULL"
    assert table(engine, refused) == [], "nobody knows yet whose fault it is"
    before = metrics.EVENTS.labels("lineage", "refused")._value.get()
    with structlog.testing.capture_logs() as logged:
        for _ in range(8):
            change(engine, "UPDATE due SET settled = (1 = 0) WHERE kind = 'began 1 round'")  # something new
            try:
                mine.send()
            except UnclearError:
                continue
    assert table(engine, refused) == [(f"HTTP {status} no such thing, 3 times, while others were taken",)] * 2
    assert len([one for one in logged if one["event"] == "refused, and left out"]) == 2
    assert metrics.EVENTS.labels("lineage", "refused")._value.get() == before + 2
    assert not mine.send()


@pytest.mark.parametrize("status", [302, 401, 404, 500, 503])
def test_who_takes_nothing_for_long_loses_nothing(
    engine: Engine, receiver: Receiver, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "LOOKED_AT", 4)
    sink = sink_of(receiver.url)
    written(engine, sink)
    receiver.answers = lambda _: status
    mine = sender(engine, sink)
    for _ in range(5 * ALL):
        with pytest.raises(AwayError):
            mine.send()
        assert len(mine._tries) <= 4
    assert table(engine, "SELECT count(*) FROM due WHERE settled") == [(0,)]
    receiver.answers = lambda _: 200
    while mine.send():
        continue
    assert len(receiver.took) == ALL


def test_a_moment_that_is_at_fault_makes_nothing_doubted(engine: Engine, receiver: Receiver) -> None:
    sink = sink_of(receiver.url)
    written(engine, sink)
    statuses = iter([200, 429])
    receiver.answers = lambda _: next(statuses)
    mine = sender(engine, sink)
    with pytest.raises(AwayError, match="HTTP 429"):
        mine.send()
    assert mine._tries == {}


def test_what_nothing_is_known_of_keeps_nothing_back(
    engine: Engine, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "LOOKED_AT", 3)
    sink = sink_of(receiver.url)
    written(engine, sink)
    row = "INSERT INTO due (sink, kind, key, at, settled) VALUES ('{}', 'began 2 run', 'x-{}/1', '2020-01-01', 1 = 0)"
    change(engine, *(row.format(sink.name, number) for number in range(7)))
    mine = sender(engine, sink)
    while mine.send():
        continue
    assert len(receiver.took) == ALL
    assert table(engine, "SELECT count(*) FROM due WHERE NOT settled") == [(7,)]


def test_a_line_that_was_cut_short_spoils_no_other(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "lineage.jsonl"
    file.write_text('{"eventType": "STA')
    sink = sink_of(file.as_uri())
    written(engine, sink)
    sender(engine, sink).send()
    first, *others = file.read_text().splitlines()
    assert first == '{"eventType": "STA'
    assert len([json.loads(line) for line in others]) == ALL


@contextmanager
def talking(status: int) -> Iterator[tuple[str, list[int]]]:
    """A receiver whose answer does not end before `MOST` bytes; and how many of them it got rid of."""
    sent: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.end_headers()
            block = b"x" * 2**16
            count = 0
            try:
                while count < MOST:
                    count += self.wfile.write(block)
            except OSError:
                pass
            sent.append(count)

        def log_message(self, *_: object) -> None:
            """Tests need no line for each."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/", sent
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("status", [200, 404])
def test_an_answer_without_end_is_not_read(status: int) -> None:
    with talking(status) as (url, sent):
        place, _ = place_of(url, "lineage")
        if status == 200:
            place.put(b"{}")
        else:
            with pytest.raises(UnclearError, match=r"HTTP 404 x{200}$"):
                place.put(b"{}")
    assert sent[0] < MOST
