"""All that is told of one step: its attempts, what went in and came out, and how its undo went."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from penstock.core.asked.view.rows import moment
from penstock.core.values import shorten

MOST = 2_000
"""Characters of one value."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of the last run, or of its undo. Instants are seconds since 1970; `code`: the exit code."""

    number: int
    start: float | None
    end: float | None
    node: str
    reason: str
    message: str
    code: int | None


@dataclass(frozen=True, slots=True)
class Value:
    """An input or output: its JSON, or where it comes from (`train.model`)."""

    name: str
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Detail:
    """One Step. `message`: its own, as in its row; `image`: empty where there is no container; `undo`: the attempts of
    the undo of this run; `held`: so many results are held for reuse."""

    path: str
    message: str
    image: str
    needs: Sequence[str]
    fingerprint: str
    attempts: Sequence[Attempt]
    inputs: Sequence[Value]
    outputs: Sequence[Value]
    undo: Sequence[Attempt]
    held: int


def detail(path: str, spec: object, status: object) -> Detail:
    """What a Step's spec and status say; one that was edited into nonsense says as little as it can."""
    spec, status = _mapping(spec), _mapping(status)
    undo = _mapping(status.get("undo"))
    outputs = _mapping(status.get("outputs"))
    return Detail(
        path=path,
        message=_text(status.get("message")),
        image=_text(spec.get("image")),
        needs=[one for one in _list(spec.get("dependsOn")) if isinstance(one, str)],
        fingerprint=_text(status.get("fingerprint")),
        attempts=_attempts(status),
        inputs=[_input(one) for one in _list(spec.get("inputs")) if isinstance(one, Mapping)],
        outputs=[Value(name, _json(value), "") for name, value in outputs.items()],
        undo=_attempts(undo) if undo.get("run") == status.get("run") else [],
        held=len(_list(status.get("results"))),
    )


def _attempts(status: Mapping[str, Any]) -> list[Attempt]:
    return [_attempt(one) for one in _list(status.get("attempts")) if isinstance(one, Mapping)]


def _attempt(one: Mapping[str, Any]) -> Attempt:
    number, code = one.get("number"), one.get("exitCode")
    return Attempt(
        number=number if isinstance(number, int) else 0,
        start=moment(one.get("start")),
        end=moment(one.get("end")),
        node=_text(one.get("node")),
        reason=_text(one.get("reason")),
        message=_text(one.get("message")),
        code=code if isinstance(code, int) else None,
    )


def _input(one: Mapping[str, Any]) -> Value:
    name = _text(one.get("name"))
    if "value" in one:
        return Value(name, _json(one["value"]), "")
    source = next((_text(one[key]) for key in ("from", "expr", "param", "each") if key in one), "")
    source = source or " | ".join(map(_text, _list(one.get("firstOf"))))
    return Value(name, "", shorten(source, MOST))


def _json(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return shorten(text, MOST)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
