"""Who holds room, or wants it."""

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What an owner is. A Job is one that has ended and is still there: while it runs, its Step holds."""

    STEP = "Step"
    POD = "Pod"
    JOB = "Job"


class Owner(NamedTuple):
    """One who holds room or wants it. The `name` of a Step in a Pipeline is `pipeline/path`, else the object's own."""

    namespace: str
    name: str
    kind: Kind = Kind.STEP


def step_owner(namespace: str, pipeline: str, path: str) -> Owner:
    """A Step of a Pipeline; of none (empty) if it stands alone."""
    return Owner(namespace, f"{pipeline}/{path}" if pipeline else path)
