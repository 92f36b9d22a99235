"""`penstock diff`: what applying a manifest would do."""

import time
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from penstock.cli.show.printing import print_data
from penstock.cluster.api import PIPELINES, STEPS, Cluster

if TYPE_CHECKING:
    from penstock.core.asked.change import Change

PANEL = "Manifests"
SIGNS = {"run": "+", "reuse": "=", "skip": "~", "remove": "-"}
DIFFERENT = 1


def diff(
    cluster: Cluster,
    source: Annotated[str, typer.Option("--filename", "-f", metavar="FILE", help="Manifest, folder, or -.")],
    output: Annotated[Literal["text", "json", "yaml"], typer.Option("--output", "-o", help="Format.")] = "text",
) -> int:
    """Show which steps would run, be reused, skipped or removed if a manifest were applied, and which field is the
    reason. Exit code 1 if anything would run or be removed, as `kubectl diff`."""
    from penstock.cli.files.graphs import of_files
    from penstock.core.asked.diff import diff as differences

    everything: dict[str, list[Change]] = {}
    for flow in of_files(source, cluster):
        namespace = str(flow.model.metadata.get("namespace") or cluster.namespace)
        known = {one["metadata"]["name"]: one for one in cluster.list(PIPELINES, namespace)}
        steps = list(cluster.list(STEPS, namespace, f"penstock.dev/pipeline={flow.name}"))
        everything[flow.name] = differences(flow.graph, known.get(flow.name), steps, time.time())
    if output == "text":
        for name, changes in everything.items():
            _print(name, changes)
    else:
        print_data({name: [_plain(one) for one in changes] for name, changes in everything.items()}, output)
    return DIFFERENT if any(_acts(one) for changes in everything.values() for one in changes) else 0


def _acts(change: "Change") -> bool:
    return change.action in ("run", "remove")


def _plain(change: "Change") -> dict[str, object]:
    return {
        "path": change.path,
        "action": change.action.value,
        "why": change.why,
        "fields": list(change.fields),
        "cause": change.cause.value,
        "about": list(change.about),
    }


def _print(name: str, changes: "list[Change]") -> None:
    width = max((len(change.path) for change in changes), default=0)
    counts = {action: sum(change.action == action for change in changes) for action in SIGNS}
    words = ", ".join(f"{count} to {action}" for action, count in counts.items() if count)
    typer.echo(f"{PIPELINES.title(name)}: {words}")
    for change in changes:
        typer.echo(f"  {SIGNS[change.action]} {change.path.ljust(width)}  {change.action.value.ljust(6)}  {change.why}")
