"""Snapshots: what is known about one Pipeline, or one Step that stands alone, at one instant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from penstock.core.graph.graph import Graph
from penstock.core.graph.ranks import Ranks
from penstock.core.problems import Problem
from penstock.core.seen.views import RUN, JobView, Object, PipelineView, PodView, StepView
from penstock.core.waits import Wait


@dataclass(frozen=True, slots=True)
class Refusal:
    """The Job of that attempt of a Step was not taken: why, in words, and since when (seconds since 1970).

    `quota`: there is no room now, so waiting helps. `hopeless`: the Job is not valid, so nothing helps. `conflict`: its
    name is taken by an object that belongs to somebody else.
    """

    message: str
    since: float
    quota: bool = False
    hopeless: bool = False
    conflict: bool = False
    purpose: str = RUN
    run: int = 0
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Beyond what something is late. Times are seconds; 0 turns the stalled queue off."""

    factor: float = 3.0
    """A step or Pipeline is overdue when it takes so many times what is expected,"""
    at_least: float = 300.0
    """and takes longer than expected by at least so much."""
    stalled: float = 1800.0
    """A queue stands still when steps wait, none runs, and none has started or ended for so long."""


@dataclass(frozen=True, slots=True)
class Observed:
    """One Pipeline and all that belongs to it, at one instant."""

    pipeline: PipelineView
    graph: Graph | None
    problems: Sequence[Problem]
    """What is wrong with the spec. The graph is then what was taken up last, and None if nothing ever was."""
    steps: Mapping[str, StepView]
    """Step objects that the Pipeline owns, by path."""
    jobs: Mapping[str, Sequence[JobView]]
    """Jobs by the uid of their Step."""
    pods: Mapping[str, Sequence[PodView]]
    """Pods by the uid of their Job."""
    now: float
    trouble: Mapping[str, str] = field(default_factory=dict)
    """What events say about Jobs that get no pod, by the uid of the Job."""
    refused: Mapping[str, Refusal] = field(default_factory=dict)
    """Jobs that the API server did not take, by the uid of the Step."""
    waits: Mapping[str, Wait] = field(default_factory=dict)
    """Why the last pass of admission held Steps back, by their uid."""
    unfit: Mapping[str, Refusal] = field(default_factory=dict)
    """Jobs that fit nowhere even when all is idle, with the numbers that say so, by the uid of the Step."""
    expected: Ranks | None = None
    """How long the steps should take; None if nothing is known of it."""
    thresholds: Thresholds = Thresholds()
    pins: Mapping[str, Object] = field(default_factory=dict)
    """Specs of the Components that the graph was compiled with; see core/pipeline/revisions.py."""
    superfluous: Sequence[str] = ()
    """Names of kept revisions beyond the limit."""
    unwritable: Mapping[str, str] = field(default_factory=dict)
    """What the API server says of writes that it does not take, by the name of the object: this Pipeline or a Step."""
    deferred: bool = False
    """The graph is that of before: an edit or a rerun waits for the end of an undo or of `finally`."""
    taken: Mapping[str, StepView] = field(default_factory=dict)
    """Step objects with names of this Pipeline's Steps that it does not own, by path."""
