"""`penstock cancel`: sets `spec.cancel`."""

from typing import Annotated

import typer

from penstock.cluster.api import PIPELINES, Cluster

PANEL = "Act"


def cancel(
    cluster: Cluster,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Pipeline.")],
) -> None:
    """Stop a Pipeline: running steps are ended, `finally` runs, nothing else starts. `resume` lets it go on."""
    from penstock.cluster import acting

    acting.cancel(cluster, name)
    typer.echo(f"{PIPELINES.title(name)} cancelled")
