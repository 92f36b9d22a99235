"""`penstock lineage`: from which data a model is, and what was made from a dataset."""

from typing import Annotated, Literal

import typer

from penstock.cluster.api import PIPELINES, Cluster

PANEL = "Look"


def lineage(
    cluster: Cluster,
    of: Annotated[
        str,
        typer.Argument(
            metavar="PIPELINE[/STEP[.OUTPUT]]|PLACE", help="What to look at; PLACE as `artifacts` tells it."
        ),
    ],
    down: Annotated[bool, typer.Option("--down/--up", help="What was made from it, or what it was made from.")] = False,
    output: Annotated[
        Literal["text", "json", "prov"], typer.Option("--output", "-o", help="Format; prov is W3C PROV-O as JSON-LD.")
    ] = "text",
) -> None:
    """Tell from which runs and data a result was made, or what was made from it.

    Results name the digest of what they were made from. Only what gives that digest is told: nothing is guessed. What
    no Step holds any more is not on record.
    """
    from dataclasses import asdict

    from penstock.cli.show.lineages import tree
    from penstock.cli.show.printing import print_data
    from penstock.cluster.lineages import ends, known, owner_of, target
    from penstock.core.asked.provenance import prov

    name, _, step = (owner_of(cluster, of), "", of) if "://" in of else of.partition("/")
    found = known(cluster, cluster.get(PIPELINES, name))
    for note in found.notes:
        typer.echo(f"note: {note}", err=True)
    roots = target(found, step) if step else ends(found.lineage, up=not down)
    part = found.lineage.around(roots, up=not down)
    if output == "prov":
        print_data(prov(part, name, found.pipeline.uid), "json")
    elif output == "json":
        runs = [{"step": path, "run": run, **asdict(made)} for (path, run), made in part.runs.items()]
        for one in runs:
            del one["key"]
        reads = [
            {"reader": str(one.reader), "input": one.input, "maker": str(one.maker), "output": one.output}
            for one in part.reads
        ]
        print_data({"pipeline": name, "runs": runs, "reads": reads}, "json")
    else:
        for line in tree(part, roots, up=not down):
            typer.echo(line)
