"""What the exporter says of itself over HTTP: `/metrics`, and `/healthz` as long as it runs."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import make_wsgi_app

Answer = Iterable[bytes]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nobody needs a line for every probe."""


@contextmanager
def serving(address: str, port: int) -> Iterator[None]:
    """Answers until it is left. Raises OSError if the port is taken."""
    server = make_server(address, port, _app(), _Server, _Quiet)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def _app() -> Any:
    measured: Callable[[dict[str, Any], Any], Answer] = make_wsgi_app()

    def answer(environ: dict[str, Any], start: Any) -> Answer:
        if environ["PATH_INFO"] == "/metrics":
            return measured(environ, start)
        known = environ["PATH_INFO"] == "/healthz"
        start("200 OK" if known else "404 Not Found", [("Content-Type", "text/plain")])
        return [b"ok\n" if known else b"there are /metrics and /healthz\n"]

    return answer
