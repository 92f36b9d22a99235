"""The ground every model stands on: strict fields, camelCase on the wire, and the constrained strings they share."""

from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, StringConstraints, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema

from penstock.api.rules import Rules, rule_error

GROUP = "penstock.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"

Json = Any
"""A plain JSON value: null, boolean, number, string, list or object."""


class Model(BaseModel):
    """Base of all API models: unknown fields are errors, instances do not change, rules hold."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        serialize_by_alias=True,
        use_attribute_docstrings=True,
        defer_build=True,  # a model that is only a part of others never validates by itself: 5 MB
    )

    rules: ClassVar[Rules] = ()
    """Rules of this class; those of its bases hold too."""
    rules_in_force: ClassVar[Rules] = ()
    attributes: ClassVar[dict[str, str]] = {}
    """Python name of each field by its name on the wire."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls.rules_in_force = tuple(rule for base in reversed(cls.__mro__) for rule in base.__dict__.get("rules", ()))
        cls.attributes = {info.alias or name: name for name, info in cls.model_fields.items()}

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        node = handler.resolve_ref_schema(reference := handler(schema))
        for rule in cls.rules_in_force:
            node.update(rule.schema)
        node["x-kubernetes-validations"] = [
            {"rule": rule.cel, "message": rule.message, **({"fieldPath": f".{rule.at}"} if rule.at else {})}
            for rule in cls.rules_in_force
            if rule.cel
        ]
        return reference

    @model_validator(mode="after")
    def _check_rules(self) -> Self:
        broken = [
            (rule.at, rule.explain(self) if rule.explain else rule.message)
            for rule in self.rules_in_force
            if rule.holds is not None and not rule.holds(self)
        ]
        if broken:
            raise rule_error(broken)
        return self

    def is_set(self, name: str) -> bool:
        """Whether the field, named as users write it, was given; null counts only where any JSON value may stand."""
        attribute = self.attributes[name]
        if attribute not in self.model_fields_set:
            return False
        return getattr(self, attribute) is not None or type(self).model_fields[attribute].annotation is Any

    def to_json(self) -> dict[str, Any]:
        """The object as users write it: camelCase, without what was not set."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


LABEL = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
SUBDOMAIN = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
IDENTIFIER = r"^[A-Za-z_][A-Za-z0-9_-]*$"
REFERENCE = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?\.[A-Za-z_][A-Za-z0-9_-]*$"
EACH = r"^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_-]*)?$"
PATH_REFERENCE = r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?\.)+[A-Za-z_][A-Za-z0-9_-]*$"
ENV_NAME = r"^[A-Za-z_][A-Za-z0-9_.-]*$"
ABSOLUTE_PATH = r"^/[^:]*$"
S3_URI = r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9_=@+-][A-Za-z0-9_=@+.-]*)*$"
ENDPOINT = r"^https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~/-]*)?$"

PATTERNS = {
    LABEL: "a DNS label: lower-case letters, digits and dashes, with a letter or digit at both ends, such as train-2",
    SUBDOMAIN: "an object's name: lower-case letters, digits, dashes and dots, with a letter or digit at both ends",
    IDENTIFIER: "a name of letters, digits, _ and -, not beginning with a digit or -, such as learningRate",
    EACH: "a variable of forEach, such as depth, or a field of its items, such as size.depth",
    REFERENCE: "a reference `step.output`, such as train.accuracy",
    PATH_REFERENCE: "a reference `step.output`, such as train.accuracy",
    ENV_NAME: "the name of an environment variable: letters, digits, _ . and -, not beginning with a digit",
    ABSOLUTE_PATH: "an absolute path without a colon, such as /data",
    S3_URI: "s3://BUCKET or s3://BUCKET/PREFIX, of letters, digits and . _ = @ + -, without a slash at the end, and no"
    " part that begins with a dot",
    ENDPOINT: "the URL of an S3 API, such as https://minio.example.com:9000, without user, query or fragment",
}
"""What each pattern means, for messages and docs."""

DnsLabel = Annotated[str, StringConstraints(pattern=LABEL, min_length=1, max_length=63)]
"""A DNS label (RFC 1123): names of Pipelines and steps."""

DnsSubdomain = Annotated[str, StringConstraints(pattern=SUBDOMAIN, max_length=253)]

Identifier = Annotated[str, StringConstraints(pattern=IDENTIFIER, min_length=1, max_length=63)]
"""Name of a parameter, an input, an output or a forEach variable."""

EachReference = Annotated[str, StringConstraints(pattern=EACH, min_length=1, max_length=127)]
"""`variable` or `variable.field`: what a forEach varies."""

OutputReference = Annotated[str, StringConstraints(pattern=REFERENCE, max_length=127)]
"""`step.output`: one output of one step."""

Expression = Annotated[str, StringConstraints(min_length=1, max_length=4096)]
"""A CEL expression over `params`, `steps.X.status` and `steps.X.outputs.Y`."""

Description = Annotated[str, StringConstraints(max_length=4096)]
Image = Annotated[str, StringConstraints(min_length=1, max_length=512)]
Text = Annotated[str, StringConstraints(max_length=65536)]
Script = Annotated[str, StringConstraints(min_length=1, max_length=65536)]
Atomic = Field(json_schema_extra={"x-kubernetes-map-type": "atomic"})
"""Marks a map that is always written as a whole, which keeps managedFields short."""
