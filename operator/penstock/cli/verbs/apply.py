"""`penstock apply`: applies manifests and what Python files become."""

from typing import Annotated, Any

import typer

from penstock.cluster.api import Cluster, Refused
from penstock.cluster.failure import Failure

PANEL = "Manifests"


def apply(
    cluster: Cluster,
    files: Annotated[list[str], typer.Argument(metavar="FILE|DIR|-...", help="YAML, Python modules, notebooks.")],
    force_conflicts: Annotated[
        bool, typer.Option("--force-conflicts", help="Take over fields that somebody else manages.")
    ] = False,
) -> None:
    """Check manifests and apply them, as `kubectl apply --server-side` does.

    Python files are compiled first. The Components that they consist of, and the ConfigMaps with modules that their
    steps import, carry a digest in their names; those of earlier versions are removed once no kept revision of the
    Pipeline refers to them.
    """
    from penstock.cli.files.reading import read
    from penstock.cluster.applying import RESOURCES
    from penstock.cluster.applying import apply as apply_one
    from penstock.cluster.documents import Document
    from penstock.cluster.linting import Level, lint

    if type(cluster) is not Cluster:
        raise Failure("`penstock run FILE` takes a manifest up in this folder; apply is for a cluster")
    items = list(read(files))
    wrong = [one for one in lint(items).findings if one.level is Level.ERROR]
    missing = [one for one in wrong if one.reason == "UnknownComponent"]  # it may be in the cluster
    if len(missing) < len(wrong):
        raise Failure("nothing was applied; the manifest is not valid:\n" + "\n".join(map(str, wrong)))
    for one in missing:
        typer.echo(f"note: {one}", err=True)
    documents = [one.data for item in items if isinstance(item, Document) for one in item.items()]
    foreign = [one for one in documents if not isinstance(one, dict) or one.get("kind") not in RESOURCES]
    if foreign:
        raise Failure(f"nothing was applied; {_title(foreign[0])} is not of penstock.dev: use kubectl apply for it")
    order = list(RESOURCES)
    for manifest in sorted(documents, key=lambda one: order.index(one["kind"])):
        done = apply_one(cluster, manifest, force_conflicts)
        typer.echo(f"{RESOURCES[manifest['kind']].title(manifest['metadata']['name'])} {done}")
    for manifest in documents:
        if manifest["kind"] == "Pipeline":
            _clear(cluster, manifest, documents)


def _clear(cluster: Cluster, pipeline: dict[str, Any], documents: list[dict[str, Any]]) -> None:
    from penstock.cluster.applying import COMPILED, RESOURCES, left_over, remove
    from penstock.core.asked.sourcemap import SOURCE

    meta = pipeline["metadata"]
    if SOURCE not in (meta.get("annotations") or {}):
        return
    for kind in COMPILED:
        try:
            for name in left_over(cluster, kind, pipeline, documents):
                remove(cluster, RESOURCES[kind], name, meta.get("namespace"))
                typer.echo(f"{RESOURCES[kind].title(name)} removed")
        except Refused as refused:
            typer.echo(f"note: {kind}s of earlier versions of {meta['name']!r} stay: {refused}", err=True)


def _title(document: Any) -> str:
    if not isinstance(document, dict):
        return "a document"
    return f"{document.get('kind')} {(document.get('metadata') or {}).get('name', '')!r}"
