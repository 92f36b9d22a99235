"""ConfigMaps with the code of steps, kept in a project's folder: a Pipeline that goes on by its name has no file."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import orjson

from penstock.local.objects import Object


def keep(folder: Path, config_maps: Iterable[Object]) -> None:
    """Puts them into the folder. Their names tell what they hold, so one that is there is the same."""
    for one in config_maps:
        path = folder / f"{one['metadata']['name']}.json"
        if not path.exists():
            folder.mkdir(mode=0o700, exist_ok=True)
            new = path.with_suffix(".new")
            new.write_bytes(orjson.dumps(one))
            os.replace(new, path)


def kept(folder: Path) -> list[Object]:
    """All that were put there."""
    found = []
    for path in sorted(folder.glob("*.json")):
        with suppress(ValueError):  # not ours: the step that needs one says that it is not there
            found.append(orjson.loads(path.read_bytes()))
    return found
