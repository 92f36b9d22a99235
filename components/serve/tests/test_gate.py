"""The gate before servers that are real, that hang, and that lie."""

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from serving.client import AnswersError, Pod
from serving.gate import GateError, Limits, Shown, judged, quantile
from serving.record import Figures

from serving import client, gate

V = "sha256-0123456789abcdef"


@contextmanager
def speaking(answers):
    """A server whose answer to a path is a status and a body, or a function that writes to the client."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = answers[self.path]
            if callable(answer):
                return answer(self)
            self.send_response(answer[0])
            self.end_headers()
            self.wfile.write(answer[1])
            return None

        do_POST = do_GET  # noqa: N815 - the name that the base class looks for

        def log_message(self, *words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever).start()
    try:
        yield Pod("127.0.0.1", server.server_address[1], "model")
    finally:
        server.shutdown()
        server.server_close()


def window(*items, model=V):
    return 200, json.dumps({"model": model, "seen": 1, "since": "", "items": list(items)}).encode()


def item(inputs, stamp="2026-01-01T00:00:00Z"):
    return {"time": stamp, "inputs": inputs, "prediction": "7", "confidence": 1}


def test_the_real_server_is_measured_and_replayed(server):
    pod = Pod("127.0.0.1", server.port, "model")
    pod.ask([row.reshape(-1).tolist() for row in server.source.train.samples[:60]])
    found = gate.shown(pod, [pod], server.version, server.source)
    assert found.figures.accuracy > 0.95
    assert found.figures.agreement == 1
    assert found.replayed == 50
    assert found.samples == len(server.source.test)
    assert len(found.new) == min(gate.ALONE, found.samples) + 50
    assert found.figures.p99 == quantile(found.new, 0.99)
    assert found.notes == ()
    judged(found, Limits(0.95, 30, 1))


def test_texts_are_replayed_too(reader):
    pod = Pod("127.0.0.1", reader.port, "model")
    assert pod.ask(["yes", "no"]).predictions == ["agreed", "refused"]
    assert gate.shown(pod, [pod], reader.version, reader.source).figures.agreement == 1


def test_a_new_model_that_refuses_what_the_live_one_answers_disagrees(server, reader):
    live, new = Pod("127.0.0.1", server.port, "model"), Pod("127.0.0.1", reader.port, "model")
    live.ask([[0.5] * 64] * 30)
    found = gate.shown(new, [live], server.version, None)
    assert found.figures.agreement == 0
    with pytest.raises(GateError, match=r"answers 0\.0000 of \d+ recent requests as the live model does"):
        judged(found, Limits(0, 1, 0.5))


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (window(model="sha256-other"), "the window is of 'sha256-other'"),
        ((200, b"[]"), "cannot be read"),
        ((200, b"\xff"), "no JSON"),
        ((200, b"[" * 99999), "no JSON"),
        ((500, b"{}"), "500"),
        ((200, json.dumps({"model": V, "items": "plugh"}).encode()), "no list of items"),
        (window(item([10**400]), item([10**400, -(10**400)])), "2 items"),
        (window(1, {}, item([]), item(["a", "b"]), item([None]), item([True]), item([[1]])), "7 items"),
        ((200, b'{"model": "%s", "items": [{"time": "", "inputs": [NaN]}]}' % V.encode()), "1 items"),
    ],
)
def test_a_window_that_lies_is_not_believed(server, answer, why):
    new = Pod("127.0.0.1", server.port, "model")
    with speaking({"/v2/window": answer}) as live:
        found = gate.shown(new, [live], V, None)
    assert found.figures == Figures()
    assert why in found.notes[0]
    assert "nothing was replayed" in found.notes[-1]


def test_a_live_model_that_does_not_answer_its_own_window_is_noted(server):
    new = Pod("127.0.0.1", server.port, "model")
    answers = {"/v2/window": window(item([0.5] * 64)), "/v2/models/model/infer": (400, b'{"error": "plugh"}')}
    with speaking(answers) as live:
        found = gate.shown(new, [live], V, None)
    assert found.figures.agreement is None
    assert "the live model does not answer what its window holds" in found.notes[0]
    assert "plugh" in found.notes[0]


def test_a_live_model_that_hangs_does_not_hold_up_the_next(server, monkeypatch):
    monkeypatch.setattr(client, "SECONDS", 0.2)
    monkeypatch.setattr(gate, "SECONDS", 1)
    new = Pod("127.0.0.1", server.port, "model")
    asked = []

    def hang(handler):
        asked.append(handler.path)
        time.sleep(2)

    hanging = {"/v2/window": window(*[item([0.5] * 64)] * 100), "/v2/models/model/infer": hang}
    with speaking(hanging) as live:
        found = gate.shown(new, [live], V, None)
    assert found.replayed == 0
    assert 0 < len(asked) < 10
    assert found.notes[0] == "not all of the window was replayed in 1 s"


def drop(handler):
    handler.send_response(200)
    handler.end_headers()
    for _ in range(50):
        handler.wfile.write(b" ")
        time.sleep(0.1)


@pytest.mark.parametrize("answer", [drop, lambda handler: time.sleep(5)], ids=["drop by drop", "never"])
def test_a_server_that_hangs_is_given_up(monkeypatch, answer):
    monkeypatch.setattr(client, "SECONDS", 1)
    with speaking({"/v2/window": answer}) as live:
        items, notes = live.window(V)
    assert items == []
    assert "cannot be read" in notes[0]


def test_an_answer_without_end_is_given_up(monkeypatch):
    monkeypatch.setattr(client, "LARGEST", 1000)
    with speaking({"/v2/window": (200, b" " * 5000)}) as live:
        assert "has no end" in live.window(V)[1][0]


def test_answers_that_are_too_few_are_none():
    outputs = {"outputs": [{"name": "prediction", "data": ["7"]}]}
    with speaking({"/v2/models/model/infer": (200, json.dumps(outputs).encode())}) as pod:
        assert pod.ask([[1.0]]).predictions == ["7"]
        with pytest.raises(AnswersError, match="no prediction for each of 2 samples"):
            pod.ask([[1.0], [2.0]])


def test_the_latest_of_the_window_come_first():
    with speaking({"/v2/window": window(item([1], "2026-01"), item([3], "2026-03"), item([2], "2026-02"))}) as pod:
        assert pod.window(V) == ([[3], [2], [1]], [])


def test_each_limit_that_is_missed_is_said():
    found = Shown(Figures(0.5, 0.5, 2.0), samples=10, replayed=gate.FEWEST)
    with pytest.raises(GateError) as missed:
        judged(found, Limits(0.9, 1, 0.9))
    assert len(str(missed.value).split("; ")) == 3
    judged(found, Limits(0.5, 2, 0.5))


def test_agreement_on_a_few_decides_nothing():
    judged(Shown(Figures(agreement=0.0), replayed=gate.FEWEST - 1), Limits(0, 1, 1))


def test_quantiles_are_values_that_were_there():
    assert quantile(range(1, 101), 0.99) == 99
    assert quantile([5], 0.99) == quantile([5], 0.01) == 5
