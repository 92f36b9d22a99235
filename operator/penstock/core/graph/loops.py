"""forEach: the variables of a fan-out, and where their values come from."""

from collections.abc import Iterable

from penstock.api.wiring import EachVariable
from penstock.core.graph.graph import MAX_STEPS, Level, Variable
from penstock.core.graph.outline import Outline, assignable
from penstock.core.graph.scope import Scope
from penstock.core.graph.wire import Wirer
from penstock.core.reasons import Reason
from penstock.core.values import normalise


def level(wirer: Wirer, scope: Scope, step: Outline) -> Level:
    """The forEach of a step."""
    each = step.template.for_each
    assert each is not None
    variables = []
    count = 1
    for number, variable in enumerate(each.vars):
        resolved = _variable(wirer, scope, variable, f"{step.where}.forEach.vars[{number}]")
        variables.append(resolved)
        count *= len(resolved.values) if resolved.values is not None else 1
    if count > MAX_STEPS:
        wirer.problem(
            f"{step.where}.forEach.vars",
            Reason.TOO_MANY_STEPS,
            f"the variables have {how_many(count, variables)} combinations; at most {MAX_STEPS:,} are allowed",
        )
    return Level(step.id, len(step.segments) - 1, tuple(variables), each.max_parallel)


def _variable(wirer: Wirer, scope: Scope, variable: EachVariable, place: str) -> Variable:
    if variable.range is not None:
        numbers = range(variable.range.start, variable.range.stop, variable.range.step or 1)
        if len(numbers) > MAX_STEPS:
            wirer.problem(f"{place}.range", Reason.TOO_MANY_STEPS, f"the range has {len(numbers):,} numbers")
        return Variable(variable.name, tuple(numbers[: MAX_STEPS + 1]), None, place)
    if variable.from_ is None:
        return Variable(variable.name, tuple(normalise(variable.values or [])), None, place)
    found = wirer.output(scope, variable.from_, f"{place}.from")
    if found and not assignable("List", found.type):
        wirer.problem(
            f"{place}.from", Reason.TYPE_MISMATCH, f"a fan-out needs a List, but {variable.from_} is {found.type}"
        )
    return Variable(variable.name, None, found.source if found else None, f"{place}.from")


def how_many(count: int, variables: Iterable[Variable]) -> str:
    """A count of combinations, in words: of a list that is too long no more is kept than what tells that."""
    cut = any(len(one.values or ()) > MAX_STEPS for one in variables)
    return f"more than {MAX_STEPS:,}" if cut else f"{count:,}"
