"""Removes artifacts that nothing refers to any more, from a mounted claim or an object store."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from penstock.core.pod.transfer import Collection
from penstock.courier.manifest import SUFFIX
from penstock.courier.problems import CourierError
from penstock.courier.store import Store

Attempt = tuple[str, str, float]
"""Step, attempt, and when its newest file was written (seconds since 1970)."""


class Place(Protocol):
    """Where the artifacts of a Pipeline are."""

    def attempts(self) -> Iterator[Attempt]:
        """Everything that attempts have left."""
        ...

    def remove(self, step: str, attempt: str) -> None:
        """Removes what one attempt has left."""
        ...


def collect(collection: Collection, place: Place) -> list[str]:
    """Removes what is superfluous; returns a line about each. One that cannot be removed does not keep the others."""
    lines, problems = [], []
    for step, attempt, newest in list(place.attempts()):
        if not collection.superfluous(step, attempt, newest):
            continue
        try:
            place.remove(step, attempt)
        except (OSError, CourierError) as error:
            problems.append(f"{step}/{attempt}: {error}")
        else:
            lines.append(f"removed {collection.root}/{step}/{attempt}")
    if problems:
        raise CourierError(f"removed {len(lines)} attempts, could not remove {len(problems)}: {problems[0]}")
    return lines


class Claim:
    """A claim, mounted at a directory."""

    def __init__(self, mount: Path, root: str) -> None:
        self.root = mount / root

    def attempts(self) -> Iterator[Attempt]:
        for step in _folders(self.root):
            for attempt in _folders(step):
                yield step.name, attempt.name, max(map(_changed, (attempt, *attempt.rglob("*"))))

    def remove(self, step: str, attempt: str) -> None:
        shutil.rmtree(self.root / step / attempt)  # follows no links


def _folders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return sorted(Path(one.path) for one in entries if one.is_dir(follow_symlinks=False))
    except FileNotFoundError:
        return []


def _changed(path: Path) -> float:
    return path.lstat().st_mtime


class Bucket:
    """A prefix of a bucket."""

    def __init__(self, store: Store, root: str) -> None:
        self.store = store
        self.root = root
        self._keys: dict[tuple[str, str], list[str]] = {}

    def attempts(self) -> Iterator[Attempt]:
        newest: dict[tuple[str, str], float] = {}
        for key, changed in self.store.list(self.root):
            step, _, rest = key.removeprefix(f"{self.root}/").partition("/")
            attempt, _, name = rest.partition("/")
            if name:
                self._keys.setdefault((step, attempt), []).append(key)
                newest[step, attempt] = max(changed, newest.get((step, attempt), 0.0))
        for (step, attempt), changed in sorted(newest.items()):
            yield step, attempt, changed

    def remove(self, step: str, attempt: str) -> None:
        """Manifests go first: an artifact that is half removed is not there."""
        keys = sorted(self._keys[step, attempt], key=lambda key: not key.endswith(SUFFIX))
        manifests = [key for key in keys if key.endswith(SUFFIX)]
        self.store.delete(manifests)
        self.store.delete(keys[len(manifests) :])
