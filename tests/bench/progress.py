"""What the bench tells while it runs."""

from __future__ import annotations

import os

from tests.cluster.progress import say


def note(text: str) -> None:
    """One line with the time and the load of the machine: figures of a busy machine are noise."""
    say(f"(load {os.getloadavg()[0]:.1f}) {text}")
