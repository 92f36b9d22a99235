"""`penstock approve`: a decision on a step that waits for an approval."""

from typing import Annotated

import typer

from penstock.cluster.api import Cluster

PANEL = "Act"


def approve(
    cluster: Cluster,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Pipeline.")],
    step: Annotated[
        str | None, typer.Argument(metavar="STEP", help="Step; the one that waits, if it is only one.")
    ] = None,
    who: Annotated[str | None, typer.Option("--as", help="Who decides; your user name if absent.")] = None,
) -> None:
    """Approve a step that waits for an approval."""
    from penstock.cli.decisions import decide

    typer.echo(decide(cluster, name, step, who, "approved"))
