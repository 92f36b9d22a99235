"""Requests to a server of our own."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from penstock_ml import wire


class Handler(BaseHTTPRequestHandler):
    """Answers as the path says, and notes what came."""

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.server.seen.append((self.command, self.path, dict(self.headers), body))
        word = self.path.strip("/")
        if word == "away":
            self.send_response(302)
            self.send_header("Location", f"http://localhost:{self.server.server_port}/json")
            content = b""
        else:
            self.send_response(int(word) if word.isdecimal() else 200)
            content = {"odd": b'{"n": NaN, "s": "\\ud800"}', "deep": b"[" * 60000, "vast": b"x" * 100000}.get(word)
            content = content or {"json": b'{"n": 1}', "long": b"x" * 5000, "bytes": b"\xff\xfe"}.get(word, b"hello")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET  # noqa: N815 - the name that the server asks for

    def log_message(self, *words):
        pass


@pytest.fixture
def server():
    found = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.seen = []
    thread = threading.Thread(target=found.serve_forever)
    thread.start()
    yield found
    found.shutdown()
    thread.join()
    found.server_close()


def url(server, path):
    return f"http://127.0.0.1:{server.server_port}/{path}"


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("text", {"status": 200, "body": "hello"}),
        ("json", {"status": 200, "json": {"n": 1}}),
        ("201", {"status": 201, "body": "hello"}),
        ("long", {"status": 200}),
        ("bytes", {"status": 200}),
        ("odd", {"status": 200, "body": '{"n": NaN, "s": "\\ud800"}'}),
        ("deep", {"status": 200}),
        ("vast", {"status": 200}),
    ],
)
def test_the_answer_is_what_fits(step, server, path, wanted):
    assert step("http-request", url=url(server, path)) == wanted


def test_method_headers_body_and_secret_are_sent(step, server, monkeypatch):
    monkeypatch.setenv("AUTHORIZATION", "Bearer word\n")
    step("http-request", url=url(server, "x"), method="POST", headers={"X-A": "b"}, body=json.dumps({"ü": 1}))
    ((method, path, headers, body),) = server.seen
    assert (method, path, json.loads(body)) == ("POST", "/x", {"ü": 1})
    assert (headers["X-A"], headers["Authorization"]) == ("b", "Bearer word")


@pytest.mark.parametrize(
    ("inputs", "wanted"),
    [
        ({"body": '{"n": 1}'}, "application/json"),
        ({"body": "[1]"}, "application/json"),
        ({"body": "5"}, "text/plain; charset=utf-8"),
        ({"body": "n = ü"}, "text/plain; charset=utf-8"),
        ({"body": "n: 1", "type": "application/yaml"}, "application/yaml"),
        ({"body": "{}", "headers": {"content-type": "text/x"}}, "text/x"),
        ({"body": "{}", "headers": {"Content-Type": "text/x"}, "type": "text/y"}, "text/y"),
        ({}, None),
    ],
)
def test_the_body_says_what_it_is(step, server, inputs, wanted):
    step("http-request", url=url(server, "x"), method="POST", **inputs)
    ((_, _, headers, _),) = server.seen
    assert headers.get("Content-Type") == wanted


def test_a_secret_that_is_named_and_not_there_sends_nothing(step, server, monkeypatch):
    monkeypatch.delenv("AUTHORIZATION", raising=False)
    with pytest.raises(wire.InputError, match="Secret 'hooks' is not there, or has nothing in its key"):
        step("http-request", url=url(server, "x"), secret="hooks")
    assert not server.seen


def test_another_host_is_not_told_who_asks(step, server, monkeypatch):
    monkeypatch.setenv("AUTHORIZATION", "Bearer word")
    assert step("http-request", url=url(server, "away"))["json"] == {"n": 1}
    assert ["Authorization" in headers for _, _, headers, _ in server.seen] == [True, False]


@pytest.mark.parametrize("secret", ["Bearer one\ntwo", "Bearer größe"])
def test_a_secret_that_is_no_header_is_refused_and_not_told(step, server, monkeypatch, secret):
    monkeypatch.setenv("AUTHORIZATION", secret)
    with pytest.raises(wire.InputError, match="must be one line of ASCII") as error:
        step("http-request", url=url(server, "x"))
    assert "Bearer" not in str(error.value)
    assert not server.seen


@pytest.mark.parametrize("code", [408, 429, 500, 503])
def test_what_may_work_the_next_time_is_tried_again(step, server, code):
    with pytest.raises(SystemExit, match=f": {code} "):
        step("http-request", url=url(server, code))


def test_nobody_there_is_tried_again(step, server):
    place = url(server, "x")
    server.shutdown()
    server.server_close()
    with pytest.raises(SystemExit, match="error: GET"):
        step("http-request", url=place)


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"url": "file:///etc/passwd"}, "must begin with http"),
        ({"url": "http:///x"}, "and a host"),
        ({"url": "http://x:port"}, "Port could not be cast"),
        ({"url": "http://[::1"}, "Invalid IPv6"),
        ({"url": "http://127.0.0.1:9/a b"}, "cannot be sent"),
        ({"url": "http://127.0.0.1:9/", "headers": {"A": "b\nC: d"}}, "cannot be sent"),
        ({"url": "http://x", "headers": '{"a": 1}'}, "must be an object of texts"),
        ({"url": "http://x", "headers": "{"}, "is not JSON"),
    ],
)
def test_a_request_that_cannot_be_made_is_refused(step, inputs, words):
    with pytest.raises(wire.InputError, match=words):
        step("http-request", **inputs)


def test_a_request_that_is_refused_is_not_tried_again(step, server):
    with pytest.raises(wire.InputError, match=": 404 Not Found"):
        step("http-request", url=url(server, 404))
