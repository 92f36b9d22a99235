"""`penstock watch`: follows a Pipeline to its end."""

import time
from typing import Annotated

import typer

from penstock.cluster.api import PIPELINES, STEPS, Cluster, Deadline
from penstock.cluster.failure import TIMED_OUT, Failure

PANEL = "Look"


def watch(
    cluster: Cluster,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Pipeline.")],
    timeout: Annotated[str | None, typer.Option("--timeout", help="Give up after this long, such as 10m.")] = None,
) -> int:
    """Follow a Pipeline until it ends: a live view on a terminal, else one line per transition.

    Ends with 0 if it succeeded, 1 if it failed or is invalid, 2 if it was cancelled, 124 on --timeout.
    """
    from penstock.cli.show.live import Display, Plain, Screen
    from penstock.cli.show.terminal import console
    from penstock.cli.spans import seconds
    from penstock.cluster.standing import Standing
    from penstock.cluster.watching import Changes, follow

    deadline = Deadline(seconds(timeout))
    cluster.get(PIPELINES, name)
    standing = Standing(name)
    changes = Changes(
        follow(cluster, PIPELINES, cluster.namespace, fieldSelector=f"metadata.name={name}"),
        follow(cluster, STEPS, cluster.namespace, labelSelector=f"penstock.dev/pipeline={name}"),
    )
    screen = console()
    display: Display = Screen(screen) if screen.is_terminal else Plain(screen)
    with display as view:
        while True:
            standing.take(changes.get(0.2))
            if standing.complete:
                view.show(standing, time.time())
            code = standing.exit_code
            if code is not None:
                standing.take(changes.get(0.25))  # the last changes of Steps come on a stream of their own
                view.show(standing, time.time())
                return code
            if standing.complete and not cluster.acts:
                raise Failure(f"pipeline {name!r} has not ended, and nothing runs it; `penstock run {name}` goes on")
            if deadline.passed:
                typer.echo(f"error: pipeline {name!r} has not ended within {timeout}", err=True)
                return TIMED_OUT
