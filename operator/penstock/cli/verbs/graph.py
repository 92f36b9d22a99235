"""`penstock graph`: draws the graph of a Pipeline."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from penstock.cluster.api import STEPS, Cluster
from penstock.cluster.failure import Failure

if TYPE_CHECKING:
    from penstock.core.asked.picture import Picture

PANEL = "Manifests"


def graph(
    cluster: Cluster,
    source: Annotated[str, typer.Argument(metavar="FILE|NAME", help="Manifest, folder, -, or a Pipeline's name.")],
    output: Annotated[
        Literal["text", "mermaid", "dot", "svg", "png", "html"],
        typer.Option("--output", "-o", help="Format; svg and png are pictures, html is a page with one."),
    ] = "text",
) -> None:
    """Draw the graph of a Pipeline, from a manifest or from the cluster (then with the phase of each step)."""
    from penstock.cli.show import drawings

    if output in ("svg", "png", "html"):
        _print_picture(list(_pictures(cluster, source)), output)
        return
    draw = {"text": drawings.text, "mermaid": drawings.mermaid, "dot": drawings.dot}[output]
    for number, picture in enumerate(_pictures(cluster, source)):
        if number:
            typer.echo()
        for line in draw(picture):
            typer.echo(line)


def _print_picture(pictures: "list[Picture]", form: str) -> None:
    from penstock.cli.show.printing import print_drawing
    from penstock.core.asked.diagram import diagram

    if len(pictures) > 1:
        names = ", ".join(one.name for one in pictures)
        raise Failure(
            f"-o {form} is a picture of one Pipeline, and there are {len(pictures)}: {names}; name a file of one"
        )
    print_drawing(diagram(pictures[0]), form)


def _pictures(cluster: Cluster, source: str) -> Iterator["Picture"]:
    from penstock.cli.files.graphs import is_file, of_cluster, of_files
    from penstock.cluster.phases import together
    from penstock.cluster.steps import leaf
    from penstock.core.asked.picture import picture

    if is_file(source):
        for flow in of_files(source):
            yield picture(flow.name, flow.graph)
        return
    flow, _ = of_cluster(cluster, source)
    phases: dict[str, list[str]] = {}
    for step in cluster.list(STEPS, cluster.namespace, f"penstock.dev/pipeline={source}"):
        one = leaf(step)
        phases.setdefault(one.task, []).append(one.phase)
    yield picture(source, flow.graph, {task: together(found) for task, found in phases.items()})
