"""`penstock plan`: simulates Pipelines with the operator's own scheduler, before they run and while they do."""

from typing import Annotated, Literal

import typer

from penstock.cluster.api import Cluster
from penstock.cluster.failure import Failure

PANEL = "Manifests"


def plan(
    cluster: Cluster,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Pipeline on the cluster: plan against actual.")
    ] = None,
    files: Annotated[
        list[str] | None, typer.Option("--file", "-f", metavar="FILE|DIR|-", help="Manifests; repeatable.")
    ] = None,
    capacity: Annotated[
        list[str] | None,
        typer.Option(
            "--capacity",
            metavar="RESOURCE=AMOUNT,...",
            help="A node, such as cpu=16,memory=64Gi,nvidia.com/gpu=4; repeatable. The cluster's own if absent.",
        ),
    ] = None,
    what_if: Annotated[
        list[str] | None,
        typer.Option("--what-if", metavar="RESOURCE=+AMOUNT", help="Also with this change; repeatable."),
    ] = None,
    policy: Annotated[
        Literal["critical-path", "planned", "backfill", "fifo"], typer.Option("--policy", help="Scheduling policy.")
    ] = "planned",
    price: Annotated[
        list[str] | None,
        typer.Option("--price", metavar="RESOURCE=NUMBER", help="Price per unit (memory: GiB) and hour; repeatable."),
    ] = None,
    output: Annotated[
        Literal["table", "json", "svg", "png", "html"],
        typer.Option("--output", "-o", help="Format; svg and png are pictures, html is a page with one."),
    ] = "table",
) -> int:
    """Show when each step would start and end, what the critical path is, and what more capacity would bring.

    With NAME, show a Pipeline on the cluster against its plan: what took longer, and when the rest should end.

    Ends with 1 if a step could never start. Durations are those that like steps in the cluster took before, else those
    declared in the manifest, else 10m. With --capacity no cluster is asked, so nothing is known of earlier runs.
    """
    if name is not None:
        if files or capacity or what_if or price:
            raise Failure(
                "NAME plans a Pipeline on its cluster as it is; -f, --capacity, --what-if and --price do not go with it"
            )
        return _against_actual(cluster, name, policy, output)
    if not files:
        raise Failure("say what to plan: -f FILE for manifests, or the NAME of a Pipeline on the cluster")
    return _from_files(cluster, files, capacity, what_if, policy, price, output)


def _against_actual(cluster: Cluster, name: str, policy: str, output: str) -> int:
    from penstock.cli.progress import of_cluster, table
    from penstock.cli.show.printing import print_data, print_drawing
    from penstock.core.admission.policies import POLICIES
    from penstock.core.asked.progress import as_data, picture

    found = of_cluster(cluster, name, POLICIES[policy])
    if output in ("svg", "png", "html"):
        print_drawing(picture(found), output)
    elif output == "json":
        print_data(as_data(found), "json")
    else:
        for line in table(found):
            typer.echo(line)
    return 1 if found.stuck else 0


def _from_files(
    cluster: Cluster,
    files: list[str],
    capacity: list[str] | None,
    what_if: list[str] | None,
    policy: str,
    price: list[str] | None,
    output: str,
) -> int:
    from penstock.cli import forecasting
    from penstock.cli.show.printing import print_data, print_drawing
    from penstock.cluster.observing import learned_in
    from penstock.cluster.stock import stock
    from penstock.core.admission.policies import POLICIES
    from penstock.core.asked.forecast import as_data, forecast
    from penstock.core.asked.gantt import gantt

    changes = forecasting.changes(what_if or ())
    prices = forecasting.prices(price or ())
    began = 0.0
    if capacity:
        room = forecasting.given_capacity(capacity)
        name, load = forecasting.planned_from_files(files, "default")
    else:
        name, load = forecasting.planned_from_files(files, cluster.namespace, learned_in(cluster))
        began = forecasting.now()
        room = stock(cluster).capacity
    for doubt in forecasting.doubts(changes, prices or (), load, room):
        typer.echo(f"note: {doubt}", err=True)
    chosen = POLICIES[policy]
    found = forecast(load, room, began, chosen, prices)
    others = {one.text: forecast(load, forecasting.changed(one, room), began, chosen, prices) for one in changes}
    if output in ("svg", "png", "html"):
        path = [link.run.activity.key for link in found.path]
        print_drawing(gantt(f"{name}, {policy}", found.simulated, found.uses, path), output)
    elif output == "json":
        data = as_data(name, found, load)
        data["whatIf"] = [forecasting.comparison_data(text, found, one, load) for text, one in others.items()]
        print_data(data, "json")
    else:
        for line in forecasting.table(name, found, load):
            typer.echo(line)
        for text, one in others.items():
            typer.echo(forecasting.comparison(text, found, one))
    return 1 if found.simulated.stuck else 0
