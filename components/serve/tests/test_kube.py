"""Answers of an API server that are cut short, and writes that come too late."""

import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from serving.kube import Api, ConflictError
from serving.slots import NEXT, Slots

from serving import kube


@pytest.fixture
def api(monkeypatch, tmp_path):
    """An API server whose answers a test lays out, each a status and a body; and what it was asked."""
    answers, asked = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.command)
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, body = answers.pop(0)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body) + (status == 206)))
            self.end_headers()
            self.wfile.write(body)

        do_PATCH = do_GET  # noqa: N815 - the name that the base class looks for

        def log_message(self, *words):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever).start()
    (tmp_path / "token").write_text("xyzzy")
    monkeypatch.setattr(ssl, "create_default_context", lambda cafile: None)
    monkeypatch.setattr(kube, "ACCOUNT", tmp_path)
    monkeypatch.setattr(kube.time, "sleep", lambda seconds: None)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    found = Api()
    found._server = f"http://127.0.0.1:{server.server_address[1]}"
    yield found, answers, asked
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("half", [(206, b'{"kind": '), (200, b'{"kind": '), (503, b"")], ids=["cut", "no JSON", "503"])
def test_half_an_answer_is_asked_for_again(api, half):
    found, answers, asked = api
    answers += [half, (200, b'{"kind": "Service"}')]
    assert found.get("/api/v1/namespaces/ml/services/digits") == {"kind": "Service"}
    assert asked == ["GET", "GET"]


def test_who_claimed_meanwhile_does_not_hide_why_a_model_stays_out(api):
    found, answers, asked = api
    notes = {NEXT: json.dumps({"by": "one/deploy"})}
    service = {"metadata": {"resourceVersion": "1", "annotations": notes}, "spec": {}}
    answers += [(200, json.dumps(service).encode()), (409, b'{"message": "the object has been modified"}')]
    Slots(found, "ml", "digits").release("one/deploy")
    assert asked == ["GET", "PATCH"]
    answers.append((409, b"{}"))
    with pytest.raises(ConflictError):
        found.patch("/api/v1/namespaces/ml/services/digits", {})
