"""Manifests as text: YAML read the way kubectl reads it, with the line of what cannot be read."""

import re
from collections.abc import Iterator
from typing import Any, ClassVar

import yaml
from yaml.nodes import MappingNode, ScalarNode

from penstock.api.base import Json


class UnreadableManifest(ValueError):
    """Text that is no YAML, or YAML that says something twice; the message has line and column."""


def _refusal(message: str, mark: yaml.Mark) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, message, mark)


class _Loader(yaml.SafeLoader):
    """SafeLoader with kubectl's view of scalars: dates are text, `1e3` a number, `y` a boolean; no key stands twice."""

    bool_values: ClassVar = {**yaml.SafeLoader.bool_values, "y": True, "n": False}

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, ScalarNode):
                raise _refusal("a key must be text, not a list or an object", key.start_mark)
            if key.value in seen and key.tag != "tag:yaml.org,2002:merge":
                raise _refusal(f"the key {key.value!r} stands twice in one object", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":float", ":int"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"[yYnN]$"), list("yYnN"))
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int",
    re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]*|[1-9][0-9_]*)$"),
    list("-+0123456789"),
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(?:(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"),
    list("-+0123456789."),
)


def load(text: str) -> Iterator[Json]:
    """The documents of a YAML stream, empty ones left out.

    Raises UnreadableManifest with line and column.
    """
    try:
        yield from (document for document in yaml.load_all(text, Loader=_Loader) if document is not None)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise UnreadableManifest(f"{place}{error.problem or error.context}") from error
    except yaml.reader.ReaderError as error:
        raise UnreadableManifest(f"character {error.position}: {error.reason}") from error
    except (ValueError, RecursionError) as error:
        raise UnreadableManifest(f"cannot be read: {error}") from error
