"""`penstock plan`: simulates Pipelines before they run, with the operator's own scheduler."""

from typing import Annotated, Literal

import typer

from penstock.cli.cluster import Cluster

PANEL = "Manifests"


def plan(
    cluster: Cluster,
    files: Annotated[list[str], typer.Option("--file", "-f", metavar="FILE|DIR|-", help="Manifests; repeatable.")],
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
    ] = "critical-path",
    price: Annotated[
        list[str] | None,
        typer.Option("--price", metavar="RESOURCE=NUMBER", help="Price per unit (memory: GiB) and hour; repeatable."),
    ] = None,
    output: Annotated[
        Literal["table", "json", "svg", "png"], typer.Option("--output", "-o", help="Format; svg and png are pictures.")
    ] = "table",
) -> int:
    """Show when each step would start and end, what the critical path is, and what more capacity would bring.

    Ends with 1 if a step could never start. Durations are those that like steps in the cluster took before, else those
    declared in the manifest, else 10m. With --capacity no cluster is asked, so nothing is known of earlier runs.
    """
    from penstock.api import durations
    from penstock.cli import forecasting
    from penstock.cli.observing import learned_in
    from penstock.cli.printing import print_data, print_drawing
    from penstock.core.scheduling.forecast import as_data, forecast
    from penstock.core.scheduling.gantt import gantt
    from penstock.core.scheduling.policies import POLICIES

    changes = forecasting.changes(what_if or ())
    prices = forecasting.prices(price or ())
    began = 0.0
    if capacity:
        room = forecasting.given_capacity(capacity)
        name, load = forecasting.planned_from_files(files, "default")
    else:
        name, load = forecasting.planned_from_files(files, cluster.namespace, learned_in(cluster))
        began = forecasting.now()
        room = forecasting.cluster_ledger(cluster).snapshot()
    chosen = POLICIES[policy]
    found = forecast(load, room, began, chosen, prices)
    others = {one.text: forecast(load, forecasting.changed(one, room), began, chosen, prices) for one in changes}
    if output in ("svg", "png"):
        path = [link.run.activity.key for link in found.path]
        print_drawing(gantt(f"{name}, {policy}", found.simulated, found.uses, path), output)
    elif output == "json":
        data = as_data(name, found, load)
        data["whatIf"] = [
            {"change": text, "makespan": round(one.makespan, 3), "difference": round(one.makespan - found.makespan, 3)}
            for text, one in others.items()
        ]
        print_data(data, "json")
    else:
        for line in forecasting.table(name, found, load):
            typer.echo(line)
        for text, one in others.items():
            difference = one.makespan - found.makespan
            change = "the same" if abs(difference) < 0.5 else f"{durations.render(abs(difference))} "
            change += "" if abs(difference) < 0.5 else "sooner" if difference < 0 else "later"
            fewer = len(found.simulated.stuck) - len(one.simulated.stuck)
            unblocked = f", {fewer} more {'step' if fewer == 1 else 'steps'} can start" if fewer > 0 else ""
            typer.echo(f"with {text}: makespan {durations.render(one.makespan)}, {change}{unblocked}")
    return 1 if found.simulated.stuck else 0
