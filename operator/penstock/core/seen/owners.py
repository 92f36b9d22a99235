"""Whose Steps they are that have the names of a Pipeline's.

A deletion with `--cascade=orphan` leaves Steps without an owner, and a Pipeline that is replaced leaves some until they
are gone. Neither are the Steps of the Pipeline that has the name now.
"""

from collections.abc import Iterable

from penstock.core.seen.views import StepView


def by_owner(steps: Iterable[StepView], pipeline: str) -> tuple[dict[str, StepView], dict[str, StepView]]:
    """Steps with names of a Pipeline's, by path: those that the Pipeline with that uid owns, and all others."""
    owned: dict[str, StepView] = {}
    others: dict[str, StepView] = {}
    for step in steps:
        (owned if step.owner == pipeline else others)[step.path] = step
    return owned, others
