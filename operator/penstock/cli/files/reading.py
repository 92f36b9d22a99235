"""Reads manifests from files, folders and standard input, and finds the line of a path in them."""

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from penstock.api.manifests import UnreadableManifest, documents
from penstock.cluster.failure import Failure

LARGEST = 32 * 1024 * 1024
SUFFIXES = (".yaml", ".yml", ".json")
PYTHON = (".py", ".ipynb")
STDIN = "-"

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


def read(paths: Sequence[str]) -> Iterator[Document | Unreadable]:
    """The documents of files, of folders (`*.yaml`, `*.yml`, `*.json` in them, hidden ones left out) and of `-`.

    Python and notebooks are read where they are named, not where a folder holds them.

    Raises Failure for a path that is not there.
    """
    seen: set[str] = set()
    for path in paths:
        for source in _files(path):
            if os.path.realpath(source) not in seen:
                seen.add(os.path.realpath(source))
                yield from _read_file(source, searched=source != path)


def _files(path: str) -> Iterator[str]:
    if path == STDIN or os.path.isfile(path) or (os.path.exists(path) and not os.path.isdir(path)):
        yield path
    elif os.path.isdir(path):
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            yield from (
                os.path.join(folder, name)
                for name in sorted(names)
                if name.endswith(SUFFIXES) and not name.startswith(".")
            )
    else:
        raise Failure(f"there is no file or folder {path!r}")


def _read_file(source: str, searched: bool) -> Iterator[Document | Unreadable]:
    name = "<stdin>" if source == STDIN else source
    try:
        raw = sys.stdin.buffer.read(LARGEST + 1) if source == STDIN else _bytes(Path(source))
    except OSError as error:
        yield Unreadable(name, None, f"cannot be read: {error.strerror}")
        return
    if len(raw) > LARGEST:
        yield Unreadable(name, None, f"is larger than {LARGEST // 1024**2} MiB; no API server takes that")
        return
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        yield Unreadable(name, line, f"is not UTF-8 (byte {raw[error.start]:#04x}); save the file as UTF-8")
        return
    if name.endswith(PYTHON):
        from penstock.cli.files.python import documents_of  # only where needed: YAML is to be read fast

        yield from documents_of(text, name)
        return
    yield from parse(text, name, searched)


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST + 1)


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
