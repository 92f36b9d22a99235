"""What holds containers until the test lets them go on, so that no sleep has to be long enough.

A container asks a server of the test's for a page, which is answered once the gate is open, and at once from then on.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.cluster import reachable

_ASK = "import urllib.request; urllib.request.urlopen('{url}').read()"


class Gate:
    """Closed at first."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._open = threading.Event()

    @property
    def held(self) -> str:
        """A shell command that ends once the gate is open, and with an error when it is told to end."""
        return f"trap 'exit 1' TERM; python3 -c \"{_ASK.format(url=self.url)}\" & wait $!"

    def open(self) -> None:
        """Lets all go on that are held, and holds nobody any more."""
        self._open.set()

    def wait(self) -> None:
        """Returns once it is open."""
        self._open.wait()


@contextmanager
def serving() -> Iterator[Gate]:
    """A gate that pods reach, for as long as the context lasts; it is open afterwards."""
    host = reachable.host()

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            gate.wait()
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing: pytest shows what is printed."""

    with ThreadingHTTPServer((host, 0), Page) as server:
        gate = Gate(f"http://{host}:{server.server_address[1]}/")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield gate
        finally:
            gate.open()
            server.shutdown()
