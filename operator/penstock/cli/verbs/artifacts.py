"""`penstock artifacts`: what is stored, who made it, who reads it, and why it is kept."""

import time
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from penstock.cluster.api import PIPELINES, Cluster

if TYPE_CHECKING:
    from penstock.cluster.lineages import Known

PANEL = "Look"
HEADINGS = ("ARTIFACT", "RUN", "REVISION", "MADE", "BYTES", "SHA-256", "KEPT", "READ BY", "PLACE")
SHOWN_DIGITS = 12


def artifacts(
    cluster: Cluster,
    name: Annotated[str, typer.Argument(metavar="[PIPELINE]", help="Pipeline; all of the namespace if absent.")] = "",
    duplicates: Annotated[
        bool, typer.Option("--duplicates", help="Only those with the same contents as another one of the list.")
    ] = False,
    output: Annotated[Literal["text", "json", "yaml"], typer.Option("--output", "-o", help="Format.")] = "text",
) -> None:
    """List the artifacts that Pipelines have on record: which run made each, who read it, why it is kept, where it is.

    An artifact is kept while a Step shows it or holds it for reuse (`historyLimit`); after that it may be collected.
    Digests are known of what was published to an object store, and on claims with `storage.digests`.
    """
    from penstock.cli.show.printing import print_data
    from penstock.cli.show.table import Cell, columns
    from penstock.cluster.lineages import all_known, known

    rows: list[dict[str, Any]] = []
    for found in [known(cluster, cluster.get(PIPELINES, name))] if name else all_known(cluster):
        for note in found.notes:
            typer.echo(f"note: {note}", err=True)
        rows += _rows(found)
    if duplicates:
        many = Counter(one["sha256"] for one in rows if one["sha256"])
        rows = sorted((one for one in rows if many[one["sha256"]] > 1), key=lambda one: str(one["sha256"]))
    if output != "text":
        print_data(rows, output)
        return
    for line in columns(HEADINGS, [[Cell(cell) for cell in _cells(row)] for row in rows]):
        typer.echo(line.plain)


def _rows(found: "Known") -> Iterator[dict[str, Any]]:
    read = found.lineage.by_run(up=False)
    for key, made in found.lineage.runs.items():
        for artifact, place in made.artifacts.items():
            readers = (one.reader for one in read.get(key, ()) if one.output == artifact)
            yield {
                "pipeline": found.pipeline.name,
                "step": key.path,
                "name": artifact,
                "run": key.run,
                "revision": made.revision,
                "made": made.end,
                "fingerprint": made.fingerprint,
                "sha256": made.contents.get(artifact, {}).get("sha256"),
                "bytes": made.contents.get(artifact, {}).get("bytes"),
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
        "" if row["bytes"] is None else f"{row['bytes']:,}",
        (row["sha256"] or "")[:SHOWN_DIGITS],
        ", ".join(row["kept"]),
        ", ".join(readers[:2]) + (f" and {len(readers) - 2} more" if len(readers) > 2 else ""),
        row["place"],
    ]
