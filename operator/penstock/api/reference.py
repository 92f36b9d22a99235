"""The API reference in Markdown: one page per kind, one table per type, from the same schemas as the definitions."""

from collections.abc import Iterator

from penstock.api.base import API_VERSION
from penstock.api.complaints import MEANINGS
from penstock.api.crd import COLUMNS, MODELS, SELECTABLE
from penstock.api.kinds import KINDS, Kind
from penstock.api.schema import Schema, describe_default

NOTE = "<!-- Generated from the models by `make generate`; edit those. -->"


def index() -> str:
    """The page that lists the kinds."""
    rows = [f"| [{k.name}]({k.name.lower()}.md) | `{k.plural}` | `{k.short}` | {_summary(k)} |" for k in KINDS]
    return "\n".join(
        [
            NOTE,
            "",
            f"# API reference: `{API_VERSION}`",
            "",
            "`kubectl explain pipeline.spec.steps` shows the same in a terminal; `kubectl get penstock` lists all.",
            "",
            "| kind | plural | short | what it is |",
            "| --- | --- | --- | --- |",
            *rows,
            "",
        ]
    )


def page(kind: Kind) -> str:
    """The page of one kind."""
    source = MODELS[kind].model_json_schema(by_alias=True)
    definitions: dict[str, Schema] = source["$defs"]
    lines = [NOTE, "", f"# {kind.name}", "", source["description"], "", f"Short name `{kind.short}`.", ""]
    lines += ["## Columns", "", "| column | shown | field | meaning |", "| --- | --- | --- | --- |"]
    for column in COLUMNS[kind]:
        shown = "`-o wide`" if column.wide else "always"
        lines.append(f"| {column.name} | {shown} | `{column.path}` | {column.description} |")
    lines.append("")
    if SELECTABLE[kind]:
        fields = ", ".join(f"`{path[1:]}`" for path in SELECTABLE[kind])
        lines += [f"Field selectors: {fields}.", ""]
    root = {name: node for name, node in source["properties"].items() if name in ("spec", "status")}
    for name in _reachable(root, definitions):
        lines += _section(name, definitions[name])
    return "\n".join(lines)


def _summary(kind: Kind) -> str:
    return (MODELS[kind].__doc__ or "").splitlines()[0]


def _section(name: str, node: Schema) -> list[str]:
    lines = [f"## {name}", "", node.get("description", ""), ""]
    if "enum" in node:
        return [*lines, "One of " + ", ".join(f"`{value}`" for value in node["enum"]) + ".", ""]
    lines += ["| field | type | meaning |", "| --- | --- | --- |"]
    for field, child in node.get("properties", {}).items():
        needed = " **required**" if field in node.get("required", ()) else ""
        lines.append(f"| `{field}` | {_type(child)}{needed} | {_meaning(child)} |")
    lines.append("")
    rules = [rule["message"] for rule in node.get("x-kubernetes-validations", ())]
    if "oneOf" in node:
        rules.insert(0, "set exactly one of " + ", ".join(option["required"][0] for option in node["oneOf"]))
    if rules:
        lines += ["Rules:", "", *(f"- {rule}" for rule in rules), ""]
    return lines


def _variant(node: Schema) -> Schema:
    """The node without its null alternative."""
    if "anyOf" not in node:
        return node
    (choice,) = (option for option in node["anyOf"] if option.get("type") != "null")
    return {**choice, **{key: value for key, value in node.items() if key != "anyOf"}}


def _type(source: Schema) -> str:
    node = _variant(source)
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if node.get("type") == "array":
        return f"list of {_type(node['items'])}"
    if node.get("type") == "object":
        rest = node.get("additionalProperties")
        return f"map to {_type(rest)}" if isinstance(rest, dict) else "object"
    if "x-kubernetes-int-or-string" in node or "x-kubernetes-preserve-unknown-fields" in node:
        return "quantity"
    kind: str = node.get("type", "any JSON value")
    return {"string": "text", "integer": "whole number"}.get(kind, kind)


def _meaning(source: Schema) -> str:
    node = _variant(source)
    parts = [node.get("description", "").replace("\n", " ")]
    if default := describe_default(node.get("default")):
        parts.append(f"Default `{default}`.")
    parts += _bounds(node)
    return " ".join(part for part in parts if part).replace("|", "\\|")


def _bounds(node: Schema) -> Iterator[str]:
    if "enum" in node:
        yield "One of " + ", ".join(f"`{value}`" if value else '`""`' for value in node["enum"]) + "."
    if "const" in node:
        yield f"Always `{node['const']}`."
    if node.get("pattern") in MEANINGS:
        yield f"Must be {MEANINGS[node['pattern']]}."
    for key, text in (
        ("minimum", "At least {:,}."),
        ("exclusiveMinimum", "More than {:,}."),
        ("maximum", "At most {:,}."),
        ("maxLength", "At most {:,} characters."),
        ("maxItems", "At most {:,} items."),
        ("maxProperties", "At most {:,} entries."),
    ):
        if key in node and node.get("type"):
            yield text.format(node[key])


def _reachable(properties: dict[str, Schema], definitions: dict[str, Schema]) -> list[str]:
    """Names of the types under these properties, each once, breadth first."""
    names: list[str] = []
    queue = list(properties.values())
    while queue:
        node = queue.pop(0)
        if "$ref" in node:
            name = node["$ref"].rpartition("/")[2]
            if name not in names:
                names.append(name)
                queue.extend(definitions[name].get("properties", {}).values())
        queue.extend(node.get("anyOf", ()))
        queue.extend(child for key in ("items", "additionalProperties") if isinstance(child := node.get(key), dict))
    return names
