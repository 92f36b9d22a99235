"""`penstock schedule`: when a PipelineSchedule fires next."""

import time
from typing import Annotated, Literal

import typer

from penstock.cluster.api import Cluster
from penstock.cluster.failure import Failure

PANEL = "Look"


def schedule(
    cluster: Cluster,
    what: Annotated[Literal["next"], typer.Argument(metavar="next", help="The ticks to come.")],
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="PipelineSchedule in the cluster.")] = None,
    file: Annotated[str | None, typer.Option("--filename", "-f", help="Manifest instead; `-` for stdin.")] = None,
    count: Annotated[int, typer.Option("--count", "-c", min=1, max=1000, help="How many ticks.")] = 5,
    after: Annotated[
        str | None, typer.Option("--after", help="From when, such as 2026-10-24T00:00:00Z; now if absent.")
    ] = None,
) -> None:
    """Show when a PipelineSchedule fires next, and the names of the Pipelines, as the operator computes them.

    Where clocks go forward, a time that does not exist has no tick; where they go back, one that comes twice has two.
    """
    from penstock.cli.show.ages import seconds_of
    from penstock.cli.show.terminal import print_lines
    from penstock.cli.show.ticks import of_cluster, of_file, upcoming

    if (name is None) == (file is None):
        raise Failure("name a PipelineSchedule, or a manifest with -f, and not both")
    begin = seconds_of(after) if after else time.time()
    if begin is None:
        raise Failure(f"--after: {after!r} is no instant; write it like 2026-10-24T00:00:00Z")
    found = of_file(file) if file is not None else [of_cluster(cluster, name or "")]
    for number, one in enumerate(found):
        if number:
            typer.echo()
        print_lines(upcoming(one, count, begin))
        if one.spec.suspend:
            typer.echo(f"{one.metadata.get('name')} is suspended: these ticks will not be run", err=True)
