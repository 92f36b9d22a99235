"""What the page is told when it asks about the past, and about what would be. Instants are seconds since 1970."""

from collections.abc import Sequence
from dataclasses import dataclass

from penstock.core.asked.change import Change
from penstock.core.asked.history import Compared, Past


@dataclass(frozen=True, slots=True)
class History:
    """The revisions of a Pipeline, newest first. `may`: whether the user may roll it back."""

    revisions: Sequence[Past]
    may: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """What made one revision another. `lines`: of their specs as YAML, as `diff -u` has them."""

    old: int
    new: int
    tasks: Sequence[Compared]
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a rollback would do. `generation`: of the Pipeline that was looked at; `same`: its spec is like that."""

    revision: int
    generation: int
    same: bool
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class RolledBack:
    """A revision was applied again; `done`: the Pipeline was another before."""

    revision: int
    done: bool
