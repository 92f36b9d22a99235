"""The store's errors say what to do, and never what is secret. The server is a real one, on the loopback interface."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from penstock.core.pod.transfer import Transfer
from penstock.courier.problems import CourierError
from penstock.courier.store import Missing, Store, connect

Answer = tuple[int, str, str]


class _Handler(BaseHTTPRequestHandler):
    answer: Answer = (500, "", "")

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def do_GET(self) -> None:
        status, code, message = self.answer
        secret = "<StringToSign>AWS4-HMAC s3cr3t-signature</StringToSign>"
        text = f"<Error><Code>{code}</Code><Message>{message}</Message>{secret}</Error>".encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def store() -> Iterator[Callable[[Answer], Store]]:
    server = HTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()

    def answering(answer: Answer) -> Store:
        _Handler.answer = answer
        endpoint = f"http://127.0.0.1:{server.server_port}"
        keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "s3cr3t"}
        return connect(Transfer("s3://bucket/prefix", endpoint, "my-secret"), keys)

    yield answering
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((403, "SignatureDoesNotMatch", "It does not match."), "refused the credentials of Secret 'my-secret'"),
        ((403, "AccessDenied", "No."), "and what they may do"),
        ((404, "NoSuchBucket", "No bucket."), "has no bucket 'bucket'; create it or correct storage.uri"),
        ((404, "XAdminUserNotFound", "No user exists with the access key."), "XAdminUserNotFound: No user exists"),
        ((400, "ExpiredToken", "Too old."), "refused the credentials"),
        ((400, "EntityTooLarge", "Too large."), "EntityTooLarge: Too large."),
    ],
)
def test_errors_are_sentences(store: Callable[[Answer], Store], answer: Answer, words: str) -> None:
    for act in (lambda one: one.put("key", b"x"), lambda one: one.get("key", 9)):
        with pytest.raises(CourierError) as caught:
            act(store(answer))
        said = str(caught.value)
        assert said.startswith(("cannot write s3://bucket/prefix/key: ", "cannot read s3://bucket/prefix/key: "))
        assert words in said
        assert "s3cr3t" not in said
        assert "\n" not in said


def test_a_missing_object_is_told_apart(store: Callable[[Answer], Store]) -> None:
    with pytest.raises(Missing):
        store((404, "NoSuchKey", "No such key.")).get("key", 9)
