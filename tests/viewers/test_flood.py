"""A flood of connections on which half a request comes: the others are answered, and it ebbs by itself."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

from penstock.web.server.application import HEADER_SECONDS
from tests.viewers.town import Town

MANY = 1_000


def test_half_requests_hold_nobody_up_and_are_ended(
    place: Town, record_property: Callable[[str, object], None]
) -> None:
    opened = [socket.create_connection(("127.0.0.1", place.port)) for _ in range(MANY)]
    for one in opened:
        one.sendall(b"GET /api/pipelines HTTP/1.1\r\nHost: localhost\r\nAuthor")
    began = time.monotonic()
    assert place.ask("nobody", "healthz") == (200, "ok\n")
    record_property("/healthz meanwhile", round(1000 * (time.monotonic() - began), 1))
    assert place.ask("reader", "api/pipelines")[0] == 200
    for one in opened:
        one.settimeout(HEADER_SECONDS + 60)
        assert one.recv(1) == b""
        one.close()
