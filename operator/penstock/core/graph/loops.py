"""forEach: the variables of a fan-out, and where their values come from."""

from collections.abc import Iterable

from penstock.api.base import Json
from penstock.api.wiring import EachVariable, ValueType
from penstock.core.graph.expressions import ExpressionError
from penstock.core.graph.graph import MAX_STEPS, Evaluated, Level, Literal, Source, Variable, Wired
from penstock.core.graph.outline import Outline, assignable
from penstock.core.graph.scope import Name, Scope
from penstock.core.graph.wire import Wirer
from penstock.core.reasons import Reason
from penstock.core.values import mismatch, normalise


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
    if variable.values is not None:
        return Variable(variable.name, tuple(normalise(variable.values)), None, place)
    kind, found = _list(wirer, scope, variable, place)
    path = f"{place}.{kind}"
    if found is None:
        return Variable(variable.name, None, None, path)
    if not assignable("List", found.type):
        what = getattr(variable, variable.attributes[kind])
        wirer.problem(path, Reason.TYPE_MISMATCH, f"a fan-out needs a List, but {what} is {found.type}")
        return Variable(variable.name, None, None, path)
    try:
        values = known(found.source)
    except ExpressionError as error:
        wirer.problem(path, Reason.INVALID_EXPRESSION, str(error))
        return Variable(variable.name, None, None, path)
    if values is UNKNOWN:
        return Variable(variable.name, None, found.source, path)
    wrong = mismatch(ValueType.LIST, values)
    if wrong:
        wirer.problem(path, Reason.TYPE_MISMATCH, f"a fan-out needs a List: {wrong}")
        return Variable(variable.name, None, None, path)
    return Variable(variable.name, tuple(normalise(values)), None, path)


def _list(wirer: Wirer, scope: Scope, variable: EachVariable, place: str) -> tuple[str, Name | None]:
    """The field that says where a list comes from, and what it stands for; None after a problem was noted."""
    if variable.param is not None:
        return "param", wirer.parameter(scope, variable.param, f"{place}.param")
    if variable.expr is not None:
        found = wirer.expression(scope, variable.expr, f"{place}.expr", "List")
        return "expr", Name("Any", found) if found else None
    assert variable.from_ is not None
    return "from", wirer.output(scope, variable.from_, f"{place}.from")


UNKNOWN = object()
"""That a value is not known from the manifest."""


def known(source: Source) -> Json:
    """The value of a source if the manifest tells it, else UNKNOWN. Raises ExpressionError."""
    match source:
        case Literal(value):
            return value
        case Wired():
            return known(source.source)
        case Evaluated(expression, types, inner):
            values = {reference: known(one) for reference, one in inner.items()}
            if any(value is UNKNOWN for value in values.values()):
                return UNKNOWN
            return expression.evaluate(
                {one: kind if values[one] is not None else "Any" for one, kind in types.items()}, values
            )
    return UNKNOWN


def how_many(count: int, variables: Iterable[Variable]) -> str:
    """A count of combinations, in words: of a list that is too long no more is kept than what tells that."""
    cut = any(len(one.values or ()) > MAX_STEPS for one in variables)
    return f"more than {MAX_STEPS:,}" if cut else f"{count:,}"
