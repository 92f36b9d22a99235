"""`penstock reject`: a decision on a step that waits for an approval."""

from typing import Annotated

import typer

from penstock.cli.user import name_of_user
from penstock.cluster.api import STEPS, Cluster

PANEL = "Act"


def reject(
    cluster: Cluster,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Pipeline.")],
    step: Annotated[
        str | None, typer.Argument(metavar="STEP", help="Step; the one that waits, if it is only one.")
    ] = None,
    who: Annotated[str | None, typer.Option("--as", help="Who decides; your user name if absent.")] = None,
) -> None:
    """Reject a step that waits for an approval."""
    from penstock.cluster.acting import decide

    by = who or name_of_user(cluster)
    typer.echo(f"{STEPS.title(decide(cluster, name, step, by, 'rejected'))} rejected by {by}")
