"""A Step that wants a Job: everything that the Job is made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from penstock.api.base import Json
from penstock.core.graph.world import Node
from penstock.core.seen.views import RUN, StepView


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What identifies a run: its number, what it was made from, and when in the Pipeline's life."""

    run: int
    fingerprint: str
    producers: str
    round: int
    revision: int


@dataclass(frozen=True, slots=True)
class Ready:
    """A Step that wants a Job: everything its manifest is made from."""

    node: Node
    step: StepView
    facts: RunFacts
    attempt: int
    values: Mapping[str, Json]
    since: float
    memory_growths: int = 0
    purpose: str = RUN
    produced: Mapping[str, Json] = field(default_factory=dict)
    """For an undo: the outputs that the Step had produced."""
    estimate: float | None = None
    """How long it is expected to take, in seconds."""
    nodes: tuple[str, ...] = ()
    """Where admission found room for its pods; none if nodes are not known."""
