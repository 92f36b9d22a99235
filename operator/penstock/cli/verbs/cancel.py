"""`penstock cancel`: sets `spec.cancel`."""

from typing import Annotated

import typer

from penstock.cluster.api import PIPELINES, Cluster
from penstock.cluster.failure import Failure
from penstock.cluster.phases import PIPELINE_ENDED

PANEL = "Act"


def cancel(
    cluster: Cluster,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Pipeline.")],
) -> None:
    """Stop a Pipeline: running steps are ended, `finally` runs, nothing else starts. `resume` lets it go on."""
    found = cluster.get(PIPELINES, name)
    phase = (found.get("status") or {}).get("phase")
    if phase in PIPELINE_ENDED:
        raise Failure(f"pipeline {name!r} has ended already: {phase}")
    cluster.patch(PIPELINES, name, {"spec": {"cancel": True}})
    typer.echo(f"{PIPELINES.title(name)} cancelled")
