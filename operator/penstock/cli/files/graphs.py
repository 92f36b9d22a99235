"""Compiled Pipelines: of manifests, or of a Pipeline in a cluster."""

import os
from collections.abc import Iterator

from penstock.api import Pipeline
from penstock.api.parse import InvalidManifest, parse
from penstock.cli.files.reading import PYTHON, SUFFIXES, read
from penstock.cluster.api import PIPELINES, Cluster, Object
from penstock.cluster.components import in_cluster
from penstock.cluster.failure import Failure
from penstock.cluster.flows import Flow, flow, flows
from penstock.cluster.linting import lint


def is_file(source: str) -> bool:
    """Whether an argument that may be a manifest or the name of a Pipeline looks like the former."""
    return source == "-" or os.sep in source or os.path.exists(source) or source.endswith((*SUFFIXES, *PYTHON))


def of_files(source: str, cluster: Cluster | None = None) -> Iterator[Flow]:
    """The Pipelines of a file, a folder or standard input, with the Components among them and those of the cluster.

    Raises Failure with everything that is wrong, or if there is none.
    """
    report = lint(read([source]))
    yield from flows(report, cluster)
    if not any(isinstance(model, Pipeline) for model in report.models):
        raise Failure(f"there is no Pipeline in {source}")


def of_cluster(cluster: Cluster, name: str) -> tuple[Flow, Object]:
    """The Pipeline of that name in the cluster, and the object itself."""
    found = cluster.get(PIPELINES, name)
    try:
        model = parse({key: value for key, value in found.items() if key != "status"})
    except InvalidManifest as error:
        raise Failure(f"pipeline {name!r} is not valid: {error}") from error
    assert isinstance(model, Pipeline)
    return flow(model, in_cluster(cluster, model)), found
