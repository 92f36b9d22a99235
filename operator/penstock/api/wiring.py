"""How values enter, leave and travel: parameters, inputs, outputs, and the order of steps."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from penstock.api.base import Description, DnsLabel, EachReference, Expression, Identifier, Json, Model, OutputReference
from penstock.api.rules import Rule, Rules, Unique, exactly_one, exactly_one_source, excludes


class ValueType(StrEnum):
    """Type of a value. Integer and Number are JSON numbers; values never become text on the way between steps."""

    STRING = "String"
    INTEGER = "Integer"
    NUMBER = "Number"
    BOOLEAN = "Boolean"
    LIST = "List"
    OBJECT = "Object"


class OutputType(StrEnum):
    """Type of an output: a value, or an Artifact (a file or directory)."""

    STRING = "String"
    INTEGER = "Integer"
    NUMBER = "Number"
    BOOLEAN = "Boolean"
    LIST = "List"
    OBJECT = "Object"
    ARTIFACT = "Artifact"


Enum = Annotated[list[Json], Field(min_length=1, max_length=64)]
References = Annotated[list[OutputReference], Field(min_length=2, max_length=16), Unique()]
"""Outputs of which the first that there is counts."""


class Parameter(Model):
    """A parameter of the Pipeline, with its value."""

    name: Identifier
    """Name, unique within the Pipeline."""
    type: ValueType
    """Type the value must have."""
    value: Json
    """The value: plain JSON of the declared type."""
    enum: Enum | None = None
    """The only values allowed."""
    description: Description | None = None
    """What the parameter is for."""


class Input(Model):
    """A named value or artifact that the step's container sees as `INPUT_<NAME>`.

    Exactly one of `value`, `param`, `from`, `firstOf`, `each` and `expr` says where it comes from.
    """

    rules: ClassVar[Rules] = (exactly_one_source("value", "param", "from", "firstOf", "each", "expr"),)

    name: Identifier
    """Name; the container sees `INPUT_<NAME>` in upper case, with `-` as `_`."""
    value: Json = None
    """A literal JSON value."""
    param: Identifier | None = None
    """Name of a Pipeline parameter (inside a Component: of one of its inputs)."""
    from_: Annotated[OutputReference | None, Field(alias="from")] = None
    """`step.output`: an output of another step, which must then succeed first."""
    first_of: References | None = None
    """Several `step.output`: the first that there is once all these steps have ended, as where branches meet."""
    each: EachReference | None = None
    """A `forEach` variable of this step, or `variable.field` where its items are objects."""
    expr: Expression | None = None
    """A CEL expression over `params`, `each.VARIABLE` of this step, `steps.X.outputs.Y`, and `steps.X.status`,
    `reason`, `exitCode`, `startTime` and `completionTime`; in `finally` also `pipeline.status`."""
    optional: bool = False
    """If the producer was skipped, failed or gave no such output, the input is null (an empty `INPUT_X`)."""
    default: Json = None
    """Value to take if the producer was skipped, failed or gave no such output."""

    @property
    def has_default(self) -> bool:
        """Whether a default was written, be it null."""
        return "default" in self.model_fields_set


class Output(Model):
    """A named result of a step."""

    name: Identifier
    """Name; a key of the JSON object in `PENSTOCK_OUTPUTS`, or for an Artifact the path in `OUTPUT_<NAME>`."""
    type: OutputType
    """Type that the value must have, or `Artifact`."""
    optional: bool = False
    """The step may succeed without producing it."""
    default: Json = None
    """Value to take if the step succeeds without producing it."""

    @property
    def has_default(self) -> bool:
        """Whether a default was written, be it null."""
        return "default" in self.model_fields_set


class ComponentInput(Model):
    """A typed input that a Component declares."""

    name: Identifier
    """Name, unique within the Component."""
    type: OutputType
    """Type of what the step that uses the Component must give."""
    default: Json = None
    """Value if the step gives none."""
    optional: bool = False
    """May be left out; it is then null."""
    enum: Enum | None = None
    """The only values allowed."""
    description: Description | None = None
    """What the input is for."""

    @property
    def has_default(self) -> bool:
        """Whether a default was written, be it null."""
        return "default" in self.model_fields_set


class ComponentOutput(Output):
    """A typed output that a Component declares; in a graph it says what it is made of."""

    rules: ClassVar[Rules] = (
        excludes("from", "firstOf", "expr", why="an output has one source"),
        excludes("firstOf", "expr", why="an output has one source"),
    )

    from_: Annotated[OutputReference | None, Field(alias="from")] = None
    """`step.output` of the Component's graph; only with `steps`."""
    first_of: References | None = None
    """Several `step.output` of the graph: the first that there is; only with `steps`."""
    expr: Expression | None = None
    """A CEL expression over the Component's inputs and its steps; only with `steps`."""
    description: Description | None = None
    """What the output holds."""


class PipelineOutput(Model):
    """A result shown in the Pipeline's `status.outputs`: exactly one of `from`, `firstOf` and `expr`."""

    rules: ClassVar[Rules] = (exactly_one("from", "firstOf", "expr"),)

    name: Identifier
    """Name of the result."""
    from_: Annotated[OutputReference | None, Field(alias="from")] = None
    """`step.output` that it is taken from."""
    first_of: References | None = None
    """Several `step.output`: the first that there is once all these steps have ended."""
    expr: Expression | None = None
    """A CEL expression over `params`, `steps.X.status` and `steps.X.outputs.Y`, once these steps have ended."""


class Outcome(StrEnum):
    """How the step that one comes after must have ended."""

    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    COMPLETED = "Completed"


class After(Model):
    """Run after another step ended in a given way."""

    step: DnsLabel
    """Name of the other step."""
    outcome: Outcome = Outcome.SUCCEEDED
    """`Succeeded`, `Failed`, or `Completed` for any end, Skipped too."""


FURTHEST = 2**53
"""Whole numbers beyond this are not exact in JSON."""


class Range(Model):
    """Whole numbers from `start` up to, not including, `stop`."""

    rules: ClassVar[Rules] = (
        Rule(
            message="step must not be 0: use 1 to count up or -1 to count down",
            holds=lambda range_: range_.step != 0,
            cel="!has(self.step) || self.step != 0",
            at="step",
        ),
    )

    start: Annotated[int, Field(ge=-FURTHEST, le=FURTHEST)] = 0
    """First number."""
    stop: Annotated[int, Field(ge=-FURTHEST, le=FURTHEST)]
    """The number before which to end."""
    step: Annotated[int, Field(ge=-1_000_000, le=1_000_000)] = 1
    """Difference between neighbours; not 0."""


class EachVariable(Model):
    """One variable of a fan-out: exactly one of `values`, `range`, `param`, `from` and `expr`."""

    rules: ClassVar[Rules] = (exactly_one_source("values", "range", "param", "from", "expr"),)

    name: Identifier
    """Name; inputs refer to it with `each`, expressions with `each.NAME`."""
    values: Annotated[list[Json] | None, Field(max_length=10_000)] = None
    """Literal values."""
    range: Range | None = None
    """A range of whole numbers."""
    from_: Annotated[OutputReference | None, Field(alias="from")] = None
    """`step.output`: a list that another step produces."""
    param: Identifier | None = None
    """Name of a parameter that is a list (inside a Component: of one of its inputs)."""
    expr: Expression | None = None
    """A CEL expression that gives a list, such as `params.depths.filter(d, d > 2)`."""


class ForEach(Model):
    """Runs the step once for each combination of the variables; the last variable varies fastest."""

    vars: Annotated[list[EachVariable], Field(min_length=1, max_length=8), Unique("name")]
    """The variables."""
    max_parallel: Annotated[int | None, Field(ge=1, le=10_000)] = None
    """Most instances running at once."""
