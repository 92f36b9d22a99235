"""Events to a server of our own."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from penstock_ml import wire


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((dict(self.headers), json.loads(body)))
        self.send_response(self.server.code)
        self.end_headers()

    def log_message(self, *words):
        pass


@pytest.fixture
def hook():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.seen, server.code = [], 202
    server.url = f"http://127.0.0.1:{server.server_port}/hook"
    threading.Thread(target=server.serve_forever).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def tell(step, hook, monkeypatch):
    for name, value in {"NAMESPACE": "team", "PIPELINE": "maintain-1", "STEP": "tell"}.items():
        monkeypatch.setenv(f"PENSTOCK_{name}", value)

    def told(**inputs):
        return step("alarm", **{"url": hook.url, "type": "com.example.model.drifted", **inputs})

    return told


def test_it_is_a_cloud_event(tell, hook, monkeypatch):
    monkeypatch.setenv("AUTHORIZATION", "Bearer word")
    outputs = tell(subject="digits", data={"p": 0.001, "wört": [1]}, time="2026-11-30T13:00:00+01:00")
    ((headers, event),) = hook.seen
    assert headers["Content-Type"].startswith("application/cloudevents+json")
    assert headers["Authorization"] == "Bearer word"
    assert event == {
        "specversion": "1.0",
        "type": "com.example.model.drifted",
        "source": "/namespaces/team/pipelines/maintain-1/steps/tell",
        "subject": "digits",
        "id": outputs["id"],
        "time": "2026-11-30T12:00:00Z",
        "datacontenttype": "application/json",
        "data": {"p": 0.001, "wört": [1]},
    }
    assert outputs["status"] == 202


def test_an_attempt_more_is_no_event_more(tell, monkeypatch):
    first = tell(data={"p": 1})["id"]
    assert tell(data={"p": 1}, time="2026-01-01T00:00:00Z")["id"] == first
    others = [tell(data={"p": 2}), tell(data={"p": 1}, key="b"), tell(data={"p": 1}, subject="x")]
    monkeypatch.setenv("PENSTOCK_PIPELINE", "maintain-2")
    others.append(tell(data={"p": 1}))
    assert len({first, *(one["id"] for one in others)}) == 5


def test_what_may_be_taken_later_is_tried_again(tell, hook):
    hook.code = 503
    with pytest.raises(SystemExit, match="503"):
        tell()


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"url": "hooks"}, "input 'url' is 'hooks', but must begin with http"),
        ({"type": "drifted"}, "must be words with dots"),
        ({"data": "[1]"}, r"input 'data' is \[1\], but must be an object"),
        ({"data": "{"}, "input 'data' is not JSON"),
        ({"data": '{"a": NaN}'}, "input 'data' is not JSON"),
        ({"data": '{"a": "\\ud800"}'}, "input 'data' is not JSON"),
        ({"time": "noon"}, "must be a time such as"),
        ({"time": "2026-11-30T12:00:00"}, "has no zone"),
    ],
)
def test_what_is_no_event_is_not_sent(tell, hook, inputs, words):
    with pytest.raises(wire.InputError, match=words):
        tell(**inputs)
    assert hook.seen == []


def test_who_refuses_it_is_not_asked_again(tell, hook):
    hook.code = 404
    with pytest.raises(wire.InputError, match="404"):
        tell()
