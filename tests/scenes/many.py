"""A scene with few instances as one with thousands, which the model would take minutes to play."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from penstock.core.names import label_value
from tests.properties.objects import Object
from tests.scenes.stage import Scene


def multiplied(few: Scene, manifest: Object, instances: Mapping[str, int]) -> Scene:
    """The scene with so many instances of each fanned-out top step: copies of those that there are, by turns."""
    (pipeline,) = few.of("Pipeline")
    steps: list[Object] = []
    for task in dict.fromkeys(_top(one) for one in few.of("Step")):
        mine = [one for one in few.of("Step") if _top(one) == task]
        steps += _copies(mine, instances[task]) if task in instances else mine
    counts = Counter((one.get("status") or {}).get("phase", "Pending") for one in steps)
    ended = sum(counts[phase] for phase in ("Succeeded", "Failed", "Skipped", "Cancelled"))
    status = {**pipeline["status"], "counts": dict(counts), "progress": f"{ended}/{len(steps)}"}
    whole = {**pipeline, "spec": manifest["spec"], "status": status}
    return replace(few, objects=[whole, *steps, *few.of("Component")])


def _top(step: Object) -> str:
    name: str = step["metadata"]["name"]
    return name.split(".")[1]


def _copies(some: list[Object], many: int) -> list[Object]:
    by_index: dict[str, list[Object]] = {}
    for one in some:
        by_index.setdefault(one["metadata"]["name"].split(".")[2], []).append(one)
    patterns = list(by_index.values())
    return [_copy(one, at) for at in range(many) for one in patterns[at * len(patterns) // many]]


def _copy(step: Object, at: int) -> Object:
    made = copy.deepcopy(step)
    parts = step["metadata"]["name"].split(".")
    parts[2] = str(at)
    made["metadata"].update(name=".".join(parts), uid=f"{step['metadata']['uid']}-{at}")
    made["metadata"]["labels"]["penstock.dev/index"] = label_value(str(at))
    return made
