"""Downloads: the browser makes them itself and shows no token, so each has an address that holds once, and not long."""

import secrets
import time
from typing import Generic, TypeVar

SECONDS = 30.0
MOST = 1_000
MOST_EACH = 10
"""At once, and of one viewer; the oldest gives way."""

What = TypeVar("What")


class Tickets(Generic[What]):
    """What may be downloaded, by ticket."""

    def __init__(self) -> None:
        self._sold: dict[str, tuple[float, str, What]] = {}

    def sell(self, what: What, who: str) -> str:
        """A ticket, 256 random bits."""
        now = time.monotonic()
        self._sold = {ticket: one for ticket, one in self._sold.items() if now <= one[0]}
        mine = [ticket for ticket, (_, whose, _) in self._sold.items() if whose == who]
        for old in mine[: max(0, len(mine) - MOST_EACH + 1)]:
            del self._sold[old]
        while len(self._sold) >= MOST:
            del self._sold[next(iter(self._sold))]
        ticket = secrets.token_hex(32)
        self._sold[ticket] = now + SECONDS, who, what
        return ticket

    def take(self, ticket: str) -> What | None:
        """What it is for; None if it was taken or is too old."""
        until, _, what = self._sold.pop(ticket, (0.0, "", None))
        return what if time.monotonic() <= until else None
