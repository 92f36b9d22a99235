"""`penstock lineage`: from which data a model is, and what was made from a dataset."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from penstock.cluster.api import PIPELINES, Cluster
from penstock.cluster.failure import Failure

if TYPE_CHECKING:
    from penstock.cluster.lineages import Known
    from penstock.core.asked.lineage import Key, Lineage

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
        Literal["text", "json", "prov", "ro-crate", "slsa"],
        typer.Option(
            "--output", "-o", help="Format; prov is W3C PROV-O, ro-crate a folder, slsa an in-toto statement."
        ),
    ] = "text",
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Where ro-crate goes (default: PIPELINE-crate).")
    ] = None,
    licence: Annotated[
        str, typer.Option("--license", help="What ro-crate says that its contents may be used for.")
    ] = "Not stated; ask whoever gave you this.",
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
    roots, named = target(found, step) if step else (ends(found.lineage, up=not down), "")
    part = found.lineage.around(roots, up=not down)
    if output == "prov":
        print_data(prov(part, name, found.pipeline.uid), "json")
    elif output in ("ro-crate", "slsa") and down:
        raise Failure(f"-o {output} tells what a result was made from: leave out --down")
    elif output == "ro-crate":
        typer.echo(_crate(found, part, roots, folder or Path(f"{name}-crate"), licence))
    elif output == "slsa":
        print_data(_statement(found, part, roots, named), "json")
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


def _crate(found: "Known", part: "Lineage", roots: "list[Key]", folder: Path, licence: str) -> Path:
    """Writes the crate; the folder it is in. Raises Failure about results that the Pipeline does not show any more, and
    about a folder that is something else."""
    import json

    from penstock.api.base import API_VERSION
    from penstock.api.manifests import dump
    from penstock.core.asked.crate import METADATA, WORKFLOW, crate

    old = [str(key) for key in roots if not found.lineage.runs[key].selected]
    if old:
        raise Failure(
            f"{', '.join(old)}: of an earlier revision, and a crate has the Pipeline as it is now; "
            "roll back to it first (penstock rollback), or take -o prov"
        )
    if folder.exists() and not (folder / METADATA).exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Failure(f"{folder} is there and is no crate: give --folder one that is new or empty, or a crate to renew")
    made = crate(part, roots, found.pipeline, licence)
    name, spec = found.pipeline.name, found.pipeline.spec
    workflow = dump([{"apiVersion": API_VERSION, "kind": "Pipeline", "metadata": {"name": name}, "spec": spec}])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / WORKFLOW).write_text(workflow, encoding="utf-8")
    (folder / METADATA).write_text(json.dumps(made, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return folder


def _statement(found: "Known", part: "Lineage", roots: "list[Key]", output: str) -> dict[str, Any]:
    """The statement about what one step made, or about one `output` of it. Raises Failure if that is no artifact or has
    no digest."""
    from penstock.core.asked.attestation import Undigested, statement

    if len(roots) != 1:
        raise Failure("-o slsa is about what one step made: give PIPELINE/STEP, PIPELINE/STEP.OUTPUT or a place")
    (key,) = roots
    made = part.runs[key]
    if output in made.outputs or not made.artifacts:
        there = ", ".join(made.artifacts) or "none"
        what = f"{key.path}.{output} is a value" if output else f"{key} made no artifact"
        raise Failure(f"{what}, and a statement is about artifacts: {there}")
    pipeline = found.pipeline
    try:
        return statement(part, key, output, pipeline.name, pipeline.namespace, pipeline.uid)
    except Undigested as error:
        raise Failure(
            f"no digest is on record of {error}: it is of what goes to an object store, and on claims with "
            "`storage.digests: true`; set that, and run it again"
        ) from error
