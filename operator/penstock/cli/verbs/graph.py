"""`penstock graph`: draws the graph of a Pipeline."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from penstock.cli.cluster import Cluster
from penstock.cli.failure import Failure

if TYPE_CHECKING:
    from penstock.cli.picture import Picture

PANEL = "Manifests"


def graph(
    cluster: Cluster,
    source: Annotated[str, typer.Argument(metavar="FILE|NAME", help="Manifest, folder, -, or a Pipeline's name.")],
    output: Annotated[Literal["text", "mermaid", "dot"], typer.Option("--output", "-o", help="Format.")] = "text",
) -> None:
    """Draw the graph of a Pipeline, from a manifest or from the cluster (then with the phase of each step)."""
    from penstock.cli import drawings

    draw = {"text": drawings.text, "mermaid": drawings.mermaid, "dot": drawings.dot}[output]
    pictures = _of_files(source) if _is_file(source) else _of_cluster(cluster, source)
    for number, picture in enumerate(pictures):
        if number:
            typer.echo()
        for line in draw(picture):
            typer.echo(line)


def _is_file(source: str) -> bool:
    return source == "-" or os.sep in source or os.path.exists(source) or source.endswith((".yaml", ".yml", ".json"))


def _of_files(source: str) -> Iterator["Picture"]:
    from penstock.api import Pipeline
    from penstock.cli.components import namespace_of, visible
    from penstock.cli.linting import Level, lint
    from penstock.cli.picture import picture
    from penstock.cli.reading import read
    from penstock.core.compiler import compile_pipeline

    report = lint(read([source]))
    errors = [finding for finding in report.findings if finding.level is Level.ERROR]
    if errors:
        raise Failure("the manifest is not valid:\n" + "\n".join(map(str, errors)))
    pipelines = [model for model in report.models if isinstance(model, Pipeline)]
    if not pipelines:
        raise Failure(f"there is no Pipeline in {source}")
    for pipeline in pipelines:
        compiled = compile_pipeline(pipeline.spec, visible(report.models, namespace_of(pipeline)))
        assert compiled.graph is not None
        yield picture(str(pipeline.metadata.get("name")), compiled.graph)


def _of_cluster(cluster: Cluster, name: str) -> Iterator["Picture"]:
    from penstock.api import Pipeline
    from penstock.api.parse import InvalidManifest, parse
    from penstock.cli.cluster import PIPELINES, STEPS
    from penstock.cli.components import in_cluster
    from penstock.cli.phases import together
    from penstock.cli.picture import picture
    from penstock.cli.steps import leaf
    from penstock.core.compiler import compile_pipeline

    found = cluster.get(PIPELINES, name)
    found.pop("status", None)
    try:
        model = parse(found)
    except InvalidManifest as error:
        raise Failure(f"pipeline {name!r} is not valid: {error}") from error
    assert isinstance(model, Pipeline)
    compiled = compile_pipeline(model.spec, in_cluster(cluster, model))
    if compiled.graph is None:
        raise Failure(f"pipeline {name!r} is not valid:\n" + "\n".join(map(str, compiled.problems)))
    phases: dict[str, list[str]] = {}
    for step in cluster.list(STEPS, cluster.namespace, f"penstock.dev/pipeline={name}"):
        one = leaf(step)
        phases.setdefault(one.task, []).append(one.phase)
    yield picture(name, compiled.graph, {task: together(found) for task, found in phases.items()})
