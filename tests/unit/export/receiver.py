"""A receiver of events over HTTP that keeps what it took, and may be away, or refuse."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver(ThreadingHTTPServer):
    """`answers`: the status for what was sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.took: list[Any] = []
        self.headers: list[dict[str, str]] = []
        self.answers: Callable[[Any], int] = lambda _: 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/api/v1/lineage"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Receiver)
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = server.answers(sent)
        if status == 200:
            server.took.append(sent)
            server.headers.append(dict(self.headers))
        said = b"" if status == 200 else b"no such thing"
        self.send_response(status)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        """Tests need no line for each."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    """One that listens until it is left."""
    found = Receiver()
    thread = threading.Thread(target=found.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        found.shutdown()
        found.server_close()
