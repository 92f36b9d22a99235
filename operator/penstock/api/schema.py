"""From models to structural OpenAPI schemas, the form that CustomResourceDefinitions take (KEP-1979).

Differences from pydantic's JSON schema: everything is written out in place, null is no type of its own (the API
server drops nulls of fields that are not nullable), and plain JSON values keep whatever they hold.
"""

from functools import cache
from typing import Any

from penstock.api.base import Model

Schema = dict[str, Any]

ANY_JSON: Schema = {"x-kubernetes-preserve-unknown-fields": True, "nullable": True}
"""The schema of a plain JSON value: without a type, so that scalars, lists and objects all pass."""

_ORDER = (
    *("description", "type", "format", "nullable", "default", "enum", "pattern", "minLength", "maxLength"),
    *("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "minItems", "maxItems", "maxProperties"),
    *("required", "oneOf", "properties", "additionalProperties", "items"),
)
_KEPT = frozenset(_ORDER) - {"default", "nullable", "additionalProperties", "properties", "items"}


@cache
def structural(model: type[Model]) -> Schema:
    """The structural schema of a model."""
    source = model.model_json_schema(by_alias=True)
    return _Structural(source.get("$defs", {})).convert(source)


def editor_schema(node: Schema) -> Schema:
    """The JSON schema (draft 7) of a structural schema, for editors and offline checks: unknown fields are errors."""
    out: Schema = {"additionalProperties": False} if "properties" in node else {}
    for key, value in node.items():
        if key == "properties":
            out[key] = {name: editor_schema(child) for name, child in value.items()}
        elif key in ("items", "additionalProperties"):
            out[key] = editor_schema(value)
        elif key == "exclusiveMinimum":
            out[key] = out.pop("minimum")
        elif not key.startswith("x-kubernetes-") and key != "nullable":
            out[key] = value
    if "pattern" in node and "type" not in node:
        out["type"] = ["number", "string"]
    return out


def describe_default(value: Any) -> str:
    """A default as docs show it: `Stop`, `true`, `10s`; empty where absence says it all."""
    if value is None or isinstance(value, dict | list):
        return ""
    if isinstance(value, bool):
        return "true" if value else ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


class _Structural:
    """One conversion, with the definitions that `$ref` points to."""

    def __init__(self, definitions: dict[str, Schema]) -> None:
        self.definitions = definitions

    def convert(self, source: Schema) -> Schema:
        node = self._resolve(source)
        out: Schema = {key: value for key, value in node.items() if key in _KEPT or key.startswith("x-kubernetes-")}
        if not out.get("x-kubernetes-validations", True):
            del out["x-kubernetes-validations"]
        if default := describe_default(node.get("default")):
            out["description"] = f"{out.get('description', '')} Defaults to {default}.".strip()
        if isinstance(bound := out.get("exclusiveMinimum"), int | float) and not isinstance(bound, bool):
            out |= {"minimum": bound, "exclusiveMinimum": True}
        if "const" in node:
            out["enum"] = [node["const"]]
        if "properties" in node:
            out["properties"] = {name: self.convert(child) for name, child in node["properties"].items()}
        elif isinstance(node.get("additionalProperties"), dict):
            out["additionalProperties"] = self.convert(node["additionalProperties"])
        elif node.get("additionalProperties") is True:
            out["additionalProperties"] = dict(ANY_JSON)
        if "items" in node:
            out["items"] = self.convert(node["items"])
        if out.get("type") == "array":
            out.setdefault("x-kubernetes-list-type", "atomic")
        elif "type" not in out and not any(key.startswith("x-kubernetes-") for key in out):
            out |= ANY_JSON
        return {key: out[key] for key in sorted(out, key=_rank)}

    def _resolve(self, source: Schema) -> Schema:
        """The node with references and `X | null` replaced by what they stand for; its own keys win."""
        node = dict(source)
        if "anyOf" in node:
            (choice,) = (option for option in node.pop("anyOf") if option.get("type") != "null")
            node = {**choice, **node}
        if "$ref" in node:
            target = self._resolve(self.definitions[node.pop("$ref").rpartition("/")[2]])
            node = {**target, **node, "description": _both(node.get("description"), target)}
        return node


def _both(field: str | None, target: Schema) -> str:
    """What the field is for, and what its type is; of an enum the type first, since the field tells its words."""
    about: str = target.get("description", "")
    if not field or field == about:
        return about
    return f"{about} {field}" if "enum" in target else f"{field}\n{about}"


def _rank(key: str) -> tuple[int, str]:
    return (_ORDER.index(key), "") if key in _ORDER else (len(_ORDER) - 4, key)
