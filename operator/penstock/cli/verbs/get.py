"""`penstock get`: Pipelines as a table, or one Pipeline with its steps as a tree."""

import time
from typing import Annotated, Any, Literal

import typer

from penstock.cluster.api import PIPELINES, STEPS, Cluster
from penstock.cluster.failure import Failure

PANEL = "Look"


def get(
    cluster: Cluster,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Pipeline; all of them if absent.")] = None,
    output: Annotated[
        Literal["json", "yaml", "wide", "name"] | None, typer.Option("--output", "-o", help="Format.")
    ] = None,
    selector: Annotated[str | None, typer.Option("--selector", "-l", help="Label selector.")] = None,
    all_namespaces: Annotated[bool, typer.Option("--all-namespaces", "-A", help="In all namespaces.")] = False,
    expand: Annotated[bool, typer.Option("--expand", help="Show every instance of large fan-outs.")] = False,
) -> None:
    """Show Pipelines, or one Pipeline with its steps: phases, durations, attempts, reasons.

    With NAME, -o json and yaml give a List of the Pipeline and its Steps.
    """
    if name is None:
        _all(cluster, output, selector, all_namespaces)
    elif all_namespaces or selector:
        raise Failure("a name goes with neither -A nor -l; give only the name, and its namespace with -n")
    else:
        _one(cluster, name, output, expand)


def _all(cluster: Cluster, output: str | None, selector: str | None, all_namespaces: bool) -> None:
    from penstock.cli.show.listing import list_pipelines
    from penstock.cli.show.terminal import print_lines

    found = list(cluster.list(PIPELINES, None if all_namespaces else cluster.namespace, selector))
    if _as_data(found, output):
        return
    if not found:
        where = "any namespace" if all_namespaces else f"namespace {cluster.namespace}"
        typer.echo(f"no Pipelines in {where}", err=True)
        return
    print_lines(list_pipelines(found, time.time(), all_namespaces, output == "wide"))


def _one(cluster: Cluster, name: str, output: str | None, expand: bool) -> None:
    from penstock.cli.show.terminal import print_lines, width
    from penstock.cli.show.tree import View, show

    pipeline = cluster.get(PIPELINES, name)
    steps = list(cluster.list(STEPS, cluster.namespace, f"penstock.dev/pipeline={name}"))
    if not _as_data([pipeline, *steps], output):
        wide = output == "wide"
        view = View(time.time(), None if wide else width(), wide=wide, expand=expand)
        print_lines(show(pipeline, steps, view))


def _as_data(objects: list[dict[str, Any]], output: str | None) -> bool:
    """Prints the objects for `-o json`, `yaml` and `name`; false for the other forms."""
    if output == "name":
        for one in objects:
            resource = PIPELINES if one["kind"] == "Pipeline" else STEPS
            typer.echo(resource.title(one["metadata"]["name"]))
        return True
    if output not in ("json", "yaml"):
        return False
    from penstock.cli.show.printing import print_data

    for one in objects:
        one["metadata"].pop("managedFields", None)
    print_data({"apiVersion": "v1", "kind": "List", "items": objects}, output)
    return True
