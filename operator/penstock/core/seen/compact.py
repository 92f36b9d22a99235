"""Views as they are kept: thousands of them share their texts, and hold nothing that no decision reads."""

import sys
from dataclasses import fields, replace
from typing import Any, TypeVar

from penstock.core.seen.views import StepView

View = TypeVar("View")

_LONGEST = 256
"""Characters of a text beyond which it is hardly ever met again."""


def compact(view: View) -> View:
    """The view with its texts shared with other views, and without what nobody reads: the conditions of a Step.

    They follow from the rest of its status (core/step/status.py).
    """
    changes: dict[str, Any] = {}
    for field in fields(view):  # type: ignore[arg-type]
        value = getattr(view, field.name)
        if isinstance(value, str):
            changes[field.name] = _shared(value)
    if isinstance(view, StepView):
        status = view.status.items()
        changes["status"] = {sys.intern(key): _shared(value) for key, value in status if key != "conditions"}
    return replace(view, **changes)  # type: ignore[type-var]


def _shared(value: object) -> object:
    if isinstance(value, str):
        return sys.intern(value) if len(value) <= _LONGEST else value
    if isinstance(value, list):
        return [_shared(one) for one in value]
    if isinstance(value, dict):
        return {sys.intern(key): _shared(one) for key, one in value.items()}
    return value
