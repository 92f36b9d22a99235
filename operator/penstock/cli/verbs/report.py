"""`penstock report`: what would make a flow faster or smaller, and what GPUs were used for."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from penstock.cli.show.printing import print_data
from penstock.cluster.api import STEPS, Cluster, Object, Resource
from penstock.cluster.failure import Failure

if TYPE_CHECKING:
    from penstock.cluster.flows import Flow
    from penstock.core.asked.suggest import Durations, Suggestion, Use

PANEL = "Manifests"
POD_METRICS = Resource("apis/metrics.k8s.io/v1beta1", "pods", "pod")


def report(
    cluster: Cluster,
    source: Annotated[str, typer.Argument(metavar="FILE|NAME", help="Manifest, folder, -, or a Pipeline's name.")],
    output: Annotated[
        Literal["text", "json", "yaml", "html"],
        typer.Option("--output", "-o", help="Format; html is a page about a Pipeline that ran, in one file."),
    ] = "text",
    language: Annotated[Literal["en", "zh"], typer.Option("--language", help="Of the page.")] = "en",
) -> None:
    """Suggest what would make a flow faster or smaller, each with what it would save: by the durations that its steps
    had in the cluster, or those that the manifest declares. Of a Pipeline in the cluster, also tell for how long it
    held GPUs, and how much of that was busy or lost.

    With -o html, tell how a Pipeline went: its graph, its plan against what was, what failed, what came out, and every
    step. The page needs nothing else, so it can be kept or mailed.
    """
    from penstock.cli.files.graphs import is_file, of_cluster, of_files
    from penstock.cli.show.terminal import print_lines
    from penstock.cli.show.usages import table, usages
    from penstock.core.asked.suggest import declared, suggest

    if output == "html":
        if is_file(source):
            raise Failure("-o html tells how a Pipeline went; give the NAME of one in the cluster")
        _print_page(cluster, source, language)
        return
    found: dict[str, list[Suggestion]] = {}
    steps: list[Object] = []
    if is_file(source):
        for flow in of_files(source):
            found[flow.name] = suggest(flow.graph, declared)
    else:
        flow, _ = of_cluster(cluster, source)
        steps = list(cluster.list(STEPS, cluster.namespace, f"penstock.dev/pipeline={flow.name}"))
        found[flow.name] = suggest(flow.graph, measured(steps), _used(cluster, flow))
    held = usages(steps)
    if output != "text":
        suggested = {name: [{**asdict(one), "kind": one.kind.value} for one in all_] for name, all_ in found.items()}
        usage = {"usage": {"total": held.pop(""), "steps": held}} if held else {}
        print_data({name: {"suggestions": all_, **usage} for name, all_ in suggested.items()}, output)
        return
    for name, suggestions in found.items():
        typer.echo(f"{name}: {len(suggestions) or 'no'} suggestion{'' if len(suggestions) == 1 else 's'}")
        for one in suggestions:
            typer.echo(f"  {one.path}: {one.message} [{one.kind.value}]")
    if held:
        typer.echo()
        print_lines(table(held))


def _print_page(cluster: Cluster, name: str, language: str) -> None:
    from penstock.cli.reporting import reported
    from penstock.web.report.page import page
    from penstock.web.words import Words

    words = Words(language)
    typer.echo(page(reported(cluster, name, measured, words.drawn), words), nl=False)


def _used(cluster: Cluster, flow: "Flow") -> "Use":
    """What the pods of a Pipeline that run now use, as far as the cluster has a metrics server."""
    from penstock.api import quantities

    selector = f"penstock.dev/pipeline={flow.name}"
    try:
        pods = list(cluster.list(POD_METRICS, cluster.namespace, selector))
    except Failure:
        return {}
    most: dict[str, dict[str, int]] = {}
    for pod in pods:
        of_task = most.setdefault(pod["metadata"]["labels"]["penstock.dev/step"], {})
        for name in ("cpu", "memory"):
            used = sum(quantities.parse(one["usage"].get(name, "0")) for one in pod.get("containers") or ())
            of_task[name] = max(of_task.get(name, 0), used)
    return most


def measured(steps: Sequence[Object]) -> "Durations":
    """Mean run time of each task's attempts that succeeded, by the Steps of a Pipeline; else as declared."""
    from penstock.cli.show.ages import seconds_of
    from penstock.cluster.steps import task_of
    from penstock.core.asked.suggest import declared

    times: dict[str, list[float]] = {}
    for step in steps:
        for attempt in (step.get("status") or {}).get("attempts") or ():
            began, over = seconds_of(attempt.get("start")), seconds_of(attempt.get("end"))
            if attempt.get("exitCode") == 0 and began is not None and over is not None:
                times.setdefault(task_of(step), []).append(over - began)
    return lambda task: sum(times[task.id]) / len(times[task.id]) if task.id in times else declared(task)
