"""How simulated pods live: kwok's stock fast stages, except that a pod may be held, or states how long it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tests.cluster.binaries import KWOK, module_folder

HOLD = "bench.penstock.dev/hold"
"""A pod with this annotation runs until the annotation is gone."""
TAKES = "bench.penstock.dev/takes"
"""A pod with this annotation succeeds so long (Go's notation: `7.25s`) after it ran; one with neither, at once."""


def write(file: Path) -> Path:
    """Write the stages as one kwok configuration."""
    stages: list[Any] = []
    for path in sorted((module_folder(KWOK) / "kustomize" / "stage").glob("pod/fast/pod-*.yaml")):
        stages.extend(yaml.safe_load_all(path.read_text()))
    complete = next(stage for stage in stages if stage["metadata"]["name"] == "pod-complete")
    free = {"key": f'.metadata.annotations["{HOLD}"]', "operator": "DoesNotExist"}
    complete["spec"]["selector"]["matchExpressions"].append(free)
    taken = {"jq": {"expression": f'.metadata.annotations["{TAKES}"]'}}
    complete["spec"]["delay"] = {"durationMilliseconds": 0, "durationFrom": taken}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump_all(stages))
    return file
