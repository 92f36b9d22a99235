"""Manifests as documents of a text, with the line of each path in them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from penstock.api.manifests import UnreadableManifest, documents

_BOOLEAN_WORDS = {"on": "true", "yes": "true", "y": "true", "off": "false", "no": "false", "n": "false"}


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file. `line` is its first, from 1; `searched` if a folder was given, not the file.

    Of one that was made of Python, `places` has the file and line that its paths are from.
    """

    source: str
    line: int
    data: Any
    node: Node | None = None
    searched: bool = False
    places: Mapping[str, tuple[str, int]] | None = None

    def place_of(self, path: str) -> tuple[str, int]:
        """File and line of a path such as `spec.steps[3].inputs[0].from`, or of the nearest place above that exists."""
        if self.places is None:
            return self.source, self._find(path)[0]
        while path and path not in self.places:
            path = re.sub(r"(\.?[^.\[\]]+|\[[^\]]*\])$", "", path)
        return self.places.get(path, (self.source, self.line))

    def line_of(self, path: str) -> int:
        """The line of a path."""
        return self.place_of(path)[1]

    def boolean_word(self, path: str) -> str | None:
        """The bare word, such as `on`, that YAML reads as a boolean at this path."""
        return self._find(path)[1]

    def _find(self, path: str) -> tuple[int, str | None]:
        line, node, word = self.line, self.node, None
        for part in _parts(path):
            step = _child(node, part) if node is not None else None
            if step is None:
                return line, word
            key, node = step
            line = (key or node).start_mark.line + 1
            word = _boolean_word(key) if key is not None and part != key.value else _boolean_word(node)
        return line, word

    def items(self) -> Iterator["Document"]:
        """The document itself, or the items of a `kind: List` as kubectl prints it."""
        listed = self.data.get("items") if isinstance(self.data, dict) and self.data.get("kind") == "List" else None
        if not isinstance(listed, list):
            yield self
            return
        found = _child(self.node, "items") if self.node else None
        nodes = found[1].value if found and isinstance(found[1], SequenceNode) else [None] * len(listed)
        for data, node in zip(listed, nodes, strict=True):
            yield Document(self.source, node.start_mark.line + 1 if node else self.line, data, node, self.searched)

    def boolean_keys(self) -> Iterator[tuple[int, str]]:
        """Line and word of every key that is a bare `on`, `yes`, `n` …, which YAML reads as a boolean."""
        waiting, seen = [self.node], set()
        while waiting:
            node = waiting.pop()
            if node is None or id(node) in seen:
                continue
            seen.add(id(node))
            if isinstance(node, SequenceNode):
                waiting.extend(node.value)
            elif isinstance(node, MappingNode):
                for key, value in node.value:
                    waiting.append(value)
                    word = _boolean_word(key)
                    if word:
                        yield key.start_mark.line + 1, word


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What of a file cannot be read, and why. `line` is None if the whole file cannot."""

    source: str
    line: int | None
    message: str


def parse(text: str, name: str, searched: bool = False) -> Iterator[Document | Unreadable]:
    """The documents of a text; what follows a syntax error is not read."""
    try:
        for data, node in documents(text):
            yield Document(name, node.start_mark.line + 1, data, node, searched)
    except UnreadableManifest as error:
        yield _unreadable(name, text, error)


def _unreadable(name: str, text: str, error: UnreadableManifest) -> Unreadable:
    message = str(error)
    place = re.match(r"line (\d+), column (\d+): ", message)
    if place:
        return Unreadable(name, int(place[1]), f"{message[place.end() :]} (column {place[2]})")
    cause = error.__cause__
    if isinstance(cause, yaml.reader.ReaderError) and isinstance(cause.position, int):
        character = text[cause.position]
        line = text.count("\n", 0, cause.position) + 1
        what = "a NUL character" if character == "\0" else f"the control character U+{ord(character):04X}"
        return Unreadable(name, line, f"contains {what}, which YAML does not allow; remove it")
    return Unreadable(name, None, message)


def _parts(path: str) -> list[str]:
    """`spec.steps[3].requests[nvidia.com/gpu]` in parts; what lies inside another manifest, `component(x)…`, is cut."""
    own = re.split(r"component\(", path, maxsplit=1)
    parts = [key or index for key, index in re.findall(r"([^.\[\]]+)|\[([^\]]*)\]", own[0])]
    return [*parts, "component"] if len(own) > 1 else parts


def _child(node: Node, part: str) -> tuple[ScalarNode | None, Node] | None:
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if isinstance(key, ScalarNode) and (key.value == part or _boolean(key) == part):
                return key, value
    if isinstance(node, SequenceNode):
        if part.isdecimal():
            return (None, node.value[int(part)]) if int(part) < len(node.value) else None
        for item in node.value:
            name = _child(item, "name")
            if name and isinstance(name[1], ScalarNode) and name[1].value == part:
                return None, item
    return None


def _boolean_word(node: Node) -> str | None:
    if isinstance(node, ScalarNode) and not node.style and node.value.lower() in _BOOLEAN_WORDS:
        word: str = node.value
        return word
    return None


def _boolean(key: ScalarNode) -> str | None:
    word = _boolean_word(key)
    return _BOOLEAN_WORDS[word.lower()] if word else None
