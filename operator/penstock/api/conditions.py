"""Conditions as core Kubernetes objects carry them (KEP-1623)."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from penstock.api.base import Model

Timestamp = Annotated[str, StringConstraints(max_length=40), Field(json_schema_extra={"format": "date-time"})]
Message = Annotated[str, StringConstraints(max_length=32768)]
Reason = Annotated[str, StringConstraints(max_length=128)]


class Condition(Model):
    """One aspect of an object's state."""

    type: Annotated[str, StringConstraints(max_length=128)]
    """Name of the aspect, such as Finished."""
    status: Literal["True", "False", "Unknown"]
    """Whether it holds."""
    observed_generation: Annotated[int | None, Field(ge=0)] = None
    """Generation of the object that the condition was computed from."""
    last_transition_time: Timestamp
    """When `status` last changed."""
    reason: Reason
    """Why, as one CamelCase word."""
    message: Message = ""
    """Why, as a sentence."""
