"""What a plan of what was touched is judged by: the plan of everything, made from the same snapshot."""

from dataclasses import replace
from typing import Any

from penstock.core.graph.world import Node, Verdict
from penstock.core.pipeline.plan import Plan
from penstock.core.reasons import Reason

OF_THE_MOMENT = (Reason.WAITING_FOR_DEPENDENCIES, Reason.BACKOFF)
"""Reasons whose words are of the moment in which a Step was decided about. They are written nowhere."""


def contents(found: Plan) -> dict[str, Any]:
    """All that a plan says, but for when to look again."""
    return {
        "pipeline_status": found.pipeline_status,
        "create": [new.manifest() for new in found.create_steps],
        "specs": found.replace_specs,
        "delete": sorted(found.delete_steps, key=lambda step: step.path),
        "jobs": found.delete_jobs,
        "statuses": found.step_statuses,
        "settle": sorted(found.settle_approvals, key=lambda step: step.path),
        "ready": found.ready,
        "places": found.places,
        "verdicts": list(map(_said, found.verdicts)),
        "unsettled": found.unsettled,
        "finished": found.finished,
    }


def _said(decision: tuple[Node, Verdict]) -> tuple[str, Verdict]:
    node, verdict = decision
    return node.path, replace(verdict, message="") if verdict.reason in OF_THE_MOMENT else verdict


def differences(found: Plan, whole: Plan, now: float) -> list[Any]:
    """What a plan says otherwise than that of everything. It may look again earlier, but never at once for nothing."""
    mine, others = contents(found), contents(whole)
    wrong: list[Any] = [(name, mine[name], others[name]) for name in mine if mine[name] != others[name]]
    at, least = found.wake_at, whole.wake_at
    in_time = at == least or (at is not None and least is not None and now < at < least)
    return wrong if in_time else [*wrong, ("wake_at", at, least)]
