"""HTTPS on loopback, for stand-ins that the API server trusts."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.cluster.certificates import Authority


@contextmanager
def serving(authority: Authority, name: str, port: int, handler: type[BaseHTTPRequestHandler]) -> Iterator[None]:
    """It answers until the block ends. `name`: whose certificate it shows."""
    pair = authority.issue(name, names=["IP:127.0.0.1"])
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pair.certificate, pair.key)
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
