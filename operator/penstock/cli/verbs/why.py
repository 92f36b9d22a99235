"""`penstock why`: why a step does not run, with the numbers of this moment."""

from dataclasses import replace
from typing import Annotated, Literal

import typer

from penstock.cluster.api import PIPELINES, Cluster

PANEL = "Look"


def why(
    cluster: Cluster,
    name: Annotated[str, typer.Argument(metavar="NAME[/STEP]", help="Pipeline, or one of its steps.")],
    output: Annotated[Literal["text", "json"], typer.Option("--output", "-o", help="Format.")] = "text",
) -> None:
    """Say why each step waits, fails or runs: the reason, who holds what it needs and until when, its place, its ETA.

    What keeps the Pipeline as a whole, such as a manifest that is not valid, is said first.

    Numbers are computed now, with the operator's own scheduler, from what you may see of the cluster: steps of other
    namespaces, which may go first, count if you may list Pipelines in all namespaces.
    """
    from penstock.cli.explaining import ask, chosen, head, lines, of_pipeline, whole_data
    from penstock.cli.show.printing import print_data
    from penstock.cluster.sources import Told
    from penstock.core.asked.answer_data import as_data, as_json
    from penstock.core.wording import Reader

    pipeline, _, step = name.partition("/")
    cluster.get(PIPELINES, pipeline)
    answers, sight = ask(cluster)
    found = chosen(answers, cluster.namespace, pipeline, step)
    itself = None if step and found else of_pipeline(sight, cluster.namespace, pipeline)
    for note in sight.notes:
        typer.echo(f"note: {note}", err=True)
    told = Told(cluster, pipeline)
    itself = replace(itself, message=told.whole(itself.message)) if itself else None
    if output == "json":
        own = [whole_data(pipeline, itself)] if itself else []
        print_data([*own, *(as_json(as_data(one, Reader.of_all(one.key[0]), told)) for one in found)], "json")
        return
    for line in head(pipeline, itself) if itself else ():
        typer.echo(line)
    for line in lines(found, bool(step), sight.now, told):
        typer.echo(line)
