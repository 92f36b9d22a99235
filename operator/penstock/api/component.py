"""Component: a typed, reusable step, or a graph of steps with typed inputs and outputs."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from penstock.api.base import API_VERSION, Description, Json, Model
from penstock.api.containers import RunOptions, StepContainerFields, Undo
from penstock.api.rules import Rule, Rules, Unique, excludes, requires_one
from penstock.api.step import CONTAINER, Cache, StepTemplate
from penstock.api.wiring import ComponentInput, ComponentOutput


def _made(output: ComponentOutput) -> bool:
    return any(one is not None for one in (output.from_, output.first_of, output.expr))


class ComponentSpec(StepContainerFields, RunOptions):
    """What the Component takes, gives and runs: either container fields or `steps`."""

    rules: ClassVar[Rules] = (
        excludes("steps", *CONTAINER, "resources", "retry", "timeout", "pod", "undo", why="a graph has no container"),
        excludes("steps", "cache", why="a graph has no result of its own; set it on its steps"),
        requires_one("image", "script", "command", "args", "steps"),
        Rule(
            message="an output of a graph needs `from: step.output`, `firstOf` or `expr`; add one to each output",
            holds=lambda spec: not spec.steps or all(map(_made, spec.outputs or ())),
            cel="!has(self.steps) || !has(self.outputs) || "
            "self.outputs.all(output, has(output.from) || has(output.firstOf) || has(output.expr))",
            at="outputs",
        ),
        Rule(
            message="`from`, `firstOf` and `expr` are for the outputs of a graph (`steps`); a container writes its own:"
            " remove them",
            holds=lambda spec: spec.steps or not any(map(_made, spec.outputs or ())),
            cel="has(self.steps) || !has(self.outputs) || "
            "!self.outputs.exists(output, has(output.from) || has(output.firstOf) || has(output.expr))",
            at="outputs",
        ),
    )

    description: Description | None = None
    """What it does."""
    version: Annotated[str | None, StringConstraints(max_length=63)] = None
    """Version of the Component, for people."""
    inputs: Annotated[list[ComponentInput] | None, Field(max_length=64), Unique("name")] = None
    """Typed inputs."""
    outputs: Annotated[list[ComponentOutput] | None, Field(max_length=64), Unique("name")] = None
    """Typed outputs."""
    cache: Cache | None = None
    """Which held results of a step that runs it count as done, such as `LastRun` for an effect; the step may say
    otherwise."""
    undo: Undo | None = None
    """What takes its effect back."""
    steps: Annotated[list[StepTemplate] | None, Field(min_length=1, max_length=128), Unique("name")] = None
    """A graph of steps instead of a container; `param` and `params.X` inside are the Component's inputs."""


class Component(Model):
    """A typed, reusable piece of a Pipeline."""

    api_version: Literal["penstock.dev/v1alpha1"] = API_VERSION  # type: ignore[assignment]
    kind: Literal["Component"] = "Component"
    metadata: dict[str, Json]
    """Standard object metadata."""
    spec: ComponentSpec
    """What the Component takes, gives and runs."""
