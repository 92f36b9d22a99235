"""`penstock ui`: the web page, for oneself."""

from typing import Annotated

import typer

from penstock.cluster.api import PIPELINES, Cluster

PANEL = "Look"


def ui(
    cluster: Cluster,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Pipeline to begin with.")] = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0 for a free one.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open it in a browser.")] = True,
    read_only: Annotated[bool, typer.Option("--read-only", help="Only to look: nothing can be done with it.")] = False,
) -> None:
    """Show Pipelines in a browser: the list, and each with its steps as they go.

    Serves a page on this machine only, with your own kubeconfig: it shows what you may see, does what you may do, and
    nothing is installed in the cluster. Whoever knows the address that is printed may look and act with your rights as
    long as the command runs; with --read-only, look.
    """
    import asyncio

    from penstock.cli.show.browser import open_page
    from penstock.web.server.ui import serve

    cluster.read_only = read_only
    look_at = {}
    if name:
        cluster.get(PIPELINES, name)
        look_at = {"pipeline": f"{cluster.namespace}/{name}"}

    def ready(address: str) -> None:
        typer.echo(f"{address}\nPress Ctrl-C to end.")
        if browser:
            open_page(address)

    asyncio.run(serve(cluster, port, look_at, ready))
