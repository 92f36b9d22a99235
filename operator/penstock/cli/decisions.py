"""Approves or rejects a step that waits for it."""

import getpass
from typing import Literal

from penstock.cluster.api import PIPELINES, STEPS, Cluster, Object
from penstock.cluster.failure import Failure
from penstock.cluster.phases import ENDED
from penstock.cluster.steps import leaf, path_of


def decide(
    cluster: Cluster, name: str, step: str | None, who: str | None, decision: Literal["approved", "rejected"]
) -> str:
    """Writes the decision where the operator reads it, and returns what was done."""
    found = _waiting(cluster, name) if step is None else cluster.get(STEPS, f"{name}.{step}")
    title = found["metadata"]["name"]
    one = leaf(found)
    if "approval" not in (found.get("spec") or {}):
        raise Failure(f"step {title!r} is no approval; nothing waits for a decision")
    if one.phase in ENDED:
        raise Failure(f"step {title!r} has ended already: {one.phase} ({one.message or one.reason})")
    by = who or _user(cluster)
    other = "rejected" if decision == "approved" else "approved"
    notes = {f"penstock.dev/{decision}-by": by, f"penstock.dev/{other}-by": None}
    cluster.patch(STEPS, title, {"metadata": {"annotations": notes}})
    return f"{STEPS.title(title)} {decision} by {by}"


def _waiting(cluster: Cluster, name: str) -> Object:
    cluster.get(PIPELINES, name)
    steps = cluster.list(STEPS, cluster.namespace, f"penstock.dev/pipeline={name}")
    waiting = [one for one in steps if leaf(one).reason == "WaitingForApproval"]
    if len(waiting) == 1:
        return waiting[0]
    if not waiting:
        raise Failure(f"no step of pipeline {name!r} waits for an approval")
    raise Failure(f"several steps wait for an approval; name one: {', '.join(map(path_of, waiting))}")


def _user(cluster: Cluster) -> str:
    try:
        return cluster.user()
    except Failure:
        return getpass.getuser()
