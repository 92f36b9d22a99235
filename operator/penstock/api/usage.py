"""What was used of extended resources such as GPUs, as statuses tell it. core/step/usage.py counts it."""

from typing import Annotated

from pydantic import Field, StringConstraints

from penstock.api.base import Atomic, Model
from penstock.api.conditions import Timestamp

ResourceName = Annotated[str, StringConstraints(max_length=316)]
DeviceSeconds = Annotated[int, Field(ge=0)]


class Usage(Model):
    """How long an extended resource was held and to what end: seconds times amount, over the attempts that ended."""

    resource: ResourceName
    """Name of the resource, such as `nvidia.com/gpu`."""
    reserved_seconds: DeviceSeconds
    """While Jobs held it: from creation, or from when Kueue let them run, to the end. Nobody else could have it."""
    busy_seconds: DeviceSeconds
    """Of these, while the step's containers ran."""
    lost_seconds: DeviceSeconds
    """Of the reserved ones, those of attempts that did not succeed: failed, disrupted, cancelled or replaced."""


class CountedAttempt(Model):
    """The latest attempt that `usage` counts."""

    run: Annotated[int, Field(ge=0)]
    """Run that it belongs to."""
    attempt: Annotated[int, Field(ge=1)]
    """Its number."""
    undo_round: Annotated[int | None, Field(ge=1)] = None
    """If it is one of the run's undo: the round of the Pipeline in which that is."""


class Allocation(Model):
    """Extended resources that are held."""

    since: Timestamp
    """Since when it holds it."""
    resources: Annotated[dict[str, Annotated[int, Field(ge=1)]], Field(max_length=16), Atomic]
    """Amounts over all its pods, such as `{nvidia.com/gpu: 2}`."""
