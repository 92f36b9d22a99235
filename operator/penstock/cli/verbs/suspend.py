"""`penstock suspend`: sets `spec.suspend`."""

from typing import Annotated

import typer

from penstock.cluster.api import PIPELINES, Cluster

PANEL = "Act"


def suspend(
    cluster: Cluster,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Pipeline.")],
) -> None:
    """Hold a Pipeline: nothing new starts, running steps finish. `resume` lets it go on."""
    from penstock.cluster import acting

    acting.suspend(cluster, name)
    typer.echo(f"{PIPELINES.title(name)} suspended")
