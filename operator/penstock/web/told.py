"""What the page is told when it asks about the past, and about what would be. Instants are seconds since 1970."""

from collections.abc import Sequence
from dataclasses import dataclass

from penstock.cluster.linting import Finding
from penstock.cluster.planning import Planned
from penstock.core.asked.change import Change
from penstock.core.asked.history import Compared, Past
from penstock.core.asked.view.schedules import Schedule


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


@dataclass(frozen=True, slots=True)
class Stuck:
    """A step that cannot start as things are, and why."""

    path: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Makespan:
    """A forecast in short. `path`: the steps that decide the end; `bottleneck`: the resource that most is waited for,
    empty if none is; `stuck`: the first that cannot start, of `stuck_count`."""

    seconds: float
    steps: int
    path: Sequence[str]
    bottleneck: str
    stuck: Sequence[Stuck]
    stuck_count: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What applying manifests would do. `findings`: what is wrong with them, and advice; with an error among them there
    is nothing else. `whole`: all of them from nothing; `before`: likewise as they are now; `left`: what would run."""

    pipelines: Sequence[Planned]
    findings: Sequence[Finding]
    whole: Makespan | None
    before: Makespan | None
    left: Makespan | None
    notes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Schedules:
    """All PipelineSchedules that may be seen. `scope`: the namespace that they are of, None: of all; `hidden`: why
    their Pipelines may not be seen, empty if they may."""

    now: float
    scope: str | None
    hidden: str
    schedules: Sequence[Schedule]
