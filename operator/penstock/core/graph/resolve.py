"""What a source gives: literals, outputs, statuses, expressions over them, and what graphs make of their steps'."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from penstock.api.base import Json
from penstock.api.plain import number
from penstock.core.graph.expressions import Expression, ExpressionError, Reference
from penstock.core.graph.graph import (
    Derived,
    Evaluated,
    FirstOf,
    FromEach,
    FromOutput,
    HowItEnded,
    Literal,
    Source,
    StatusOf,
    Wired,
)
from penstock.core.graph.items import taken
from penstock.core.graph.missing import Missing, fill, first_missing
from penstock.core.graph.outline import assignable
from penstock.core.reasons import Reason
from penstock.core.values import canonical, shorten, text, type_name

if TYPE_CHECKING:
    from penstock.core.graph.world import Each, Index, Node, World


@dataclass(frozen=True, slots=True)
class Place:
    """Where a source is looked at that belongs to no instance of a task: an output of a graph, or of the Pipeline."""

    index: "Index" = ()
    each: "Each" = ()


def resolve(world: "World", node: "Node | Place", source: Source) -> Json | Missing:
    """The value of a source for one instance; Missing, or a list with Missing items, if there is none."""
    match source:
        case Literal(value):
            return value
        case FromEach():
            return taken(node.each, source)
        case FromOutput():
            return world.output(source, node.index)
        case StatusOf():
            return _fact(world, node, source)
        case HowItEnded():
            phase = world.how_it_ended()
            return phase.value if phase else Missing(Reason.WAITING_FOR_DEPENDENCIES, "other steps have not ended")
        case Evaluated():
            return _evaluate(world, node, source)
        case Wired():
            value = resolve(world, node, source.source)
            return fill(value, source.default) if source.soft and first_missing(value) else value
        case FirstOf():
            return _first(resolve(world, node, one) for one in source.sources)
        case Derived():
            return _derived(world, node, source)


def _first(found: Iterable[Json | Missing]) -> Json | Missing:
    """The first value that there is; if there is none, why: that one failed tells more than that one was skipped."""
    reasons: list[Missing] = []
    for value in found:
        missing = first_missing(value)
        if missing is None:
            return value
        reasons.append(missing)
    tell = next((one for one in reasons if one.reason is not Reason.DEPENDENCY_SKIPPED), reasons[0])
    return Missing(tell.reason, f"none of its sources is there: {'; '.join(one.message for one in reasons)}")


def _fact(world: "World", node: "Node | Place", source: StatusOf) -> Json | Missing:
    group = source.group
    state = world.apart(group, node.index) if isinstance(node, Place) else world.state(group, node.index)
    if not state.ended and isinstance(node, Place):
        return Missing(Reason.WAITING_FOR_DEPENDENCIES, f"step {group.name!r} has not ended")
    known: dict[str, Json] = {
        "status": state.phase.value,
        "reason": state.why,
        "exitCode": state.ran.exit_code,
        "startTime": state.ran.start or None,
        "completionTime": state.ran.end or None,
    }
    return known[source.fact]


def _derived(world: "World", node: "Node | Place", source: Derived) -> Json | Missing:
    """What a graph makes of its outputs; under a forEach, in each of its instances."""
    key = (source.name, node.index[: source.shared])
    if key not in world.derived:
        world.derived[key] = _across(world, Place(key[1], node.each[: source.shared]), source)
    return world.derived[key]


def _across(world: "World", place: Place, source: Derived) -> Json | Missing:
    index, each = place.index, place.each
    if source.level is None:
        return _made(world, place, source)
    rows = world.combinations(source.level, index)
    if not isinstance(rows, list):
        return rows or Missing(Reason.WAITING_FOR_DEPENDENCIES, f"{source.name} is not known yet")
    return [_made(world, Place((*index, number), (*each, row)), source) for number, row in enumerate(rows)]


def _made(world: "World", place: Place, source: Derived) -> Json | Missing:
    value = resolve(world, place, source.source)
    if source.type == "Artifact" or value is None or first_missing(value):
        return value
    if not assignable(source.type, type_name(value)):
        found = f"{type_name(value)} {shorten(text(value))}".rstrip()
        return Missing(Reason.EXPRESSION_ERROR, f"output {source.name!r} must be {source.type}, not {found}")
    return value


def _evaluate(world: "World", node: "Node | Place", evaluated: Evaluated) -> Json | Missing:
    values: dict[Reference, Json] = {}
    for reference, source in evaluated.sources.items():
        value = resolve(world, node, source)
        missing = first_missing(value)
        if missing:
            return missing
        values[reference] = value
    types = _known_types(evaluated.types, values)
    if evaluated.expression.macros:
        order = tuple(values)
        kinds, data = tuple(types[one] for one in order), canonical(list(values.values()))
        return _long_evaluation(evaluated.expression, order, kinds, data)
    return _value(evaluated.expression, types, values)


@lru_cache(maxsize=256)
def _long_evaluation(
    expression: Expression, order: tuple[Reference, ...], kinds: tuple[str, ...], data: str
) -> Json | Missing:
    """The value of an expression that may take long, which therefore is not evaluated anew in every plan."""
    values = dict(zip(order, json.loads(data, parse_int=lambda digits: number(int(digits))), strict=True))
    return _value(expression, dict(zip(order, kinds, strict=True)), values)


def _value(expression: Expression, types: Mapping[Reference, str], values: Mapping[Reference, Json]) -> Json | Missing:
    try:
        return expression.evaluate(types, values)
    except ExpressionError as error:
        return Missing(Reason.EXPRESSION_ERROR, f"{expression.text}: {error}")


def _known_types(types: Mapping[Reference, str], values: Mapping[Reference, Json]) -> dict[Reference, str]:
    """The declared types, loosened for what turned out null (an optional output that was not produced)."""
    return {reference: kind if values[reference] is not None else "Any" for reference, kind in types.items()}
