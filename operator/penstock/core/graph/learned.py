"""How long steps take, learned from attempts that succeeded.

Samples belong to a *family*: steps that run the same thing with the same resources, wherever they are. Each Step
keeps its last few in `status.learned`, so that nothing is lost with the operator. The estimate is their median, which
one stuck download or one cached run does not move.
"""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from penstock.core.graph.graph import Graph, Task
from penstock.core.graph.requests import pod_requests
from penstock.core.values import digest

KEPT = 5
"""Samples that a Step keeps."""

COUNTED = 25
"""Samples of a family that count: the latest of each Step first."""


def family(task: Task) -> str:
    """Digest of what a task runs and on what, without its inputs: tasks with the same one take about as long."""
    work = task.work
    return digest(
        [
            task.component,
            work.image,
            work.command,
            work.args,
            work.script,
            work.interpreter if work.script else None,
            sorted(pod_requests(work).items()),
            work.replicas,
        ]
    )


def families(graph: Graph) -> Mapping[str, str]:
    """Family of each task of the graph."""
    known = graph.memo.get("families")
    if known is None:
        known = graph.memo["families"] = {name: family(task) for name, task in graph.tasks.items()}
    assert isinstance(known, dict)
    return known


def record(before: Mapping[str, Any] | None, name: str, seconds: float) -> dict[str, Any]:
    """What `status.learned` becomes when an attempt of that family succeeded after so many seconds.

    Of another family, what was known before does not count any more. A clock that jumped back is no sample.
    """
    held: list[float] = list((before or {}).get("seconds") or ()) if (before or {}).get("family") == name else []
    if seconds < 0:
        return {"family": name, "seconds": held}
    return {"family": name, "seconds": [round(seconds, 3), *held][:KEPT]}


class Learned:
    """The samples of all Steps that exist, by family."""

    def __init__(self) -> None:
        self._of_step: dict[str, tuple[str, tuple[float, ...]]] = {}
        self._of_family: dict[str, dict[str, tuple[float, ...]]] = {}
        self._medians: dict[str, float | None] = {}
        """Of families that have samples."""
        self.version = 0
        """Grows whenever an estimate may have changed."""

    def put(self, uid: str, learned: Mapping[str, Any] | None) -> None:
        """Takes `status.learned` of a Step; None, or what is no such record, forgets it."""
        entry = _entry(learned)
        before = self._of_step.get(uid)
        if before == entry:
            return
        if before:
            name = before[0]
            del self._of_family[name][uid]
            if not self._of_family[name]:
                del self._of_family[name]
            self._medians.pop(name, None)
        if entry:
            self._of_step[uid] = entry
            self._of_family.setdefault(entry[0], {})[uid] = entry[1]
            self._medians.pop(entry[0], None)
        else:
            self._of_step.pop(uid, None)
        self.version += 1

    def drop(self, uid: str) -> None:
        """A Step is gone."""
        self.put(uid, None)

    def seconds(self, name: str) -> float | None:
        """The estimate of a family; None if nothing is known."""
        if name not in self._medians and name in self._of_family:
            self._medians[name] = estimate(self._of_family[name].values())
        return self._medians.get(name)


def _entry(learned: Mapping[str, Any] | None) -> tuple[str, tuple[float, ...]] | None:
    name, seconds = (learned or {}).get("family"), (learned or {}).get("seconds")
    if not isinstance(name, str) or not isinstance(seconds, list):
        return None
    return name, tuple(float(one) for one in seconds if isinstance(one, (int, float)) and one >= 0)


def estimate(samples: Iterable[Sequence[float]]) -> float | None:
    """Median of the newest samples; each sequence is one Step's, newest first."""
    columns = [one for one in samples if one]
    if not columns:
        return None
    depth = max(len(one) for one in columns)
    newest = [one[at] for at in range(depth) for one in columns if at < len(one)]
    return median(newest[:COUNTED])
