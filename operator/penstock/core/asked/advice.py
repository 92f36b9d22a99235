"""What is not wrong with a graph but looks like a slip: parameters nobody uses, outputs nobody reads."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from penstock.api.component import ComponentSpec
from penstock.api.pipeline import PipelineSpec
from penstock.api.step import StepTemplate
from penstock.api.wiring import ComponentOutput, Input, PipelineOutput
from penstock.core.graph import expressions
from penstock.core.graph.fields import mentioned


class Slip(StrEnum):
    """What kind of advice it is."""

    UNUSED_PARAMETER = "UnusedParameter"
    UNUSED_INPUT = "UnusedInput"
    UNREAD_OUTPUT = "UnreadOutput"


@dataclass(frozen=True, slots=True)
class Advice:
    """One piece of advice, with the place in the manifest."""

    path: str
    slip: Slip
    message: str


def advise_pipeline(spec: PipelineSpec) -> list[Advice]:
    """Advice on a Pipeline that compiles."""
    steps = [*spec.steps, *(spec.finally_ or ())]
    read = _Read(steps, spec.outputs or ())
    read.parameters.update(mentioned(spec.defaults) if spec.defaults else ())
    found = [
        Advice(
            f"spec.params[{number}]",
            Slip.UNUSED_PARAMETER,
            f"no step uses the parameter {parameter.name!r}; remove it, or read it with `param: {parameter.name}`",
        )
        for number, parameter in enumerate(spec.params or ())
        if parameter.name not in read.parameters
    ]
    found += _unread(spec.steps, "spec.steps", read)
    return found + _unread(spec.finally_ or [], "spec.finally", read)


def advise_component(spec: ComponentSpec) -> list[Advice]:
    """Advice on a Component that is a graph; a container's script cannot be looked into."""
    if spec.steps is None:
        return []
    read = _Read(spec.steps, spec.outputs or ())
    found = [
        Advice(
            f"spec.inputs[{number}]",
            Slip.UNUSED_INPUT,
            f"no step uses the input {declared.name!r}; remove it, or read it with `param: {declared.name}`",
        )
        for number, declared in enumerate(spec.inputs or ())
        if declared.name not in read.parameters
    ]
    return found + _unread(spec.steps, "spec.steps", read)


class _Read:
    """Names of parameters and `step.output` references that a graph mentions."""

    def __init__(self, steps: list[StepTemplate], results: Iterable[PipelineOutput | ComponentOutput]) -> None:
        self.parameters: set[str] = set()
        self.outputs: set[str] = set()
        for step in steps:
            self._step(step)
        for result in results:
            self._sources(result)

    def _sources(self, one: Input | PipelineOutput | ComponentOutput) -> None:
        self.outputs.update(([one.from_] if one.from_ else []) + (one.first_of or []))
        if one.expr:
            self._expression(one.expr)

    def _step(self, step: StepTemplate) -> None:
        self.parameters.update(mentioned(step))
        for given in step.inputs or ():
            if given.param:
                self.parameters.add(given.param)
            self._sources(given)
        for variable in step.for_each.vars if step.for_each else ():
            if variable.param:
                self.parameters.add(variable.param)
            if variable.from_:
                self.outputs.add(variable.from_)
            if variable.expr:
                self._expression(variable.expr)
        if step.when:
            self._expression(step.when)

    def _expression(self, words: str) -> None:
        for reference in expressions.parse(words).references:
            if reference.kind == "param":
                self.parameters.add(reference.name)
            elif reference.kind == "output":
                self.outputs.add(f"{reference.step}.{reference.name}")


def _unread(steps: list[StepTemplate], where: str, read: _Read) -> list[Advice]:
    return [
        Advice(f"{where}[{number}].outputs", Slip.UNREAD_OUTPUT, message)
        for number, step in enumerate(steps)
        for message in _unread_of(step, read)
    ]


def _unread_of(step: StepTemplate, read: _Read) -> Iterator[str]:
    if step.undo:
        return  # an undo sees all outputs of its step
    names = [output.name for output in step.outputs or () if f"{step.name}.{output.name}" not in read.outputs]
    if names:
        what = f"the output {names[0]!r}" if len(names) == 1 else f"the outputs {', '.join(names)}"
        yield f"nobody reads {what} of step {step.name!r}; fine if people look at it"
