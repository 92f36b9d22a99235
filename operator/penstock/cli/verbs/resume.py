"""`penstock resume`: takes back `spec.suspend` and `spec.cancel`."""

from typing import Annotated

import typer

from penstock.cluster.api import PIPELINES, Cluster

PANEL = "Act"


def resume(
    cluster: Cluster,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Pipeline.")],
) -> None:
    """Let a suspended or cancelled Pipeline go on."""
    from penstock.cluster import acting

    held = acting.resume(cluster, name)
    typer.echo(f"{PIPELINES.title(name)} {'resumed' if held else 'is neither suspended nor cancelled'}")
