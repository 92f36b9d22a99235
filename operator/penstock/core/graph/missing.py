"""Values that there are not, and what stands in for them."""

from dataclasses import dataclass

from penstock.api.base import Json
from penstock.core.reasons import Reason


@dataclass(frozen=True, slots=True)
class Missing:
    """A value that there is not and will not be, and why."""

    reason: Reason
    message: str


def first_missing(value: Json | Missing) -> Missing | None:
    """The first thing missing in a value, or None if it is whole."""
    if isinstance(value, Missing):
        return value
    if isinstance(value, list):
        return next((found for item in value if (found := first_missing(item))), None)
    return None


def fill(value: Json | Missing, default: Json) -> Json:
    """The value with the default in place of what is missing."""
    if isinstance(value, Missing):
        return default
    if isinstance(value, list):
        return [fill(item, default) for item in value]
    return value
