"""How a step's program reads its inputs and hands back its outputs.

Penstock gives a container each input as the environment variable ``INPUT_<NAME>`` (text; JSON for lists and objects;
a path for an artifact), a place for each artifact as ``OUTPUT_<NAME>``, and in ``PENSTOCK_OUTPUTS`` the file that takes
one JSON object with the value outputs.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

MAX_OUTPUT_BYTES = 4096
"""Kubernetes keeps at most this much of a container's termination message, where value outputs travel."""

BAD_INPUT = 2
"""Exit code for an input that no retry can mend."""


class InputError(Exception):
    """An input, or the data behind it, that this step cannot use; the message says which, why and what would do."""


def text(name: str, *, default: str | None = None, choices: Sequence[str] = ()) -> str:
    """The input as text; one of `choices` if any are given. An empty input counts as absent."""
    raw = os.environ.get(_variable("INPUT", name), "")
    if raw == "":
        if default is None:
            raise InputError(f"input '{name}' is missing: give the step an input of that name")
        return default
    if choices and raw not in choices:
        raise InputError(f"input '{name}' is '{raw}', but must be one of {', '.join(choices)}")
    return raw


def integer(name: str, *, default: int | None = None, low: int = 0, high: int = 2**32 - 1) -> int:
    """The input as a whole number between `low` and `high`, both included (by default: what NumPy takes as a seed)."""
    raw = text(name, default=None if default is None else str(default))
    try:
        value = int(raw)
    except ValueError:
        raise InputError(f"input '{name}' is '{raw}', but must be a whole number") from None
    return int(_within(name, value, low, high))


def number(name: str, *, default: float | None = None, low: float, high: float) -> float:
    """The input as a number between `low` and `high`, both included."""
    raw = text(name, default=None if default is None else str(default))
    try:
        value = float(raw)
    except ValueError:
        raise InputError(f"input '{name}' is '{raw}', but must be a number") from None
    return _within(name, value, low, high)


def instant(name: str, *, zone: tzinfo | None = None) -> datetime:
    """The input as a time (ISO 8601), now if it is absent. `zone`: of one that names none; else that is refused."""
    raw = text(name, default="")
    try:
        found = datetime.fromisoformat(raw) if raw else datetime.now(UTC)
    except ValueError:
        raise InputError(f"input '{name}' is '{raw}', but must be a time such as 2026-11-30T12:00:00Z") from None
    if found.tzinfo is None and zone is None:
        raise InputError(f"input '{name}' is '{raw}', which has no zone: write 2026-11-30T12:00:00Z")
    return found if found.tzinfo else found.replace(tzinfo=zone)


def stamp(moment: datetime) -> str:
    """A time as the Kubernetes API writes it: UTC, in whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def texts(name: str) -> list[str]:
    """The input as a list of texts (JSON); empty if the input is absent."""
    value = _items(name, 'texts, such as ["de", "en"]')
    if not all(isinstance(item, str) for item in value):
        raise InputError(f"input '{name}' is {json.dumps(value)[:80]}, but must be a list of texts")
    return value


def numbers(name: str, *, low: float, high: float) -> list[float | None]:
    """The input as a list of numbers (JSON) between `low` and `high`, None for what was not made; empty if absent."""
    value = _items(name, "numbers, such as [0.5, 0.9]")
    for item in value:
        # JSON's true and false are numbers to Python.
        fits = isinstance(item, int | float) and not isinstance(item, bool) and low <= item <= high
        if item is not None and not fits:
            found = json.dumps(item)[:80]
            raise InputError(f"input '{name}' has {found}, but its items must be numbers between {low} and {high}")
    return value


def mapping(name: str) -> dict[str, Any]:
    """The input as an object (JSON) that can be written again as JSON; empty if the input is absent."""
    raw = text(name, default="{}")
    try:
        found = json.loads(raw)
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
    except ValueError as error:
        raise InputError(f"input '{name}' is not JSON ({error}), but must be an object") from None
    if not isinstance(found, dict):
        raise InputError(f"input '{name}' is {raw[:80]}, but must be an object")
    return found


def artifact(name: str) -> Path:
    """The path of an input artifact, which exists."""
    return _existing(name, text(name))


def optional_artifact(name: str) -> Path | None:
    """The path of an input artifact, or None if the input is absent."""
    return artifact(name) if text(name, default="") else None


def artifacts(name: str) -> list[Path | None]:
    """The paths of the artifacts of a fan-out, None for what was not made; or of a single artifact. Empty if absent."""
    raw = text(name, default="[]")
    places = _items(name, "paths") if raw.startswith("[") else [raw]
    return [None if place is None else _existing(name, str(place)) for place in places]


def output(name: str) -> Path:
    """Where the artifact output `name` goes: nothing is there yet, its parent exists."""
    variable = _variable("OUTPUT", name)
    if not os.environ.get(variable):
        raise InputError(f"{variable} is not set: declare the output '{name}' of type Artifact")
    return Path(os.environ[variable])


def write(values: Mapping[str, object]) -> None:
    """Hands back the value outputs, and prints them to the log.

    The file is written in place: kubelet made it for us and watches this inode, so a rename would lose it.
    """
    document = json.dumps(values, ensure_ascii=False, allow_nan=False)
    size = len(document.encode())
    if size > MAX_OUTPUT_BYTES:
        raise InputError(f"the outputs take {size} bytes, but at most {MAX_OUTPUT_BYTES} travel: use an artifact")
    if not os.environ.get("PENSTOCK_OUTPUTS"):
        raise InputError("PENSTOCK_OUTPUTS is not set: it names the file that takes the outputs")
    Path(os.environ["PENSTOCK_OUTPUTS"]).write_text(document, encoding="utf-8")
    print(document)


def trace() -> str:
    """Id of the trace that an attempt is a part of (W3C Trace Context), empty if it is told none.

    All attempts of a run share it, and no later run of the step has it.
    """
    return os.environ.get("TRACEPARENT", "").partition("-")[2].partition("-")[0]


def run(main: Callable[[], None]) -> None:
    """Runs a step's program; an input it cannot use ends it with one line and exit code 2, not a traceback."""
    try:
        main()
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(BAD_INPUT)


def _variable(prefix: str, name: str) -> str:
    return f"{prefix}_{name.upper().replace('-', '_')}"


def _items(name: str, such: str) -> list[Any]:
    """The input as a list (JSON), empty if it is absent; `such` says of what."""
    raw = text(name, default="[]")
    try:
        value = json.loads(raw)
    except json.JSONDecodeError as error:
        raise InputError(f"input '{name}' is not JSON ({error}), but must be a list of {such}") from None
    if not isinstance(value, list):
        raise InputError(f"input '{name}' is {raw[:80]}, but must be a list of {such}")
    return value


def _existing(name: str, place: str) -> Path:
    path = Path(place)
    if not path.exists():
        raise InputError(f"input '{name}' names {path}, where there is nothing: wire it from an artifact output")
    return path


def _within(name: str, value: float, low: float, high: float) -> float:
    # Written so that "nan", which compares with nothing, is refused too.
    if not low <= value <= high:
        raise InputError(f"input '{name}' is {value}, but must be between {low} and {high}")
    return value
