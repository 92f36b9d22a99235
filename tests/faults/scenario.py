"""What a scenario is: a course, which a user takes, and what is broken on the way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tests.faults.evidence import ENDED
from tests.faults.rules import Rule
from tests.faults.stage import Stage
from tests.plane.api import Object


class Same(StrEnum):
    """How much of the end state must be that of the undisturbed run."""

    ALL = "all"
    RESULTS = "results"
    """Phases and outputs; not how they came about."""
    PHASES = "phases"


Act = Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True)
class Course:
    """Manifests, and what their user does with them: this part is the same with and without faults.

    `rests`: phases of Pipelines that are an end of it. `capacity`: of all Pipelines together. `ends`: whether there is
    an end after which nothing may be written.
    """

    name: str
    manifests: tuple[Object, ...]
    user: Act | None = None
    rests: tuple[str, ...] = ENDED
    settings: Mapping[str, Any] = field(default_factory=dict)
    capacity: Mapping[str, str] = field(default_factory=dict)
    ends: bool = True


@dataclass(frozen=True)
class Scenario:
    """A course, and what goes wrong.

    `what` is broken, and what is `expected`, are for the table of docs/reliability.md. `rules` hold until all has
    settled. `harm` is done meanwhile, `check` afterwards: it returns what it finds wrong. `quick`: part of `make test`.
    `alone`: it breaks what others stand on. `exits`: exit codes with which the operator may end by itself.
    `first` and `instead`: what is applied and done in place of the course's manifests and its user.
    """

    name: str
    group: str
    course: Course
    what: str
    expected: str = "as undisturbed"
    rules: tuple[Rule, ...] = ()
    harm: Act | None = None
    check: Callable[[Stage], list[str]] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    quick: bool = False
    alone: bool = False
    replicas: int = 1
    exits: tuple[int, ...] = ()
    same: Same = Same.ALL
    first: tuple[Object, ...] | None = None
    instead: Act | None = None
    seconds: float = 120.0
