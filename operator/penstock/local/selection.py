"""Which objects a request asks for: label and field selectors, as far as anybody here uses them."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from penstock.local.objects import Object

_TERM = re.compile(r"(?P<not>!?)(?P<key>[^!=]+)(?:(?P<sign>!?==?)(?P<value>.*))?")


class Selection:
    """What a request's `labelSelector` and `fieldSelector` choose."""

    def __init__(self, query: Mapping[str, str]) -> None:
        self._terms = [
            *_terms(query.get("labelSelector", ""), lambda obj, key: (obj["metadata"].get("labels") or {}).get(key)),
            *_terms(query.get("fieldSelector", ""), _field),
        ]

    def has(self, obj: Object) -> bool:
        """Whether an object is one of them."""
        return all(term(obj) for term in self._terms)

    def event(self, kind: str, obj: Object, old: Object | None) -> Object | None:
        """What a watch tells of a change: what does not match any more is deleted to it; None if it is none of its."""
        if old is None or self.has(old) == self.has(obj):
            return {"type": kind, "object": obj} if self.has(obj) else None
        if self.has(obj):
            return {"type": "ADDED", "object": obj}
        version = obj["metadata"]["resourceVersion"]  # the object as it was, in the version in which it changed
        return {"type": "DELETED", "object": {**old, "metadata": {**old["metadata"], "resourceVersion": version}}}


def _terms(text: str, value_of: Callable[[Object, str], Any]) -> Iterator[Callable[[Object], bool]]:
    for word in filter(None, text.split(",")):
        found = _TERM.fullmatch(word)
        if found is None:
            raise ValueError(f"{word!r} is no term of a selector")
        yield _term(found, value_of)


def _term(found: re.Match[str], value_of: Callable[[Object, str], Any]) -> Callable[[Object], bool]:
    key, sign, value = found["key"], found["sign"], found["value"]
    if sign is None:
        return lambda obj: (value_of(obj, key) is None) == bool(found["not"])
    return lambda obj: (value_of(obj, key) == value) != sign.startswith("!")


def _field(obj: Object, path: str) -> Any:
    found: Any = obj
    for name in path.split("."):
        found = (found or {}).get(name)
    return found
