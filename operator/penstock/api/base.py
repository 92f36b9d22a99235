"""The ground every model stands on: strict fields, camelCase on the wire, and the constrained strings they share."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

GROUP = "penstock.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"

Json = Any
"""A plain JSON value: null, boolean, number, string, list or object."""


class Model(BaseModel):
    """Base of all API models: unknown fields are errors, instances do not change."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        serialize_by_alias=True,
        use_attribute_docstrings=True,
    )

    def to_json(self) -> dict[str, Any]:
        """The object as users write it: camelCase, without what was not set."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


DnsLabel = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", min_length=1, max_length=63)]
"""A DNS label (RFC 1123): names of Pipelines and steps."""

DnsSubdomain = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=253)]

Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$", min_length=1, max_length=63)]
"""Name of a parameter, an input, an output or a forEach variable."""

OutputReference = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?\.[A-Za-z_][A-Za-z0-9_-]*$", max_length=127)
]
"""`step.output`: one output of one step."""

Expression = Annotated[str, StringConstraints(min_length=1, max_length=4096)]
"""A CEL expression over `params`, `steps.X.status` and `steps.X.outputs.Y`."""

Description = Annotated[str, StringConstraints(max_length=4096)]
Image = Annotated[str, StringConstraints(min_length=1, max_length=512)]
Text = Annotated[str, StringConstraints(max_length=65536)]
Script = Annotated[str, StringConstraints(min_length=1, max_length=65536)]
Percent = Annotated[float, Field(ge=0, le=100)]
