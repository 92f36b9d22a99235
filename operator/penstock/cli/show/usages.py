"""What a Pipeline used of GPUs and other extended resources, by its steps, for people and programs."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.text import Text

from penstock.api.durations import human
from penstock.cli.show.table import Cell, columns
from penstock.cluster.steps import Object, task_of

Usages = dict[str, list[dict[str, Any]]]
"""Usage as a status has it, by step; a fan-out is one step. The empty name stands for all of them together."""


def usages(steps: Iterable[Object]) -> Usages:
    """What Steps used; those that used most first. Nothing if none asked for extended resources."""
    from penstock.core.step.usage import total

    statuses: dict[str, list[Any]] = {}
    for step in steps:
        status = step.get("status") or {}
        if status.get("usage"):
            statuses.setdefault(task_of(step), []).append(status)
    by_task = {task: total(several) for task, several in statuses.items()}
    most = sorted(by_task, key=lambda task: (-sum(one["reservedSeconds"] for one in by_task[task]), task))
    together = total({"usage": used} for used in by_task.values())
    return {"": together, **{task: by_task[task] for task in most}} if together else {}


def table(found: Usages) -> list[Text]:
    """The lines of a table: seconds times amount, and their share of what was reserved."""
    rows = [
        [
            Cell(task or "(all)"),
            Cell(one["resource"]),
            Cell(human(one["reservedSeconds"])),
            *(Cell(f"{human(one[key])} ({share(one, key)})") for key in ("busySeconds", "lostSeconds")),
        ]
        for task, used in found.items()
        for one in used
    ]
    return columns(["STEP", "RESOURCE", "RESERVED", "BUSY", "LOST"], rows)


def sentence(one: Mapping[str, Any]) -> str:
    """`1h40m of nvidia.com/gpu (80% busy, 10% lost)`."""
    words = f"{human(one['reservedSeconds'])} of {one['resource']}"
    return f"{words} ({share(one, 'busySeconds')} busy, {share(one, 'lostSeconds')} lost)"


def share(one: Mapping[str, Any], key: str) -> str:
    """The share of one number in what was reserved, such as `80%`."""
    return f"{one[key] / one['reservedSeconds'] if one['reservedSeconds'] else 0:.0%}"
