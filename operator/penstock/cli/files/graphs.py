"""Compiled Pipelines: of manifests, or of a Pipeline in a cluster."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

from penstock.api import Pipeline
from penstock.api.parse import InvalidManifest, parse
from penstock.cli.files.linting import Level, lint
from penstock.cli.files.reading import PYTHON, SUFFIXES, read
from penstock.cluster.api import PIPELINES, Cluster, Object
from penstock.cluster.components import in_cluster, namespace_of, visible
from penstock.cluster.failure import Failure
from penstock.core.graph.compiler import compile_pipeline
from penstock.core.graph.graph import Graph
from penstock.core.graph.outline import Components


@dataclass(frozen=True, slots=True)
class Flow:
    """A Pipeline that is valid, and its graph."""

    name: str
    model: Pipeline
    graph: Graph


def is_file(source: str) -> bool:
    """Whether an argument that may be a manifest or the name of a Pipeline looks like the former."""
    return source == "-" or os.sep in source or os.path.exists(source) or source.endswith((*SUFFIXES, *PYTHON))


def of_files(source: str, cluster: Cluster | None = None) -> Iterator[Flow]:
    """The Pipelines of a file, a folder or standard input, with the Components among them and those of the cluster.

    Raises Failure with everything that is wrong, or if there is none.
    """
    report = lint(read([source]))
    wrong = [finding for finding in report.findings if finding.level is Level.ERROR]
    known = "UnknownComponent"
    if any(finding.reason != known or cluster is None for finding in wrong):
        raise Failure("the manifest is not valid:\n" + "\n".join(map(str, wrong)))
    pipelines = [model for model in report.models if isinstance(model, Pipeline)]
    if not pipelines:
        raise Failure(f"there is no Pipeline in {source}")
    for model in pipelines:
        components: Components = visible(report.models, namespace_of(model))
        if cluster is not None:
            components = {**in_cluster(cluster, model), **components}
        yield _flow(model, components)


def of_cluster(cluster: Cluster, name: str) -> tuple[Flow, Object]:
    """The Pipeline of that name in the cluster, and the object itself."""
    found = cluster.get(PIPELINES, name)
    try:
        model = parse({key: value for key, value in found.items() if key != "status"})
    except InvalidManifest as error:
        raise Failure(f"pipeline {name!r} is not valid: {error}") from error
    assert isinstance(model, Pipeline)
    return _flow(model, in_cluster(cluster, model)), found


def _flow(model: Pipeline, components: Components) -> Flow:
    name = str(model.metadata.get("name"))
    compiled = compile_pipeline(model.spec, components)
    if compiled.graph is None:
        raise Failure(f"pipeline {name!r} is not valid:\n" + "\n".join(map(str, compiled.problems)))
    return Flow(name, model, compiled.graph)
