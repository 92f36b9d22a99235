"""CEL expressions over `params`, items of a fan-out, facts and outputs of steps (https://cel.dev).

References are found in the text and replaced by identifiers of the same length, each declared with the type of
what it stands for. So a wrong type is an error with its position before anything runs, and an expression can only
see what it names. Google's evaluator bounds iterations and depth, the schema bounds the text. What remains is bound
here: chained macros with `+` or literals in them grow exponentially, so their number, the data that an expression
reads and the size of its result are limited.
"""

import functools
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cel_expr_python import cel

from penstock.api.base import Json
from penstock.core.values import canonical, normalise

_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*)
    |(?P<raw>[bB]?[rR][bB]?(?:\"\"\".*?\"\"\"|'''.*?'''|"[^"\n]*"|'[^'\n]*'))
    |(?P<string>[rRbB]{0,2}(?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<number>\d[\w.]*)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_NO_JSON = re.compile(r"\b(?:(BYTES|DURATION|TIMESTAMP|TYPE)\b|MAP<(?!STRING|DYN)(\w+))")
"""What of the name of a result's type JSON does not have."""
_MACROS = frozenset({"map", "filter", "all", "exists", "exists_one"})
_PERHAPS_VARIABLES = frozenset({"pipeline", "each"})
"""Names that macros in manifests of before they meant anything may have for their variable."""
MOST_MACROS = 3
MOST_READ = 1024 * 1024
"""Most text that an expression may read."""
MOST_READ_OVER = 128 * 1024
"""The same if it has macros, which look at it again and again."""
MOST_JOINED_OVER = 32 * 1024
"""The same if it has macros and `+`, which may join all of it again and again."""
MOST_MADE = 200_000
"""Most values that a result may consist of."""
_POSITION = re.compile(r"<input>:(\d+):(\d+): (.*)")

FACTS: Mapping[str, str] = {
    "status": "String",
    "reason": "String",
    "exitCode": "Any",
    "startTime": "Any",
    "completionTime": "Any",
}
"""What can be known of a step that has ended besides its outputs, with its type; `Any` where it may be null."""

CEL_TYPES: dict[str, Any] = {
    "String": cel.Type.STRING,
    "Integer": cel.Type.INT,
    "Number": cel.Type.DOUBLE,
    "Boolean": cel.Type.BOOL,
    "List": cel.Type.List(cel.Type.DYN),
    "Object": cel.Type.Map(cel.Type.STRING, cel.Type.DYN),
}


class ExpressionError(ValueError):
    """An expression that does not compile or cannot be evaluated; the text says where and why."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Something outside that an expression names: a parameter, a fact or an output of a step, how the Pipeline ended.

    `name`: of the parameter, the variable of forEach or the output; of a fact that is not its status.
    """

    kind: Literal["param", "each", "status", "output", "pipeline"]
    step: str
    name: str
    start: int
    end: int

    def __str__(self) -> str:
        if self.kind in ("param", "each"):
            return f"{'params' if self.kind == 'param' else 'each'}.{self.name}"
        if self.kind == "pipeline":
            return "pipeline.status"
        return f"steps.{self.step}.{self.name or 'status' if self.kind == 'status' else f'outputs.{self.name}'}"


@dataclass(frozen=True, slots=True)
class Expression:
    """A CEL text with the references found in it."""

    text: str
    references: tuple[Reference, ...]
    macros: int = 0
    joins: bool = False

    def _identifier(self, number: int) -> str:
        reference = self.references[number]
        return f"r{number}".ljust(reference.end - reference.start, "_")

    def _rewritten(self) -> str:
        words = self.text
        for number, reference in enumerate(self.references):
            words = words[: reference.start] + self._identifier(number) + words[reference.end :]
        return words

    def check(self, types: Mapping[Reference, str], wanted: str | None = None) -> None:
        """Compiles with the type of each reference (a type name of the API, or `Any`).

        Raises ExpressionError with line, column and the offending text; `wanted` is the type the result must have.
        """
        program = self._compile(types)
        result = program.return_type()
        if wanted and not _gives(result, wanted):
            raise ExpressionError(f"the result must be {wanted}, but {self.text!r} gives {result.name().lower()}")
        foreign = _NO_JSON.search(result.name())
        if foreign:
            what = f"keys of type {foreign[2].lower()}" if foreign[2] else foreign[1].lower()
            raise ExpressionError(f"the result must be JSON, but {self.text!r} gives {what}; convert it with string()")

    def _compile(self, types: Mapping[Reference, str]) -> Any:
        variables = tuple(
            (self._identifier(number), types.get(reference, "Any")) for number, reference in enumerate(self.references)
        )
        try:
            return _compiled(self._rewritten(), variables)
        except RuntimeError as error:
            raise ExpressionError(self._explain(str(error))) from None

    def _explain(self, message: str) -> str:
        match = _POSITION.search(message)
        if not match:
            return message.removesuffix(" [INVALID_ARGUMENT]")
        line, column, what = int(match[1]), int(match[2]), match[3]
        for number, reference in enumerate(self.references):
            what = what.replace(self._identifier(number), str(reference))
        hint = ""
        if "double" in what and "int" in what:
            hint = "; a Number is a double in CEL: write 1.0 for 1, or convert with double() or int()"
        return f"line {line}, column {column}: {what}{hint}"

    def evaluate(self, types: Mapping[Reference, str], values: Mapping[Reference, Json]) -> Json:
        """The value of the expression, as plain JSON. Raises ExpressionError."""
        program = self._compile(types)
        self._check_size(values)
        data = {}
        for number, reference in enumerate(self.references):
            value = values[reference]
            if _holds_nul(value):  # the evaluator would take what stands before it for all of the text
                raise ExpressionError(f"{reference} holds a NUL character, which no expression can read")
            if types.get(reference) == "Integer" and isinstance(value, float):
                words = f"{reference} is {canonical(value)}, but whole numbers have 64 bits here; declare it a Number"
                raise ExpressionError(words)
            if types.get(reference) == "Number" and isinstance(value, int) and not isinstance(value, bool):
                value = float(value)
            data[self._identifier(number)] = value
        try:
            result = program.eval(data=data)
            if result.type() == cel.Type.ERROR:
                raise ExpressionError(str(result.plain_value()).removesuffix(" [INVALID_ARGUMENT]"))
            if self.macros:
                _check_result(result)
            return normalise(result.plain_value())
        except RuntimeError as error:
            raise ExpressionError(str(error).removesuffix(" [INTERNAL]")) from None
        except MemoryError:
            raise ExpressionError("the result does not fit into memory") from None
        except ValueError as error:
            raise ExpressionError(str(error)) from None

    def _check_size(self, values: Mapping[Reference, Json]) -> None:
        most = MOST_READ
        if self.macros:
            most = MOST_JOINED_OVER if self.joins else MOST_READ_OVER
        size = sum(_size(values[reference]) for reference in self.references)
        if size > most:
            over = f" with {'macros and +' if self.joins else 'macros'}" if self.macros else ""
            raise ExpressionError(f"the expression reads {size:,} bytes; at most {most:,} are allowed{over}")


def _size(value: Json) -> int:
    if isinstance(value, str):
        return len(value)
    return len(canonical(value)) if isinstance(value, (list, dict)) else 8


def _holds_nul(value: Json) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(map(_holds_nul, (*value, *value.values())))
    return isinstance(value, list) and any(map(_holds_nul, value))


def _check_result(result: Any) -> None:
    """Counts the values in a result before they are copied: CEL shares what occurs twice, Python would not."""
    left, waiting = MOST_MADE, [result.value()]
    while waiting:
        value = waiting.pop()
        inner = value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
        left -= 1 + len(inner)
        if left < 0:
            raise ExpressionError(f"the result consists of more than {MOST_MADE:,} values")
        waiting.extend(item.value() for item in inner)


def _gives(result: Any, wanted: str) -> bool:
    """Whether a result of a CEL type may be one of a type of the API. What is in lists and objects may be anything."""
    if result == cel.Type.DYN or wanted not in CEL_TYPES:
        return True
    if wanted in ("List", "Object"):  # an empty one may be of anything
        return str(result.name()).lower().startswith(("list<",) if wanted == "List" else ("map<string,", "map<dyn,"))
    return result == CEL_TYPES[wanted] or (wanted == "Number" and result == cel.Type.INT)


@functools.lru_cache(maxsize=2048)
def _compiled(words: str, variables: tuple[tuple[str, str], ...]) -> Any:
    declared = {name: CEL_TYPES.get(type_name, cel.Type.DYN) for name, type_name in variables}
    return cel.NewEnv(variables=declared).compile(words)


@functools.lru_cache(maxsize=4096)
def parse(words: str) -> Expression:
    """Finds the references of an expression. Raises ExpressionError for uses of `params` and `steps` that name none."""
    tokens = [match for match in _TOKEN.finditer(words) if match.lastgroup != "space"]
    references = []
    at = 0
    while at < len(tokens):
        if _begins_reference(tokens, at):
            reference, at = _reference(words, tokens, at)
            references.append(reference)
        else:
            at += 1
    macros, joins = _macros(tokens), any(token[0] == "+" for token in tokens)
    if macros > (1 if joins else MOST_MACROS):
        most = f"{MOST_MACROS}, or 1 where there is a +"
        raise ExpressionError(f"the expression has {macros} of {', '.join(sorted(_MACROS))}; at most {most}")
    return Expression(words, tuple(references), macros, joins)


def _macros(tokens: list[re.Match[str]]) -> int:
    calls = zip(tokens, tokens[1:], tokens[2:], strict=False)
    return sum(dot[0] == "." and name[0] in _MACROS and bracket[0] == "(" for dot, name, bracket in calls)


def _begins_reference(tokens: list[re.Match[str]], at: int) -> bool:
    """Whether a token is one of the names that stand for something outside. Some may be a macro's variable instead."""
    name = tokens[at]["name"]
    if name not in ("params", "steps", *_PERHAPS_VARIABLES) or (at and tokens[at - 1][0] == "."):
        return False
    pairs = itertools.pairwise(token[0] for token in tokens)
    return name not in _PERHAPS_VARIABLES or (name, ",") not in pairs


def _reference(words: str, tokens: list[re.Match[str]], at: int) -> tuple[Reference, int]:
    start = tokens[at].start()
    first = tokens[at]["name"]
    name, at = _member(words, tokens, at + 1, f"{first} must be followed by a name, as in {first}.x")
    if first in ("params", "each"):
        return Reference("param" if first == "params" else "each", "", name, start, tokens[at - 1].end()), at
    if first == "pipeline":
        if name != "status":
            raise ExpressionError(f"{_place(words, start)}: pipeline has status, not {name!r}")
        return Reference("pipeline", "", "", start, tokens[at - 1].end()), at
    aspect, at = _member(words, tokens, at, f"steps.{name} must be followed by .status or .outputs.NAME")
    if aspect in FACTS:
        fact = "" if aspect == "status" else aspect
        return Reference("status", name, fact, start, tokens[at - 1].end()), at
    if aspect != "outputs":
        has = f"{', '.join(FACTS)} and outputs"
        raise ExpressionError(f"{_place(words, start)}: steps.{name} has {has}, not {aspect!r}")
    output, at = _member(words, tokens, at, f"steps.{name}.outputs must be followed by the name of an output")
    return Reference("output", name, output, start, tokens[at - 1].end()), at


def _member(words: str, tokens: list[re.Match[str]], at: int, wanted: str) -> tuple[str, int]:
    """Reads `.name` or `['name']` from the tokens; returns the name and the place after it."""
    following = [token[0] for token in tokens[at : at + 3]]
    if following[:1] == ["."] and len(following) > 1 and tokens[at + 1]["name"]:
        return following[1], at + 2
    if following[:1] == ["["] and following[2:] == ["]"] and tokens[at + 1]["string"]:
        return following[1].strip("'\""), at + 3
    start = tokens[at - 1].start()
    raise ExpressionError(f"{_place(words, start)}: {wanted}; write steps['a-b'] where a name has a dash")


def _place(words: str, offset: int) -> str:
    line = words.count("\n", 0, offset) + 1
    return f"line {line}, column {offset - (words.rfind(chr(10), 0, offset) + 1) + 1}"
