"""What a run in a test did, and when. Times are seconds of virtual time since it began."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from penstock.api import quantities


@dataclass(slots=True)
class Attempt:
    """One attempt of a step, or of its undo. `ended`, `code` and `reason` are None while it runs."""

    step: str
    number: int
    undo: bool
    started: float
    requests: Mapping[str, int] = field(repr=False)
    """What it asks for, in thousandths, by resource; those of all its pods."""
    ended: float | None = None
    code: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class StepResult:
    """How a step ended. `outputs` has Artifacts as paths."""

    phase: str
    reason: str
    message: str
    outputs: Mapping[str, Any]
    attempts: Sequence[Attempt]
    """Those of this run: none if its result was there before. Undos are not among them."""
    undone: bool


@dataclass(frozen=True, slots=True)
class Result:
    """How a Pipeline ended. Steps are named by their paths: `train`, `score.3` for an instance, `select.score`."""

    phase: str
    reason: str
    message: str
    outputs: Mapping[str, Any]
    seconds: float
    steps: Mapping[str, StepResult]
    attempts: Sequence[Attempt]
    """All of them, in the order in which they started."""
    moves: Sequence[tuple[Attempt, int]] = field(repr=False)
    """Which attempt started (1) or ended (-1), in the order in which they did."""
    kept: object = field(repr=False, default=None)
    """What keeps the folder, if it is a temporary one."""

    @property
    def order(self) -> list[str]:
        """The steps that ran, in the order in which they first started."""
        return list(dict.fromkeys(one.step for one in self.attempts if not one.undo))

    @property
    def undone(self) -> list[str]:
        """The steps whose undo ran, in that order."""
        return list(dict.fromkeys(one.step for one in self.attempts if one.undo))

    def peak(self, resource: str = "pods", steps: str = "*") -> float:
        """Most that ran at once, or that what ran at once asked for: of `cpu`, `memory` (bytes), `nvidia.com/gpu`.

        `steps`: a pattern of the steps that count.
        """
        now, most = 0, 0
        for one, sign in self.moves:
            if fnmatchcase(one.step, steps):
                now += sign * one.requests.get(resource, 0)
                most = max(most, now)
        return most // quantities.MILLI if most % quantities.MILLI == 0 else most / quantities.MILLI

    def __repr__(self) -> str:
        """For whoever reads why an assertion failed."""
        words = [f"<{self.phase} after {self.seconds:g} s" + (f": {self.message}" if self.message else "")]
        for name, step in self.steps.items():
            why = ": ".join(part for part in (step.reason, step.message) if part)
            tries = f", {len(step.attempts)} attempts" if len(step.attempts) > 1 else ""
            words.append(f"  {name}: {step.phase}{f' ({why})' if why else ''}{tries}{', undone' * step.undone}")
        return "\n".join(words) + ">"
