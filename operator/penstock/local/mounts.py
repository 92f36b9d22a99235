"""Where the volumes of a pod are on this machine: claims in `.penstock/artifacts`, the rest beside the pod's log."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from penstock.core.pod.artifacts import CLAIM_SCHEME, claim_path
from penstock.local.environment import CannotStart, Sources
from penstock.local.folder import Folder
from penstock.local.objects import Object

OUTPUTS = "/dev/termination-log"


@dataclass(frozen=True, slots=True)
class Place:
    """A path in the container, and what it is on this machine."""

    inside: str
    outside: Path
    read_only: bool = False


def places(pod: Object, folder: Folder, sources: Sources) -> list[Place]:
    """The places of a pod's one container, those that it writes to made ready; the file for its outputs is the last."""
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    own = folder.pod(name)
    own.mkdir(parents=True, exist_ok=True)
    (own / "outputs").write_bytes(b"")
    volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes") or ()}
    found = []
    for mount in pod["spec"]["containers"][0].get("volumeMounts") or ():
        volume, read_only = volumes[mount["name"]], bool(mount.get("readOnly"))
        if claim := volume.get("persistentVolumeClaim"):
            outside = folder.claim(namespace, claim["claimName"], mount.get("subPath", ""))
            if not read_only:
                outside.mkdir(parents=True, exist_ok=True)
        else:
            outside = own / "volumes" / volume["name"] / mount.get("subPath", "")
            _fill(outside, volume, sources)
        found.append(Place(mount["mountPath"].rstrip("/"), outside, read_only))
    return [*found, Place(OUTPUTS, own / "outputs")]


def _fill(outside: Path, volume: Object, sources: Sources) -> None:
    outside.mkdir(parents=True, exist_ok=True)
    for field, kind, name in (("configMap", "ConfigMap", "name"), ("secret", "Secret", "secretName")):
        if given := volume.get(field):
            data = sources.data(kind, given[name], bool(given.get("optional")))
            paths = {item["key"]: item["path"] for item in given.get("items") or ()} or {key: key for key in data}
            for key, path in paths.items():
                target = outside / path
                if key in data and outside.resolve() in target.resolve().parents:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(data[key])
    if "image" in volume:
        raise CannotStart(f"volume {volume['name']!r} is an image, which there is only in a cluster")


def moved(value: str, places: Sequence[Place]) -> str:
    """A text with the paths of the container replaced by those of this machine: a path, or a list of them as JSON."""
    for place in sorted(places, key=lambda one: -len(one.inside)):
        pattern = rf'(?<![^"]){re.escape(place.inside)}(?=["/]|$)'
        value = re.sub(pattern, lambda _, place=place: str(place.outside), value)  # type: ignore[misc]
    return value


def foreign(pod: Object) -> Iterator[str]:
    """Mount paths that a user asked for, which only a container has."""
    for mount in pod["spec"]["containers"][0].get("volumeMounts") or ():
        if not mount["mountPath"].startswith("/penstock/"):
            yield mount["mountPath"]


def located(value: Any, namespace: str, folder: Folder, put: Callable[[Path], Any]) -> Any:
    """An output with what `put` makes of the path on this machine in place of each artifact on a claim."""
    if isinstance(value, list):
        return [located(item, namespace, folder, put) for item in value]
    if isinstance(value, str) and value.startswith(CLAIM_SCHEME):
        claim = value.removeprefix(CLAIM_SCHEME).partition("/")[0]
        return put(folder.claim(namespace, claim, claim_path(value)))
    return value
