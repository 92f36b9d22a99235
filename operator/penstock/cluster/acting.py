"""What people do with a Pipeline, but for editing it: the writes, and why one would be in vain.

All raise Failure if there is nothing to be done, and Refused in the API server's words.
"""

import secrets
from typing import Literal

from penstock.cluster.api import PIPELINES, STEPS, Cluster, Object
from penstock.cluster.failure import Failure
from penstock.cluster.phases import ENDED, PIPELINE_ENDED
from penstock.cluster.steps import leaf, path_of, task_of
from penstock.core import labels

RERUN = "penstock.dev/rerun"
HELD = ("suspend", "cancel")
"""What `resume` takes back."""


def suspend(cluster: Cluster, name: str) -> None:
    """Nothing new starts."""
    cluster.get(PIPELINES, name)
    cluster.patch(PIPELINES, name, {"spec": {"suspend": True}})


def resume(cluster: Cluster, name: str) -> bool:
    """Lets it go on; whether it was held."""
    spec = cluster.get(PIPELINES, name).get("spec") or {}
    held = [field for field in HELD if spec.get(field)]
    if held:
        cluster.patch(PIPELINES, name, {"spec": dict.fromkeys(held, False)})
    return bool(held)


def cancel(cluster: Cluster, name: str) -> None:
    """Ends what runs, and lets `finally` run."""
    phase = (cluster.get(PIPELINES, name).get("status") or {}).get("phase")
    if phase in PIPELINE_ENDED:
        raise Failure(f"pipeline {name!r} has ended already: {phase}")
    cluster.patch(PIPELINES, name, {"spec": {"cancel": True}})


def rerun(cluster: Cluster, name: str, step: str | None = None, only: bool = False) -> str:
    """Lets all steps run again, or one with what depends on it, or `only` that one; returns what is asked for."""
    cluster.get(PIPELINES, name)
    if step:
        _check(cluster, name, step)
    token = secrets.token_hex(4) + (f" {'only' if only else 'from'}={step}" if step else "")
    cluster.patch(PIPELINES, name, {"metadata": {"annotations": {RERUN: token}}})
    return token


def _check(cluster: Cluster, name: str, step: str) -> None:
    """Refuses a step that the Pipeline does not have; the operator would find nothing to run anew."""
    from penstock.core.pipeline.lifecycle import unknown_step

    found = cluster.list(STEPS, cluster.namespace, f"{labels.PIPELINE}={name}")
    wrong = unknown_step(name, step, {task_of(one) for one in found})
    if wrong:
        raise Failure(wrong)


def decide(cluster: Cluster, name: str, step: str | None, by: str, decision: Literal["approved", "rejected"]) -> str:
    """Writes a decision on a step (None: the only one that waits) where the operator reads it; returns its name."""
    found = _waiting(cluster, name) if step is None else cluster.get(STEPS, f"{name}.{step}")
    title: str = found["metadata"]["name"]
    one = leaf(found)
    if "approval" not in (found.get("spec") or {}):
        raise Failure(f"step {title!r} is no approval; nothing waits for a decision")
    if one.phase in ENDED:
        raise Failure(f"step {title!r} has ended already: {one.phase} ({one.message or one.reason})")
    mine, other = labels.APPROVED_BY, labels.REJECTED_BY
    if decision == "rejected":
        mine, other = other, mine
    cluster.patch(STEPS, title, {"metadata": {"annotations": {mine: by, other: None}}})
    return title


def _waiting(cluster: Cluster, name: str) -> Object:
    cluster.get(PIPELINES, name)
    steps = cluster.list(STEPS, cluster.namespace, f"{labels.PIPELINE}={name}")
    waiting = [one for one in steps if leaf(one).reason == "WaitingForApproval"]
    if len(waiting) == 1:
        return waiting[0]
    if not waiting:
        raise Failure(f"no step of pipeline {name!r} waits for an approval")
    raise Failure(f"several steps wait for an approval; name one: {', '.join(map(path_of, waiting))}")


def possible(pipeline: Object) -> list[str]:
    """What can be done with a Pipeline as it stands, by the name of the verb."""
    spec, status = pipeline.get("spec") or {}, pipeline.get("status") or {}
    ended = status.get("phase") in PIPELINE_ENDED
    found = {
        "rerun": bool(status.get("revision")) and status.get("phase") != "Invalid",
        "suspend": not ended and not spec.get("suspend"),
        "resume": any(spec.get(field) for field in HELD),
        "cancel": not ended and not spec.get("cancel"),
    }
    return [verb for verb, can in found.items() if can]
