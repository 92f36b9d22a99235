"""What cannot be read as a Pipeline: where, what is wrong, and what to write instead."""

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Place = ast.AST | int
"""A part of the text, or a line of it, from 1."""


def line_of(place: Place) -> int:
    """The line of a place."""
    return place if isinstance(place, int) else getattr(place, "lineno", 1)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that cannot be read: its line, from 1, and a sentence that says what to write instead."""

    line: int
    message: str


class Refusal(Exception):
    """Ends the reading of one statement. Without a message: what is wrong has been said before."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(line_of(place), message)


@dataclass(slots=True)
class Problems:
    """All that is wrong with a text."""

    found: list[Problem] = field(default_factory=list)

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Notes a refusal and goes on after it: all problems are told at once."""
        try:
            yield
        except Refusal as refusal:
            self.add(refusal.problem)

    def add(self, problem: Problem) -> None:
        """Notes a problem, once."""
        if problem.message and problem not in self.found:
            self.found.append(problem)


def short(node: ast.AST) -> str:
    """A part of the text, as a message quotes it."""
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 60 else f"{text[:59]}…"
