"""`penstock artifacts`: what is stored, who made it, who reads it, and why it is kept."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from penstock.cluster.api import PIPELINES, Cluster

if TYPE_CHECKING:
    from penstock.cluster.lineages import Known

PANEL = "Look"
HEADINGS = ("ARTIFACT", "RUN", "REVISION", "MADE", "KEPT", "READ BY", "PLACE")


def artifacts(
    cluster: Cluster,
    name: Annotated[str, typer.Argument(metavar="[PIPELINE]", help="Pipeline; all of the namespace if absent.")] = "",
    output: Annotated[Literal["text", "json", "yaml"], typer.Option("--output", "-o", help="Format.")] = "text",
) -> None:
    """List the artifacts that Pipelines have on record: which run made each, who read it, why it is kept, where it is.

    An artifact is kept while a Step shows it or holds it for reuse (`historyLimit`); after that it may be collected.
    """
    from penstock.cli.show.printing import print_data
    from penstock.cli.show.table import Cell, columns
    from penstock.cluster.lineages import known

    names = [name] if name else sorted(one["metadata"]["name"] for one in cluster.list(PIPELINES, cluster.namespace))
    rows: list[dict[str, Any]] = []
    for one in names:
        found = known(cluster, one)
        for note in found.notes:
            typer.echo(f"note: {note}", err=True)
        rows += _rows(one, found)
    if output != "text":
        print_data(rows, output)
        return
    for line in columns(HEADINGS, [[Cell(cell) for cell in _cells(row)] for row in rows]):
        typer.echo(line.plain)


def _rows(name: str, found: "Known") -> Iterator[dict[str, Any]]:
    for key, made in found.lineage.runs.items():
        for artifact, place in made.artifacts.items():
            readers = (one.reader for one in found.lineage.down(key) if one.output == artifact)
            yield {
                "pipeline": name,
                "step": key.path,
                "name": artifact,
                "run": key.run,
                "revision": made.revision,
                "made": made.end,
                "fingerprint": made.fingerprint,
                "kept": [word for word, so in (("shown", made.selected), ("for reuse", made.held)) if so],
                "readBy": [str(one) for one in dict.fromkeys(readers)],
                "place": place,
            }


def _cells(row: dict[str, Any]) -> list[str]:
    from penstock.cli.show.ages import span

    readers = row["readBy"]
    return [
        f"{row['pipeline']}/{row['step']}.{row['name']}",
        str(row["run"]),
        str(row["revision"] or ""),
        f"{span(row['made'], None, time.time())} ago" if row["made"] else "",
        ", ".join(row["kept"]),
        ", ".join(readers[:2]) + (f" and {len(readers) - 2} more" if len(readers) > 2 else ""),
        row["place"],
    ]
