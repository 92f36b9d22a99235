"""Checks a Component on its own, as a Pipeline sees it that gives it every input."""

from collections.abc import Iterator

from penstock.api.component import ComponentSpec
from penstock.api.pipeline import Defaults, PipelineSpec
from penstock.api.step import ComponentReference, StepTemplate
from penstock.api.storage import Storage
from penstock.api.wiring import Input, Output
from penstock.core.graph.compiler import compile_pipeline
from penstock.core.graph.outline import Components
from penstock.core.problems import Problem
from penstock.core.reasons import Reason
from penstock.core.values import canonical, mismatch, normalise, shorten

_PRODUCER, _PROBE = "spec.steps[0]", "spec.steps[1]"


def check_component(name: str, spec: ComponentSpec, components: Components) -> tuple[Problem, ...]:
    """Everything that is wrong with a Component, whoever uses it, with paths in the Component's own manifest.

    `components` are those that its graph may use. What only a Pipeline can lack, such as an image or a place for
    artifacts, is taken as given.
    """
    problems = list(_inputs(spec))
    compiled = compile_pipeline(_pipeline(name, spec), {**components, (None, name): spec}, assumed=True)
    inside = f"{_PROBE}.component({name})"
    for problem in compiled.problems:
        for prefix in (inside, _PROBE):
            if problem.path.startswith(prefix):
                path = f"spec{problem.path.removeprefix(prefix)}"
                problems.append(Problem(path, problem.reason, problem.message))
                break
    return tuple(dict.fromkeys(problems))


def _pipeline(name: str, spec: ComponentSpec) -> PipelineSpec:
    """A Pipeline that wires an output of the right type into every input of the Component."""
    inputs = spec.inputs or []
    outputs = [Output(name=one.name, type=one.type) for one in inputs]
    given = [Input.model_validate({"name": one.name, "from": f"producer.{one.name}"}) for one in inputs]
    return PipelineSpec(
        steps=[
            StepTemplate(name="producer", image="any", outputs=outputs),
            StepTemplate(name="probe", component=ComponentReference(name=name), inputs=given),
        ],
        defaults=Defaults(image="any"),
        storage=Storage(claim_name="any"),
    )


def _inputs(spec: ComponentSpec) -> Iterator[Problem]:
    """Defaults and enums are of the declared type."""
    for number, declared in enumerate(spec.inputs or ()):
        place = f"spec.inputs[{number}]"
        values = [(f"{place}.enum[{at}]", value) for at, value in enumerate(declared.enum or ())]
        if declared.has_default and not (declared.default is None and declared.optional):
            values.append((f"{place}.default", declared.default))
        for path, value in values:
            wrong = mismatch(declared.type, value)
            if wrong:
                yield Problem(path, Reason.INVALID_VALUE, f"input {declared.name!r}: {wrong}")
            elif path.endswith(".default") and declared.enum and normalise(value) not in normalise(declared.enum):
                allowed = shorten(canonical(declared.enum))
                yield Problem(path, Reason.INVALID_VALUE, f"input {declared.name!r} must be one of {allowed}")
