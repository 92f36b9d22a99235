"""Items of a fan-out: what a variable of forEach stands for, and the fields of what it stands for."""

from collections.abc import Iterable, Mapping, Sequence

from penstock.api.base import Json
from penstock.core.graph.graph import FromEach, Level
from penstock.core.graph.missing import Missing
from penstock.core.graph.scope import Name
from penstock.core.problems import nearest
from penstock.core.reasons import Reason
from penstock.core.values import canonical, shorten, type_name


def variables(levels: Sequence[Level]) -> dict[str, Name]:
    """The variables of the innermost level by name, each of the type that its items have as far as they are known."""
    if not levels:
        return {}
    at = len(levels) - 1
    return {one.name: Name(common_type(one.values or ()), FromEach(at, one.name)) for one in levels[at].variables}


def common_type(values: Iterable[Json]) -> str:
    """The type that all of these have; `Any` if there is none, or nothing is known."""
    types = {type_name(value) for value in values}
    if types == {"Integer", "Number"}:
        return "Number"
    return types.pop() if len(types) == 1 and types != {"null"} else "Any"


def taken(each: Sequence[Mapping[str, Json]], source: FromEach) -> Json | Missing:
    """What a source takes of the items of one instance; Missing if the item has no such field."""
    item = each[source.level][source.variable]
    return field_of(item, source.field, f"the item of {source.variable!r}") if source.field else item


def field_type(values: Iterable[Json], variable: str, field: str, soft: bool) -> str | Missing:
    """The type of a field of items as far as they are known; Missing if one has no such field.

    `soft`: objects may lack it, since something stands in for it.
    """
    found = []
    for number, item in enumerate(values):
        value = field_of(item, field, f"item {number} of {variable!r}")
        if not isinstance(value, Missing):
            found.append(value)
        elif not isinstance(item, Mapping):
            return Missing(Reason.TYPE_MISMATCH, value.message)
        elif not soft:
            return Missing(Reason.UNKNOWN_VARIABLE, value.message)
    return common_type(found)


def field_of(item: Json, field: str, what: str) -> Json | Missing:
    """A field of an item; Missing if it is no object, or has none of that name. `what`: the item in words."""
    if not isinstance(item, Mapping):
        found = shorten(canonical(item))
        words = f"{what} is {type_name(item)} {found}, and only objects have fields; make it an object with {field!r}"
        return Missing(Reason.INPUT_INVALID, words)
    if field in item:
        return item[field]
    has = shorten(", ".join(sorted(item))) or "none"
    words = f"{what} has no field {field!r}{nearest(field, item)}, it has: {has}; add it, or give the input a default"
    return Missing(Reason.INPUT_INVALID, words)
