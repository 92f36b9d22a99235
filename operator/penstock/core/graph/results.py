"""What outputs of a Pipeline, and of a graph, are made of."""

from penstock.api.wiring import ComponentOutput, OutputType, PipelineOutput
from penstock.core.graph.graph import Derived, Evaluated
from penstock.core.graph.outline import Outline, assignable
from penstock.core.graph.scope import Name, Scope
from penstock.core.graph.wire import Wirer
from penstock.core.reasons import Reason

_NO_ARTIFACT = "output {name!r} is an Artifact, and expressions see only values; use `from` or `firstOf`"


def result(wirer: Wirer, scope: Scope, output: PipelineOutput | ComponentOutput, place: str) -> Name | None:
    """What an output of a graph or of the Pipeline is made of; None after a problem was noted."""
    if output.from_ is not None:
        return wirer.output(scope, output.from_, f"{place}.from")
    if output.first_of is not None:
        return wirer.first(scope, output.first_of, f"{place}.firstOf")
    assert output.expr is not None
    wanted = output.type.value if isinstance(output, ComponentOutput) else None
    found = wirer.expression(scope, output.expr, f"{place}.expr", wanted)
    return Name(wanted or "Any", found) if found else None


def derive(wirer: Wirer, inside: Scope, step: Outline, shared: int) -> None:
    """Notes what the graph of a step makes of its outputs. `inside`: the scope of that graph."""
    assert step.component is not None
    assert step.template.component is not None
    level = inside.levels[shared] if len(inside.levels) > shared else None
    for number, output in enumerate(step.component.outputs or ()):
        if output.name not in step.offers or not step.offers[output.name].derived:
            continue
        place = f"{step.where}.component({step.template.component.name}).outputs[{number}]"
        if output.expr is not None and output.type == OutputType.ARTIFACT:
            wirer.problem(f"{place}.expr", Reason.TYPE_MISMATCH, _NO_ARTIFACT.format(name=output.name))
            continue
        found = result(wirer, inside, output, place)
        if found is None:
            continue
        if isinstance(found.source, Evaluated) and not any(one.step for one in found.source.expression.references):
            # it would be there though the graph was skipped
            message = "it reads no step, so it is known beforehand; read a step, or give the value where it is needed"
            wirer.problem(f"{place}.expr", Reason.INVALID_EXPRESSION, message)
        kind = output.type.value
        if not assignable(kind, found.type):
            message = f"output {output.name!r} is {kind}, but what it is made of is {found.type}; make them agree"
            wirer.problem(place, Reason.TYPE_MISMATCH, message)
        source = Derived(f"{step.id}.{output.name}", kind, found.source, level, shared)
        wirer.derived[step.id, output.name] = Name("List" if level and kind != "Artifact" else kind, source)
