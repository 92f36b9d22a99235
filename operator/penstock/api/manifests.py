"""Manifests as text: YAML read the way kubectl reads it, with the line of what cannot be read."""

import math
import re
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode

from penstock.api.base import Json
from penstock.api.plain import DEEPEST, TOO_DEEP

_DEEPEST_READ = 2 * DEEPEST
"""Levels that are read of a document; what lies deeper is left out, and what it is a part of is too deep anyway."""
_DEEPEST_SKIPPED = 1000
"""Levels that are left out: to scan more takes time that grows with their square."""
_MOST_MERGED = 10_000
"""Keys that one object may get by `<<`: merges of merges grow exponentially (a "billion laughs")."""


class UnreadableManifest(ValueError):
    """Text that is no YAML, or YAML that says something twice; the message has line and column."""


def _refusal(message: str, mark: yaml.Mark) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, message, mark)


class _Loader(yaml.SafeLoader):
    """SafeLoader with kubectl's view of scalars: dates are text, `1e3` a number, `y` a boolean; no key stands twice."""

    bool_values: ClassVar = {**yaml.SafeLoader.bool_values, "y": True, "n": False}
    levels = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        if self.levels == _DEEPEST_READ:
            return self._left_out()
        self.levels += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.levels -= 1

    def _left_out(self) -> Node:
        """Null in place of the node that comes next, however deep that is."""
        first, depth = self.peek_event(), 0  # type: ignore[no-untyped-call]
        while True:
            event = self.get_event()  # type: ignore[no-untyped-call]
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST_SKIPPED:
                raise _refusal(TOO_DEEP, first.start_mark)
            if not depth:
                return ScalarNode("tag:yaml.org,2002:null", "", first.start_mark, event.end_mark)

    def flatten_mapping(self, node: MappingNode) -> None:
        super().flatten_mapping(node)
        if len(node.value) > _MOST_MERGED:
            raise _refusal(f"an object gets more than {_MOST_MERGED:,} keys by <<", node.start_mark)

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, ScalarNode):
                raise _refusal("a key must be text, not a list or an object", key.start_mark)
            if key.value in seen and key.tag != "tag:yaml.org,2002:merge":
                raise _refusal(f"the key {key.value!r} stands twice in one object", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _integer(loader: _Loader, node: ScalarNode) -> int | float | str:
    try:
        return loader.construct_yaml_int(node)
    except ValueError:  # more digits than Python reads, or none
        return math.inf if len(node.value) > len("0x_") else str(node.value)


_Loader.add_constructor("tag:yaml.org,2002:int", _integer)
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


class _JsonLoader(_Loader):
    """What is written as JSON, of which YAML leaves out two things: tabs between tokens, and pairs of surrogates."""

    def __init__(self, text: str) -> None:
        super().__init__(text.replace("\t", " "))  # inside a string of JSON there is none


def _text(loader: _JsonLoader, node: ScalarNode) -> str:
    written = str(loader.construct_scalar(node))
    return written if written.isascii() else written.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


_JsonLoader.add_constructor("tag:yaml.org,2002:str", _text)


def load(text: str) -> Iterator[Json]:
    """The documents of a YAML stream, empty ones left out.

    Raises UnreadableManifest with line and column.
    """
    return (data for data, _ in documents(text))


def documents(text: str) -> Iterator[tuple[Json, Node]]:
    """The same with the node that each was made from, which knows its place."""
    try:
        loader = _JsonLoader(text) if text.lstrip().startswith("{") else _Loader(text)  # as kubectl tells them apart
        while loader.check_node():
            node = loader.get_node()
            data = loader.construct_document(node)
            if node is not None and data is not None:
                yield data, node
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise UnreadableManifest(f"{place}{error.problem or error.context}") from error
    except yaml.reader.ReaderError as error:
        raise UnreadableManifest(f"character {error.position}: {error.reason}") from error
    except (ValueError, RecursionError) as error:
        raise UnreadableManifest(f"cannot be read: {error}") from error


class _Dumper(yaml.SafeDumper):
    """Writes scripts as they are, short objects on one line, in quotes what some reader takes for something else."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


_Dumper.yaml_implicit_resolvers = {
    first: [*yaml.SafeDumper.yaml_implicit_resolvers.get(first, ()), *_Loader.yaml_implicit_resolvers.get(first, ())]
    for first in {*yaml.SafeDumper.yaml_implicit_resolvers, *_Loader.yaml_implicit_resolvers}
}
_WIDTH = 100


def _written_text(dumper: _Dumper, text: str) -> Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


def _written_object(dumper: _Dumper, value: dict[str, Json]) -> Node:
    node = dumper.represent_mapping("tag:yaml.org,2002:map", value)
    node.flow_style = _is_short(value)
    return node


def _written_list(dumper: _Dumper, value: list[Json]) -> Node:
    node = dumper.represent_sequence("tag:yaml.org,2002:seq", value)
    node.flow_style = _is_short(value)
    return node


def _is_short(value: Json) -> bool:
    """Whether it is no more than single values, and may stand on one line."""
    inner = value.values() if isinstance(value, dict) else value
    flat = all(not isinstance(one, dict | list) and "\n" not in str(one) for one in inner)
    return (
        flat and sum(len(str(one)) + 4 for one in (*value, *(inner if isinstance(value, dict) else ()))) < _WIDTH - 16
    )


_Dumper.add_representer(str, _written_text)
_Dumper.add_representer(dict, _written_object)
_Dumper.add_representer(list, _written_list)


def dump(manifests: Iterable[Json]) -> str:
    """Manifests as a YAML stream for people: in the order of their fields, the same text for equal manifests."""
    return yaml.dump_all(
        manifests, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**6, explicit_start=True
    )
