"""`penstock rollback`: applies a kept revision again."""

from typing import Annotated

import typer

from penstock.cluster.api import PIPELINES, Cluster

PANEL = "Act"


def rollback(
    cluster: Cluster,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Pipeline.")],
    to: Annotated[
        int | None, typer.Option("--to", min=1, help="Revision; the one before the present if absent.")
    ] = None,
) -> None:
    """Apply an earlier revision again. Results that are still held are taken without computing them anew; steps with
    `cache: LastRun`, such as a deployment, and what depends on them run."""
    from penstock.cluster.history import roll_back, wanted
    from penstock.cluster.revisions import kept

    pipeline = cluster.get(PIPELINES, name)
    revision = wanted(pipeline, kept(cluster, pipeline), to)
    if roll_back(cluster, pipeline, revision):
        typer.echo(f"{PIPELINES.title(name)} rolled back to revision {revision.revision}")
    else:
        typer.echo(f"{PIPELINES.title(name)} is as in revision {revision.revision}; nothing to do")
