"""`penstock rerun`: drops held results, so that steps run anew."""

import time
from typing import Annotated

import typer

from penstock.cluster.api import PIPELINES, Cluster, Deadline
from penstock.cluster.failure import TIMED_OUT, Failure
from penstock.cluster.standing import same_rerun

PANEL = "Act"


def rerun(
    cluster: Cluster,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Pipeline.")],
    start: Annotated[str | None, typer.Option("--from", help="Only this step and what depends on it.")] = None,
    only: Annotated[str | None, typer.Option("--only", help="Only this step.")] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until the operator took it up.")] = True,
    timeout: Annotated[float, typer.Option("--timeout", min=0, help="Seconds to wait.")] = 60,
) -> int:
    """Run steps again although nothing changed: all, one with what depends on it, or just one."""
    from penstock.cluster import acting

    if start and only:
        raise Failure("give --from or --only, not both")
    token = acting.rerun(cluster, name, start or only, only=bool(only))
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
