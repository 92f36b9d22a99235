"""The variables of a container and the words of its command, as kubelet makes them of a pod's manifest."""

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from penstock.local.objects import Object

_REFERENCE = re.compile(r"\$(?:\$|\(([^()]*)\))")
_NAME = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")
_KINDS = {"configMap": "ConfigMap", "secret": "Secret"}

Named = tuple[str, str]
"""Kind (ConfigMap or Secret) and name."""


class CannotStart(Exception):
    """Why a container cannot be started here, in words that say how to go on."""


class Sources:
    """The ConfigMaps and Secrets that were given with the manifests. They are kept in memory alone."""

    def __init__(self) -> None:
        self._known: dict[Named, Mapping[str, bytes]] = {}

    def take(self, manifest: Mapping[str, Any]) -> None:
        """Takes a ConfigMap or Secret in. Raises ValueError if its data is not base64 where it must be."""
        plain = {key: str(value).encode() for key, value in (manifest.get("stringData") or {}).items()}
        coded = dict(manifest.get("binaryData") or {})
        if manifest["kind"] == "Secret":
            coded |= manifest.get("data") or {}
        else:
            plain |= {key: str(value).encode() for key, value in (manifest.get("data") or {}).items()}
        found = {key: base64.b64decode(value, validate=True) for key, value in coded.items()} | plain
        self._known[manifest["kind"], manifest["metadata"]["name"]] = found

    def take_variables(self, name: str, values: Mapping[str, str]) -> None:
        """Takes variables in, under a name that both a ConfigMap and a Secret may have."""
        for kind in _KINDS.values():
            self._known[kind, name] = {key: value.encode() for key, value in values.items()}

    def data(self, kind: str, name: str, optional: bool = False) -> Mapping[str, bytes]:
        """What a ConfigMap or Secret holds, by key."""
        found = self._known.get((kind, name))
        if found is None and not optional:
            raise CannotStart(
                f"there is no {kind} {name!r} here; put it into the file beside the Pipeline, or give its variables "
                f"with --env-file {name}=FILE"
            )
        return found or {}


def variables(
    container: Object, annotations: Mapping[str, str], sources: Sources, moved: Callable[[str], str]
) -> dict[str, str]:
    """The variables of a container. `moved` puts the places of this machine into a value."""
    found: dict[str, str] = {}
    for source in container.get("envFrom") or ():
        for field, kind in _KINDS.items():
            if reference := source.get(f"{field}Ref"):
                data = sources.data(kind, reference["name"], bool(reference.get("optional")))
                named = {f"{source.get('prefix') or ''}{key}": value for key, value in data.items()}
                found |= {key: text(value) for key, value in named.items() if _NAME.fullmatch(key)}
    for variable in container.get("env") or ():
        if "valueFrom" not in variable:
            found[variable["name"]] = moved(expanded(variable.get("value") or "", found))
        elif (value := _referred(variable["valueFrom"], annotations, sources)) is not None:
            found[variable["name"]] = value
    return found


def _referred(reference: Object, annotations: Mapping[str, str], sources: Sources) -> str | None:
    for field, kind in _KINDS.items():
        if key := reference.get(f"{field}KeyRef"):
            data = sources.data(kind, key["name"], bool(key.get("optional")))
            if key["key"] in data:
                return text(data[key["key"]])
            if key.get("optional"):
                return None
            raise CannotStart(f"{kind} {key['name']!r} has no key {key['key']!r}; it has: {', '.join(sorted(data))}")
    path = (reference.get("fieldRef") or {}).get("fieldPath", "")
    found = re.fullmatch(r"metadata\.annotations\['(.+)'\]", path)
    return annotations.get(found[1], "") if found else None


def expanded(value: str, known: Mapping[str, str]) -> str:
    """A text with `$(NAME)` replaced where the name is known, and `$$` by `$`."""

    def replaced(found: re.Match[str]) -> str:
        if found[1] is None:
            return "$"
        return known.get(found[1], found[0])

    return _REFERENCE.sub(replaced, value)


def words(given: Iterable[str] | None, known: Mapping[str, str]) -> list[str]:
    """The words of a command or its arguments."""
    return [expanded(word, known) for word in given or ()]


def text(value: bytes) -> str:
    """Bytes as the text that a process sees as a variable."""
    return value.decode("utf-8", "surrogateescape")


def read_env_file(lines: Iterable[str]) -> dict[str, str]:
    """The variables of a file of `KEY=VALUE` lines; blank ones and those that begin with `#` do not count.

    Raises ValueError with the number of a line that is none.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        key, equals, value = stripped.removeprefix("export ").partition("=")
        if not equals or not _NAME.fullmatch(key.strip()):
            raise ValueError(f"line {number} is not of the form KEY=VALUE")
        value = value.strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        found[key.strip()] = value
    return found
