"""Items of `args` that stand for all of a list: `$(INPUT_FILES[*])` becomes one argument for each of its values.

kubelet knows no such name and leaves it as it is, so nothing that is written otherwise changes its meaning.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from penstock.api.base import Json
from penstock.core.graph.graph import Wired, Work
from penstock.core.graph.wire import variable_name
from penstock.core.problems import Problem, nearest
from penstock.core.reasons import Reason
from penstock.core.values import text

_SPREAD = re.compile(r"(?<!\$)\$\(INPUT_([A-Za-z0-9_-]*)\[\*\]\)")
_TYPES = ("List", "Artifact", "Any")
"""What may be a list; of artifacts it is one where a fan-out made them."""


def problems(work: Work, inputs: Sequence[Wired], where: str) -> Iterator[Problem]:
    """What is wrong with the items of a step and its undo that stand for a list."""
    yield from _problems(work.command, work.args, inputs, where)
    if work.undo:
        yield from _problems(work.undo.command, work.undo.args, inputs, f"{where}.undo")


def _problems(
    command: Iterable[str] | None, args: Iterable[str] | None, inputs: Sequence[Wired], where: str
) -> Iterator[Problem]:
    for number, word in enumerate(command or ()):
        if found := _SPREAD.search(word):
            message = f"{found[0]} stands for a list in args only; move it there"
            yield Problem(f"{where}.command[{number}]", Reason.INVALID_FIELD, message)
    types = {variable_name(wired.name): wired.type for wired in inputs}
    for number, word in enumerate(args or ()):
        found = _SPREAD.search(word)
        if not found:
            continue
        place, name = f"{where}.args[{number}]", found[1]
        if found[0] != word:
            message = f"{found[0]} becomes one argument for each value, so it is an item of its own; split the item"
            yield Problem(place, Reason.INVALID_FIELD, message)
        elif name not in types:
            message = f"there is no input INPUT_{name}{nearest(name, types)}; name one of the step's"
            yield Problem(place, Reason.UNKNOWN_INPUT, message)
        elif types[name] not in _TYPES:
            message = f"INPUT_{name} is {types[name]}, and only a List has values to spread; write $(INPUT_{name})"
            yield Problem(place, Reason.TYPE_MISMATCH, message)


def spreads(work: Work, inputs: Iterable[Wired]) -> Iterator[Wired]:
    """The inputs that the arguments of a step spread, one for each time."""
    if any(map(_SPREAD.fullmatch, work.args or ())):
        by_variable = {variable_name(wired.name): wired for wired in inputs}
        found = (_SPREAD.fullmatch(word) for word in work.args or ())
        yield from (by_variable[one[1]] for one in found if one)


def refusal(wired: Wired, value: Json) -> str:
    """What keeps a value from being spread; empty if nothing does."""
    if value is not None and wired.type != "Artifact" and not isinstance(value, list):
        return f"input {wired.name!r} is spread over args, so it must be a List"
    if any("\0" in word for word in _words(value)):
        return f"input {wired.name!r} holds a NUL character; no argument can"
    return ""


def spread(args: Iterable[str], values: Mapping[str, Json]) -> list[str]:
    """The arguments as kubelet is to get them: it undoes the doubled `$`. `values`: by the name of the input."""
    by_variable = {variable_name(name): value for name, value in values.items()}
    made: list[str] = []
    for word in args:
        found = _SPREAD.fullmatch(word)
        made += [one.replace("$", "$$") for one in _words(by_variable[found[1]])] if found else [word]
    return made


def _words(value: Json) -> list[str]:
    """One text for each value, as in a variable; none for nothing, and one for what is no list: a single artifact."""
    if value is None:
        return []
    return [text(item) for item in value] if isinstance(value, list) else [text(value)]
