"""What the names in a pipeline stand for: nothing is computed, it is only known where each value will come from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from penstock.api.base import Json
from penstock.python.annotations import Type, type_of_value

Guards = tuple[str, ...]
"""Conditions, in CEL, under which a statement stands."""


@dataclass(frozen=True, slots=True)
class Written:
    """A value that is written out."""

    value: Json

    @property
    def type(self) -> Type:
        """Its type."""
        return type_of_value(self.value)


@dataclass(frozen=True, slots=True)
class Param:
    """An argument of the pipeline."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Each:
    """The variable of a comprehension, while its element is read; or a field of what it stands for."""

    name: str
    type: Type
    field: str = ""
    fields: Mapping[str, Type] | None = None
    """Those that every item has, with their types, if the items are written objects."""

    @property
    def reference(self) -> str:
        """As `each` names it."""
        return f"{self.name}.{self.field}" if self.field else self.name


@dataclass(frozen=True, slots=True)
class Made:
    """One output of a step."""

    step: str
    output: str
    type: Type
    maybe: bool = False
    """It may be that the step does not run."""

    @property
    def reference(self) -> str:
        """As `from` names it."""
        return f"{self.step}.{self.output}"

    @property
    def source(self) -> dict[str, Json]:
        """As an input or output of a manifest says it."""
        return {"from": self.reference}


@dataclass(frozen=True, slots=True)
class Branched:
    """What a name stands for that is set in several branches, of which one runs."""

    options: tuple[Made, ...]
    type: Type

    @property
    def source(self) -> dict[str, Json]:
        """As an input or output of a manifest says it."""
        return {"firstOf": [one.reference for one in self.options]}


@dataclass(frozen=True, slots=True)
class Results:
    """All that a call gives: the fields of a NamedTuple, or none."""

    step: str
    fields: Mapping[str, Made]
    tuple_name: str = ""


@dataclass(frozen=True, slots=True)
class Fan:
    """The results of a fan-out, in the order of its items. `of`: of each."""

    of: "Made | Results"

    @property
    def type(self) -> Type:
        """A list."""
        return Type("List", item=self.of.type if isinstance(self.of, Made) else None)


@dataclass(frozen=True, slots=True)
class Joined:
    """A list that is written out with outputs of several steps in it, or with parameters."""

    items: "tuple[Value, ...]"
    type: Type


@dataclass(frozen=True, slots=True)
class Computed:
    """What is computed of other values. `words`: in CEL; `of_item`: of the item of a comprehension too."""

    words: str
    type: Type
    steps: tuple[str, ...] = ()
    of_item: bool = False

    @property
    def source(self) -> dict[str, Json]:
        """As an input or output of a manifest says it."""
        return {"expr": self.words}


@dataclass(frozen=True, slots=True)
class Ended:
    """How a step ended; all of them, if none is named."""

    step: str


@dataclass(frozen=True, slots=True)
class Hidden:
    """A name that cannot be used here, and why."""

    why: str


Value = Written | Param | Each | Made | Branched | Results | Fan | Joined | Computed | Ended | Hidden
NOTHING = Written(None)


def maybe(value: Value) -> Value:
    """The value as it is seen where its step may not have run."""
    match value:
        case Made():
            return replace(value, maybe=True, type=replace(value.type, optional=True))
        case Results():
            return replace(value, fields={name: _made(maybe(one)) for name, one in value.fields.items()})
        case Fan():
            return Fan(_either(maybe(value.of)))
        case Branched():
            return replace(value, type=replace(value.type, optional=True))
        case _:
            return value


def branched(given: Sequence[Value]) -> Branched | None:
    """What a name stands for after branches that all set it; None if they do so to what is not of one type."""
    if not all(isinstance(one, Made | Branched) for one in given):
        return None
    found = [one for one in given if isinstance(one, Made | Branched)]
    options = [option for one in found for option in (one.options if isinstance(one, Branched) else (one,))]
    types = {replace(one.type, optional=False, enum=(), name="") for one in found}
    if len(types) != 1:
        return None
    return Branched(
        tuple(dict.fromkeys(options)), replace(types.pop(), optional=any(one.type.optional for one in found))
    )


def unmet(given: Sequence[Value]) -> str:
    """What to write where branches cannot meet in one value."""
    if any(isinstance(one, Results) and one.fields for one in given):
        return (
            "branches meet in single values, and a NamedTuple has several; in an `if` statement, set a name to each"
            " field in both branches, as in `error = made.error`"
        )
    if any(isinstance(one, Fan) for one in given):
        return "branches meet in single values, and not in what a fan-out gives; pass each list to a step of its branch"
    return ""


def there(value: Value) -> Value:
    """The value as it is seen where it has been asked whether it is None."""
    if isinstance(value, Made | Param | Branched):
        value = replace(value, type=replace(value.type, optional=False))
    return replace(value, maybe=False) if isinstance(value, Made) else value


def type_of_given(value: Value) -> Type | None:
    """The type of a value that can be an argument; None for one that cannot."""
    if isinstance(value, Results | Ended | Hidden) or (isinstance(value, Fan) and isinstance(value.of, Results)):
        return None
    return value.type


def steps_in(value: Value) -> tuple[str, ...]:
    """The steps that a value is of."""
    match value:
        case Made() | Results():
            return (value.step,)
        case Fan():
            return steps_in(value.of)
        case Joined():
            return tuple(name for one in value.items for name in steps_in(one))
        case Computed():
            return value.steps
        case Ended():
            return (value.step,) if value.step else ()
        case _:
            return ()


def _made(value: Value) -> Made:
    assert isinstance(value, Made)
    return value


def _either(value: Value) -> "Made | Results":
    assert isinstance(value, Made | Results)
    return value
