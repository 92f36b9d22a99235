"""Fields that are a parameter: `$(params.NAME)` as an image, an amount, the name of a Secret or ConfigMap.

They are filled in before anything else is made of a step, so that its fingerprint, its Job and the scheduler see what
would be seen had it been written there. So it has to be known from the manifest.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from penstock.api import quantities
from penstock.api.base import SUBDOMAIN, Json, Model
from penstock.api.containers import ContainerFields, EnvFrom, EnvVar, KeySelector, LocalReference, Resources
from penstock.api.pipeline import Defaults
from penstock.api.pods import ConfigMapVolume, PodOptions, SecretVolume
from penstock.core.graph.graph import FromEach, Literal, Source, Wired
from penstock.core.graph.scope import Name
from penstock.core.problems import nearest
from penstock.core.reasons import Reason
from penstock.core.values import shorten, text

_WHOLE = re.compile(r"\$\(params\.([A-Za-z_][A-Za-z0-9_-]*)\)")
_PART = "$(params."
_IMAGE, _AMOUNT, _NAME = "an image", "an amount", "the name of an object"
_NAME_OR_NONE = f"{_NAME} (or empty for none)"
_FIELDS: Mapping[type[Model], Mapping[str, str]] = {
    ContainerFields: {"image": _IMAGE},
    Defaults: {"image": _IMAGE},
    Resources: {"requests": _AMOUNT, "limits": _AMOUNT},
    KeySelector: {"name": _NAME},
    LocalReference: {"name": _NAME},
    ConfigMapVolume: {"name": _NAME},
    SecretVolume: {"secret_name": _NAME},
    PodOptions: {"image_pull_secrets": _NAME},
}
"""Which fields of which objects can be a parameter, and what the parameter then is."""
_OF_STEPS = frozenset({"image", "resources", "env", "env_from", "pod", "undo"})
_HOLDERS = _OF_STEPS.union(
    (
        "value_from",
        "config_map_key_ref",
        "secret_key_ref",
        "config_map_ref",
        "secret_ref",
        "volumes",
        "config_map",
        "secret",
    ),
    *_FIELDS.values(),
)
"""The fields that are one, or that have one inside."""
_PLACEHOLDER = {_IMAGE: "any", _AMOUNT: 0, _NAME: "any", _NAME_OR_NONE: "any"}
"""What stands for a value that nobody has to know yet."""

M = TypeVar("M", bound=Model)


@dataclass(slots=True)
class Filling:
    """Fills in the parameters of one graph. `assumed`: those that only a run will tell are taken as given."""

    names: Mapping[str, Name]
    problem: Callable[[str, Reason, str], None]
    assumed: bool = False

    def filled(self, model: M, place: str) -> M:
        """The model with parameters in place of what names them; itself if it names none."""
        changed: dict[str, Any] = {}
        for attribute in sorted(model.model_fields_set & _HOLDERS):
            value = getattr(model, attribute)
            kind = _kind(model, attribute)
            found = self._value(value, f"{place}.{type(model).model_fields[attribute].alias or attribute}", kind)
            if found is not value:
                changed[attribute] = found
        return model.model_copy(update=changed) if changed else model

    def _value(self, value: Any, place: str, kind: str | None) -> Any:
        if isinstance(value, Model):
            return self.filled(value, place)
        if isinstance(value, list):
            items = [self._value(item, f"{place}[{number}]", kind) for number, item in enumerate(value)]
            if any(map(_names_none, items)):
                return [item for item in items if not _names_none(item)]
            return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
        if isinstance(value, dict) and kind:
            pairs = {key: self._value(item, f"{place}[{key}]", kind) for key, item in value.items()}
            return pairs if any(pairs[key] is not value[key] for key in value) else value
        return self._text(value, place, kind) if kind and isinstance(value, str) and _PART in value else value

    def _text(self, words: str, place: str, kind: str) -> Any:
        found = _WHOLE.fullmatch(words)
        if not found:
            message = f"{words!r}: {kind} is a parameter as a whole, `$(params.NAME)`, or has none in it"
            return self._wrong(place, Reason.INVALID_VALUE, message, kind)
        name = self.names.get(found[1])
        if name is None:
            hint = nearest(found[1], self.names)
            message = f"there is no parameter {found[1]!r}{hint}; declare it"
            return self._wrong(place, Reason.UNKNOWN_PARAMETER, message, kind)
        source = _innermost(name.source)
        if not isinstance(source, Literal):
            if self.assumed and not isinstance(source, FromEach):
                return _PLACEHOLDER[kind]
            when = "differs from item to item" if isinstance(source, FromEach) else "is known only once a step has run"
            message = f"{kind} has to be known beforehand, and {found[1]!r} {when}; wire a parameter or a value to it"
            return self._wrong(place, Reason.INVALID_VALUE, message, kind)
        wrong = _unfit(source.value, kind)
        if wrong:
            return self._wrong(place, Reason.INVALID_VALUE, f"parameter {found[1]!r}: {wrong}", kind)
        return source.value

    def _wrong(self, place: str, reason: Reason, message: str, kind: str) -> Any:
        self.problem(place, reason, message)
        return _PLACEHOLDER[kind]


def mentioned(model: Model) -> Iterator[str]:
    """Names of the parameters that fields of a step, a Component or defaults are."""
    shown = model.model_dump_json(include=set(_OF_STEPS), exclude_unset=True)
    return (found[1] for found in _WHOLE.finditer(shown))


def _kind(model: Model, attribute: str) -> str | None:
    kind = next(
        (kinds[attribute] for one, kinds in _FIELDS.items() if isinstance(model, one) and attribute in kinds), None
    )
    if kind == _NAME and isinstance(model, KeySelector | LocalReference) and model.optional:
        return _NAME_OR_NONE
    return kind


def _names_none(item: Any) -> bool:
    """Whether a variable, or all of them, would come from an optional object whose name is empty."""
    if isinstance(item, EnvVar):
        found: Any = item.value_from and (item.value_from.secret_key_ref or item.value_from.config_map_key_ref)
    else:
        found = isinstance(item, EnvFrom) and (item.secret_ref or item.config_map_ref)
    return bool(found and found.optional and not found.name)


def _innermost(source: Source) -> Source:
    while isinstance(source, Wired):
        source = source.source
    return source


def _unfit(value: Json, kind: str) -> str:
    """What keeps a value from being such a field; empty if nothing does."""
    shown = f"{shorten(text(value), 64)!r}"
    if kind == _AMOUNT:
        try:
            quantities.parse(
                value if isinstance(value, (str, int, float)) and not isinstance(value, bool) else text(value)
            )
        except ValueError as error:
            return str(error)
        return ""
    if not isinstance(value, str):
        return f"{kind} is a text, not {shown}"
    if kind == _NAME_OR_NONE and not value:
        return ""
    if kind == _IMAGE:
        return "" if re.fullmatch(r"\S{1,512}", value) else f"{shown} is not {kind}; write one such as python:3.12-slim"
    fits = len(value) <= 253 and re.fullmatch(SUBDOMAIN, value)
    return "" if fits else f"{shown} is not {kind}: use lower-case letters, digits, dashes and dots"
