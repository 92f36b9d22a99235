"""`penstock rollback`: applies a kept revision again."""

from typing import Annotated

import typer

from penstock.cluster.api import PIPELINES, Cluster
from penstock.cluster.failure import Failure

PANEL = "Act"


def rollback(
    cluster: Cluster,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Pipeline.")],
    to: Annotated[
        int | None, typer.Option("--to", min=1, help="Revision; the one before the present if absent.")
    ] = None,
) -> None:
    """Apply an earlier revision again. Results that are still held are taken without computing them anew; steps with
    `cache: LastRun`, such as a deployment, and what depends on them run."""
    from penstock.cluster.revisions import kept

    pipeline = cluster.get(PIPELINES, name)
    present = (pipeline.get("status") or {}).get("revision")
    found = {one.revision: one for one in kept(cluster, pipeline)}
    earlier = [number for number in found if present is None or number < present]
    wanted = to if to is not None else max(earlier, default=None)
    if wanted is None or wanted not in found:
        which = f"revision {to}" if to is not None else "earlier revision"
        numbers = ", ".join(map(str, sorted(found))) or "none"
        raise Failure(f"pipeline {name!r} has no {which} that is kept; kept: {numbers} (spec.historyLimit)")
    if found[wanted].spec == pipeline["spec"]:
        typer.echo(f"{PIPELINES.title(name)} is as in revision {wanted}; nothing to do")
        return
    version = pipeline["metadata"]["resourceVersion"]
    manifest = {**pipeline, "spec": dict(found[wanted].spec)}
    manifest["metadata"] = {**pipeline["metadata"], "resourceVersion": version}
    cluster.replace(PIPELINES, name, manifest)
    typer.echo(f"{PIPELINES.title(name)} rolled back to revision {wanted}")
