"""Component: a typed, reusable step, or a graph of steps with typed inputs and outputs."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from penstock.api.base import API_VERSION, Description, Json, Model
from penstock.api.containers import RunOptions, StepContainerFields, Undo
from penstock.api.step import StepTemplate
from penstock.api.wiring import ComponentInput, ComponentOutput


class ComponentSpec(StepContainerFields, RunOptions):
    """What the Component takes, gives and runs: either container fields or `steps`."""

    description: Description | None = None
    """What it does."""
    version: Annotated[str | None, StringConstraints(max_length=63)] = None
    """Version of the Component, for people."""
    inputs: Annotated[list[ComponentInput] | None, Field(max_length=64)] = None
    """Typed inputs."""
    outputs: Annotated[list[ComponentOutput] | None, Field(max_length=64)] = None
    """Typed outputs."""
    undo: Undo | None = None
    """What takes its effect back."""
    steps: Annotated[list[StepTemplate] | None, Field(min_length=1, max_length=128)] = None
    """A graph of steps instead of a container; `param` and `params.X` inside are the Component's inputs."""


class Component(Model):
    """A typed, reusable piece of a Pipeline."""

    api_version: Literal["penstock.dev/v1alpha1"] = API_VERSION  # type: ignore[assignment]
    kind: Literal["Component"] = "Component"
    metadata: dict[str, Json]
    spec: ComponentSpec
