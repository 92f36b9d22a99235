"""Writes that did not go through: what was said about each, and when it is tried again.

Trouble belongs to one object: its write is left out while it pauses, and everything else goes on at full pace.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from penstock.engine.store import Key

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0


class What(NamedTuple):
    """A write: to the object of that name, what is done to it (`create`, `status`, ...)."""

    name: str
    act: str


@dataclass(frozen=True, slots=True)
class Setback:
    """Times are seconds since 1970. `since`: of the first refusal; `until`: when the next try is due."""

    words: str
    since: float
    pause: float
    until: float


def after(before: Setback | None, words: str, now: float) -> Setback:
    """The setback that follows another one of the same kind, or none: pauses double up to a minute."""
    if before is None:
        return Setback(words, now, FIRST_PAUSE, now + FIRST_PAUSE)
    pause = min(LONGEST_PAUSE, before.pause * 2)
    return Setback(words, before.since, pause, now + pause)


class Setbacks:
    """The writes that pause, by what they are planned with."""

    def __init__(self) -> None:
        self._known: dict[Key, dict[What, Setback]] = {}

    def note(self, key: Key, what: What, words: str, now: float) -> tuple[Setback, bool]:
        """A write failed. Returns how it stands, and whether these words are news."""
        known = self._known.setdefault(key, {})
        before = known.get(what)
        known[what] = after(before, words, now)
        return known[what], before is None or before.words != words

    def over(self, key: Key, what: What) -> bool:
        """A write went through; returns whether it had not before."""
        known = self._known.get(key, {})
        found = known.pop(what, None)
        if found and not known:
            del self._known[key]
        return found is not None

    def any(self, key: Key) -> bool:
        """Whether any write pauses."""
        return key in self._known

    def until(self, key: Key, what: What) -> float:
        """When a write may be tried (seconds since 1970); 0 if at any time."""
        found = self._known.get(key, {}).get(what)
        return found.until if found else 0.0

    def words(self, key: Key) -> Mapping[str, str]:
        """What was said last, by the name of the object."""
        return {what.name: one.words for what, one in self._known.get(key, {}).items()}

    def retain(self, key: Key, wanted: Collection[What]) -> bool:
        """Forgets the writes that nobody wants any more; returns whether there were any."""
        known = self._known.get(key)
        if not known:
            return False
        over = known.keys() - set(wanted)
        for what in over:
            del known[what]
        if not known:
            del self._known[key]
        return bool(over)

    def forget(self, key: Key) -> None:
        """It is gone."""
        self._known.pop(key, None)
