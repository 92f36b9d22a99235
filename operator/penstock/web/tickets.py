"""Downloads: the browser makes them itself and shows no token, so each has an address that holds once, and not long."""

import secrets
import time
from typing import Generic, TypeVar

SECONDS = 30.0
MOST = 100
"""At once; the oldest gives way."""

What = TypeVar("What")


class Tickets(Generic[What]):
    """What may be downloaded, by ticket."""

    def __init__(self) -> None:
        self._sold: dict[str, tuple[float, What]] = {}

    def sell(self, what: What) -> str:
        """A ticket, 256 random bits."""
        while len(self._sold) >= MOST:
            del self._sold[next(iter(self._sold))]
        ticket = secrets.token_hex(32)
        self._sold[ticket] = time.monotonic() + SECONDS, what
        return ticket

    def take(self, ticket: str) -> What | None:
        """What it is for; None if it was taken or is too old."""
        until, what = self._sold.pop(ticket, (0.0, None))
        return what if time.monotonic() <= until else None
