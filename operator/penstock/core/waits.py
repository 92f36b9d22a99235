"""Why a demand does not start: the reason, and the cause of it for who asks."""

from collections.abc import Callable

from penstock.core.causes import Cause
from penstock.core.reasons import Reason
from penstock.core.wording import Reader, words

PATIENCE = 5.0
"""Seconds that a wait lasts before it is written."""


class Wait:
    """Why a demand does not start, and which resources are short.

    `at`: the instant of the pass that found it, seconds since 1970. The cause is looked for when somebody asks, with
    numbers as they are at the end of that pass, and kept: thousands of equal demands share one Wait.
    """

    __slots__ = ("_cause", "_find", "_said", "at", "reason", "short")

    def __init__(self, reason: Reason, at: float, find: Callable[[], Cause], short: tuple[str, ...] = ()) -> None:
        self.reason = reason
        self.at = at
        self.short = short
        self._find: Callable[[], Cause] | None = find
        self._cause: Cause | None = None
        self._said: tuple[Reader, str] | None = None

    @property
    def cause(self) -> Cause:
        """What is short, by how much, and who holds it."""
        find = self._find
        if find is not None:  # plans of large Pipelines are made in another thread: at worst it is found twice
            self._cause = find()
            self._find = None
        assert self._cause is not None
        return self._cause

    def words(self, reader: Reader) -> str:
        """The cause in words, with no name that the reader may not know."""
        said = self._said
        if said is None or said[0] != reader:
            said = self._said = reader, words(self.cause, reader, self.at)
        return said[1]

    def __repr__(self) -> str:
        return f"Wait({self.reason.value}: {self.cause})"
