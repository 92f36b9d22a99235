"""`penstock history`: the revisions of a Pipeline."""

import time
from typing import Annotated, Any, Literal

import typer

from penstock.cli.show.ages import span
from penstock.cli.show.printing import print_data
from penstock.cluster.api import PIPELINES, Cluster

PANEL = "Look"
HEADINGS = ("REVISION", "STATUS", "RAN", "REUSED", "BEGAN", "DESCRIPTION")


def history(
    cluster: Cluster,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Pipeline.")],
    output: Annotated[Literal["text", "json", "yaml"], typer.Option("--output", "-o", help="Format.")] = "text",
) -> None:
    """List the revisions of a Pipeline, newest first: how each ended, what ran and what was reused. `rollback` takes
    those that are kept."""
    from penstock.cluster.revisions import kept
    from penstock.core.asked.past import lines

    pipeline = cluster.get(PIPELINES, name)
    specs = {one.revision: one.spec for one in kept(cluster, pipeline)}
    rows = [{**line, "kept": line["revision"] in specs} for line in lines(pipeline.get("status") or {})]
    if output != "text":
        print_data([{**row, "spec": specs.get(row["revision"])} for row in rows], output)
        return
    _print([_cells(row, specs.get(row["revision"]) or {}) for row in rows])


def _cells(row: dict[str, Any], spec: Any) -> list[str]:
    began = f"{span(row['time'], None, time.time())} ago" if row.get("time") else ""
    note = str(spec.get("description") or "") if row["kept"] else "(no longer kept)"
    return [
        str(row["revision"]),
        str(row.get("phase") or ""),
        *(str(row[key]) if key in row else "" for key in ("ran", "reused")),
        began,
        note,
    ]


def _print(rows: list[list[str]]) -> None:
    from penstock.cli.show.table import Cell, columns

    for line in columns(HEADINGS, [[Cell(cell) for cell in row] for row in rows]):
        typer.echo(line.plain)
