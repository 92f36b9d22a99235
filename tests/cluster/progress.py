"""What the command tells its user: one line per piece of work, with the time it took and about how much is left."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.cluster.agenda import AGENDA, spoken

STARTED = time.monotonic()
STILL_EVERY = 30.0
"""Seconds between the lines that say that a long piece of work goes on."""

LONG = 60.0
"""Seconds from which on it is said beforehand how long all of it takes."""


class ClusterError(Exception):
    """Something is missing or failed; the text says what, and what to do about it."""


def say(text: str) -> None:
    """Print one line, with the seconds since the command began, to standard error."""
    sys.stderr.write(f"[{time.monotonic() - STARTED:6.1f}s] {text}\n")
    sys.stderr.flush()


def plan(*lanes: Mapping[str, float], after: float = 0) -> None:
    """Say what is ahead and about how long it takes, if it is long; see Agenda.plan."""
    AGENDA.plan(*lanes, after=after)
    if AGENDA.seconds() >= LONG:
        beside = ("; beside it: ", ", ")
        words = beside[0].join(
            beside[1].join(f"{text} {spoken(n)}" for text, n in lane.items()) for lane in lanes if lane
        )
        say(f"{AGENDA.left()}, on two cores that nobody else uses: {words}")


@contextmanager
def stage(text: str, seconds: float = 0, note: str = "") -> Iterator[None]:
    """Announce a piece of work, say every 30 seconds that it goes on, and how long it took at its end.

    ``seconds`` is about how long it takes, on two cores that nobody else uses; 0 where the agenda knows it, or if that
    is not worth a word.
    """
    began = time.monotonic()
    done = threading.Event()

    def beat() -> None:
        while not done.wait(STILL_EVERY):
            say(f"  ... {text}: {_joined(f'{time.monotonic() - began:.0f}s', AGENDA.left())}")

    AGENDA.begin(text)
    usual = AGENDA.expected(text) or seconds
    words = _joined(f"about {spoken(usual)}" if usual else "", note, AGENDA.left() if AGENDA.expected(text) else "")
    say(f"{text}{f' ({words})' if words else ''}")
    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
        AGENDA.end(text)
        say(f"  done: {text}, {time.monotonic() - began:.1f}s")
    finally:
        done.set()
        thread.join()


def _joined(*parts: str) -> str:
    return "; ".join(filter(None, parts))


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
