"""The Pipelines among manifests, compiled: with the Components among them, and with those of a cluster."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from penstock.api import Pipeline
from penstock.cluster.api import Cluster
from penstock.cluster.components import in_cluster, namespace_of, visible
from penstock.cluster.failure import Failure
from penstock.cluster.linting import Finding, Level, Report
from penstock.core.graph.compiler import compile_pipeline
from penstock.core.graph.graph import Graph
from penstock.core.graph.outline import Components


@dataclass(frozen=True, slots=True)
class Flow:
    """A Pipeline that is valid, and its graph."""

    name: str
    model: Pipeline
    graph: Graph


class NotValid(Failure):
    """Manifests are not valid; `findings` say what is wrong."""

    def __init__(self, message: str, findings: Sequence[Finding]) -> None:
        super().__init__(message)
        self.findings = findings


def flows(report: Report, cluster: Cluster | None = None) -> Iterator[Flow]:
    """The Pipelines of what was read, each of which may use the Components there, and those of the cluster.

    Raises NotValid with everything that is wrong.
    """
    wrong = [finding for finding in report.findings if finding.level is Level.ERROR]
    known = "UnknownComponent"
    if any(finding.reason != known or cluster is None for finding in wrong):
        raise NotValid("the manifest is not valid:\n" + "\n".join(map(str, wrong)), wrong)
    for model in report.models:
        if isinstance(model, Pipeline):
            components: Components = visible(report.models, namespace_of(model))
            if cluster is not None:
                components = {**in_cluster(cluster, model), **components}
            yield flow(model, components)


def flow(model: Pipeline, components: Components) -> Flow:
    """A Pipeline compiled. Raises NotValid."""
    name = str(model.metadata.get("name"))
    compiled = compile_pipeline(model.spec, components)
    if compiled.graph is None:
        wrong = [
            Finding(Level.ERROR, "", None, name, one.path, one.reason.value, one.message) for one in compiled.problems
        ]
        raise NotValid(f"pipeline {name!r} is not valid:\n" + "\n".join(map(str, compiled.problems)), wrong)
    return Flow(name, model, compiled.graph)
