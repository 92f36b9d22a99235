"""The Components that a Pipeline may use: among given manifests, or in a cluster."""

from collections.abc import Iterable, Iterator

from penstock.api import Component, Pipeline
from penstock.api.component import ComponentSpec
from penstock.api.parse import InvalidManifest, Manifest, parse
from penstock.api.step import StepTemplate
from penstock.cli.cluster import COMPONENTS, Cluster
from penstock.core.composition.outline import ComponentKey, Components


def visible(models: Iterable[Manifest], namespace: str | None) -> Components:
    """The Components among manifests as seen from a namespace; a manifest that names no namespace may go to any."""
    found: dict[ComponentKey, ComponentSpec] = {}
    for model in models:
        if isinstance(model, Component):
            name, home = str(model.metadata["name"]), namespace_of(model)
            if home:
                found[home, name] = model.spec
            if home is None or namespace is None or home == namespace:
                found[None, name] = model.spec
    return found


def namespace_of(model: Manifest) -> str | None:
    """The namespace that a manifest names."""
    found = model.metadata.get("namespace")
    return str(found) if found else None


def in_cluster(cluster: Cluster, pipeline: Pipeline) -> Components:
    """The Components of the Pipeline's namespace and of the others that it refers to; broken ones are left out."""
    models: list[Manifest] = []
    wanted, seen = {cluster.namespace, *_mentioned([*pipeline.spec.steps, *(pipeline.spec.finally_ or ())])}, set()
    while wanted:
        namespace = wanted.pop()
        seen.add(namespace)
        for found in cluster.list(COMPONENTS, namespace):
            try:
                model = parse(found)
            except InvalidManifest:
                continue
            models.append(model)
            if isinstance(model, Component):
                wanted |= set(_mentioned(model.spec.steps or [])) - seen
    return visible(models, cluster.namespace)


def _mentioned(steps: list[StepTemplate]) -> Iterator[str]:
    return (step.component.namespace for step in steps if step.component and step.component.namespace)
