"""What names mean while one graph is wired."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from penstock.core.graph.graph import AfterEdge, Evaluated, Group, Level, Source, Wired
from penstock.core.graph.outline import Outline


@dataclass(frozen=True, slots=True)
class Name:
    """What a parameter name stands for in a graph: its type and its source."""

    type: str
    source: Source


@dataclass(frozen=True, slots=True)
class Inherited:
    """What the steps of a composite get from the step that uses it."""

    gates: tuple[Wired, ...] = ()
    needs: tuple[Group, ...] = ()
    after: tuple[AfterEdge, ...] = ()
    guards: tuple[Evaluated, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """One graph while it is wired: its parameters, its steps, and the levels around it."""

    names: Mapping[str, Name]
    steps: Mapping[str, Outline]
    levels: tuple[Level, ...]
    inherited: Inherited
    final: bool = False
    """Whether its steps are those of `finally`."""
    each: Mapping[str, Name] = field(default_factory=dict)
    """The variables of forEach that the step which is being wired has, if one is."""
