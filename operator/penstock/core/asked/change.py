"""What would become of a Step, and why: as data, and as a sentence."""

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What becomes of a Step."""

    RUN = "run"
    REUSE = "reuse"
    SKIP = "skip"
    REMOVE = "remove"


class Cause(StrEnum):
    """Why that becomes of it."""

    HELD = "held"
    """It has the result of a run, whose number it is about."""
    SKIPPED = "skipped"
    """About: the sentence of the verdict."""
    RERUN = "rerun"
    OPEN = "open"
    """It runs over a list that is not known yet."""
    NEW = "new"
    FIELDS = "fields"
    """About: the fields of its spec that differ."""
    UPSTREAM = "upstream"
    """About: the tasks before it that run."""
    APPROVAL = "approval"
    CACHE = "cache"
    """About: the value of `cache`, which does not take a result that is held."""
    NO_RESULT = "noResult"
    """About: the phase that it is in."""
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Change:
    """One Step with what becomes of it and why: as a cause with what it is about, and as a sentence."""

    path: str
    action: Action
    cause: Cause
    about: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        """The sentence."""
        names = ", ".join(self.about)
        match self.cause:
            case Cause.HELD:
                return f"the result of run {names} counts"
            case Cause.SKIPPED:
                return names
            case Cause.RERUN:
                return "a rerun is asked for"
            case Cause.OPEN:
                return "runs over a list that is not known yet"
            case Cause.NEW:
                return "is new"
            case Cause.FIELDS:
                return f"{names} changed"
            case Cause.UPSTREAM:
                return f"depends on {names}, which runs"
            case Cause.APPROVAL:
                return "asks for approval once per revision"
            case Cause.CACHE:
                return f"cache: {names} does not take the held result"
            case Cause.NO_RESULT:
                return f"has no result (it is {names})"
            case Cause.GONE:
                return "is no longer in the manifest"

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields of its spec that differ, if they are why."""
        return self.about if self.cause is Cause.FIELDS else ()
