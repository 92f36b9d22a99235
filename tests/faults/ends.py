"""The end state of a run in a form in which two runs of one course are equal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.faults.history import History
from tests.faults.scenario import Same
from tests.plane.api import Object

NOT_COUNTED = ("Disrupted", "Lost")
"""Reasons of attempts that count for no budget: faults may cause any number of them."""


def end_state(history: History) -> dict[str, Any]:
    """Pipelines and Steps by name: phases, reasons, outputs, counts, conditions, and how many attempts counted.

    Times, names of Jobs and nodes, and messages are left out.
    """
    return {
        "pipelines": {name: _pipeline(item) for name, item in history.objects("Pipeline").items()},
        "steps": {name: _step(item) for name, item in history.objects("Step").items()},
    }


def reduced(end: Mapping[str, Any], same: Same) -> dict[str, Any]:
    """What must be the same."""
    match same:
        case Same.ALL:
            return dict(end)
        case Same.RESULTS:
            end = _without_the_past_of_what_is_wrong(end)
            kept = {"phase", "counts", "outputs", "failed", "problems", "settled"}
        case Same.PHASES:
            kept = {"phase", "counts"}
    return {
        kind: {name: {key: value for key, value in one.items() if key in kept} for name, one in items.items()}
        for kind, items in end.items()
    }


def _without_the_past_of_what_is_wrong(end: Mapping[str, Any]) -> Mapping[str, Any]:
    """Beside a Pipeline whose last edit is wrong stays what ran before it: of no edit, nothing ran."""
    wrong = {name for name, one in end["pipelines"].items() if one["phase"] == "Invalid"}
    past = {"counts": None, "outputs": None, "failed": []}
    pipelines = {name: one | past if name in wrong else one for name, one in end["pipelines"].items()}
    steps = {name: one for name, one in end["steps"].items() if name.partition(".")[0] not in wrong}
    return {**end, "pipelines": pipelines, "steps": steps}


def _pipeline(item: Object) -> dict[str, Any]:
    status = item.get("status") or {}
    return {
        "phase": status.get("phase"),
        "reason": status.get("reason"),
        "counts": status.get("counts"),
        "outputs": status.get("outputs"),
        "failed": sorted(one["name"] for one in status.get("failedSteps") or ()),
        "problems": sorted(f"{one.get('path')} {one.get('reason')}" for one in status.get("problems") or ()),
        "revision": status.get("revision"),
        "conditions": _conditions(status),
        "settled": status.get("observedGeneration") == item["metadata"].get("generation"),
    }


def _step(item: Object) -> dict[str, Any]:
    status = item.get("status") or {}
    attempts = status.get("attempts") or ()
    counted = [one for one in attempts if one.get("reason") not in NOT_COUNTED]
    return {
        "phase": status.get("phase"),
        "reason": status.get("reason"),
        "outputs": status.get("outputs"),
        "attempts": [f"{one.get('exitCode')} {one.get('reason', '')}" for one in counted],
        "conditions": _conditions(status),
    }


def _conditions(status: Mapping[str, Any]) -> dict[str, str]:
    return {one["type"]: f"{one['status']} {one.get('reason', '')}" for one in status.get("conditions") or ()}
