"""What the command tells its user: one line per piece of work, with the time it took."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

STARTED = time.monotonic()
STILL_EVERY = 30.0
"""Seconds between the lines that say that a long piece of work goes on."""


class ClusterError(Exception):
    """Something is missing or failed; the text says what, and what to do about it."""


def say(text: str) -> None:
    """Print one line, with the seconds since the command began, to standard error."""
    sys.stderr.write(f"[{time.monotonic() - STARTED:6.1f}s] {text}\n")
    sys.stderr.flush()


@contextmanager
def stage(text: str, usually: str = "") -> Iterator[None]:
    """Announce a piece of work, say every 30 seconds that it goes on, and how long it took at its end."""
    began = time.monotonic()
    done = threading.Event()

    def beat() -> None:
        while not done.wait(STILL_EVERY):
            say(f"  ... {text}: {time.monotonic() - began:.0f}s")

    say(f"{text}{f' (usually {usually})' if usually else ''}")
    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
        say(f"  done: {text}, {time.monotonic() - began:.1f}s")
    finally:
        done.set()
        thread.join()


def wait_until(what: str, ready: object, seconds: float, every: float = 0.2) -> None:
    """Call ``ready()`` until it is true.

    Raises:
        ClusterError: it was not within ``seconds``.
    """
    assert callable(ready)
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise ClusterError(f"{what} was not ready after {seconds:.0f} s")
        time.sleep(every)
