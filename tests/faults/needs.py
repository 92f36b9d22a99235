"""What each step waits for, read from a manifest by this test's own few lines: not by the operator's code."""

from __future__ import annotations

import json
import re
from typing import Any

_MENTIONED = re.compile(r"steps\.([a-z0-9]+)\b|steps\['([a-z0-9-]+)'\]")
_STATUS = re.compile(r"(?:steps\.([a-z0-9]+)|steps\['([a-z0-9-]+)'\])\.status\b")


def needs(spec: dict[str, Any]) -> dict[str, dict[str, bool]]:
    """For each step of a Pipeline the steps that must have ended before it starts.

    True if all of that step must have: what only takes a value from a composite waits for no more than what gives it.
    """
    steps = list(spec.get("steps") or ())
    found = {step["name"]: _of(step) for step in steps}
    for step in spec.get("finally") or ():
        found[step["name"]] = _of(step) | {one["name"]: True for one in steps}
    return found


def _of(step: dict[str, Any]) -> dict[str, bool]:
    sources = [*(step.get("inputs") or ()), *((step.get("forEach") or {}).get("vars") or ())]
    values = {one["from"].partition(".")[0] for one in sources if "from" in one}
    expressions = json.dumps([step.get("when"), [one.get("expr") for one in sources]])
    values |= {plain or quoted for plain, quoted in _MENTIONED.findall(expressions)}
    whole = set(step.get("needs") or ()) | {one["step"] for one in step.get("after") or ()}
    whole |= {plain or quoted for plain, quoted in _STATUS.findall(expressions)}
    return dict.fromkeys(values, False) | dict.fromkeys(whole, True)
