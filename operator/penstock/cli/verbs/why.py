"""`penstock why`: why a step does not run, with the numbers of this moment."""

from typing import Annotated, Literal

import typer

from penstock.cli.cluster import PIPELINES, Cluster

PANEL = "Look"


def why(
    cluster: Cluster,
    name: Annotated[str, typer.Argument(metavar="NAME[/STEP]", help="Pipeline, or one of its steps.")],
    output: Annotated[Literal["text", "json"], typer.Option("--output", "-o", help="Format.")] = "text",
) -> None:
    """Say why each step waits, fails or runs: the reason, who holds what it needs and until when, its place, its ETA.

    Numbers are computed now, with the operator's own scheduler, from what you may see of the cluster: steps of other
    namespaces, which may go first, count if you may list Pipelines in all namespaces.
    """
    from penstock.cli.explaining import as_data, chosen, lines, stand
    from penstock.cli.printing import print_data

    pipeline, _, step = name.partition("/")
    cluster.get(PIPELINES, pipeline)
    standing, sight = stand(cluster)
    found = chosen(standing, cluster.namespace, pipeline, step)
    for note in sight.notes:
        typer.echo(f"note: {note}", err=True)
    if output == "json":
        print_data([as_data(one) for one in found], "json")
        return
    for line in lines(found, bool(step), sight.now):
        typer.echo(line)
