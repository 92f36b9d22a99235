"""`penstock rerun`: drops held results, so that steps run anew."""

import secrets
import time
from typing import Annotated

import typer

from penstock.cluster.api import PIPELINES, STEPS, Cluster, Deadline
from penstock.cluster.failure import TIMED_OUT, Failure
from penstock.cluster.standing import same_rerun
from penstock.cluster.steps import task_of

PANEL = "Act"
ANNOTATION = "penstock.dev/rerun"


def rerun(
    cluster: Cluster,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Pipeline.")],
    start: Annotated[str | None, typer.Option("--from", help="Only this step and what depends on it.")] = None,
    only: Annotated[str | None, typer.Option("--only", help="Only this step.")] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until the operator took it up.")] = True,
    timeout: Annotated[float, typer.Option("--timeout", min=0, help="Seconds to wait.")] = 60,
) -> int:
    """Run steps again although nothing changed: all, one with what depends on it, or just one."""
    if start and only:
        raise Failure("give --from or --only, not both")
    cluster.get(PIPELINES, name)
    step = start or only
    if step:
        _check(cluster, name, step)
    token = secrets.token_hex(4) + (f" from={start}" if start else f" only={only}" if only else "")
    cluster.patch(PIPELINES, name, {"metadata": {"annotations": {ANNOTATION: token}}})
    if not wait or not cluster.acts:
        typer.echo(f"{PIPELINES.title(name)} to be rerun")
        return 0
    deadline = Deadline(timeout)
    while True:
        status = cluster.get(PIPELINES, name).get("status") or {}
        if same_rerun(token, status.get("rerun")):
            typer.echo(f"{PIPELINES.title(name)} rerun as revision {status.get('revision')}")
            return 0
        if status.get("phase") == "Invalid":
            raise Failure(f"pipeline {name!r} is not valid, so nothing is rerun; see `penstock get {name}`")
        if deadline.passed:
            words = (
                f"the operator did not take the rerun up within {timeout:g}s; does it run? See `penstock why {name}`"
            )
            typer.echo(f"error: {words}", err=True)
            return TIMED_OUT
        time.sleep(0.3)


def _check(cluster: Cluster, name: str, step: str) -> None:
    """Refuses a step that the Pipeline does not have; the operator would find nothing to run anew."""
    from penstock.core.pipeline.lifecycle import unknown_step

    tasks = {task_of(one) for one in cluster.list(STEPS, cluster.namespace, f"penstock.dev/pipeline={name}")}
    wrong = unknown_step(name, step, tasks)
    if wrong:
        raise Failure(wrong)
