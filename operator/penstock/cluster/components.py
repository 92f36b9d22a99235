"""The Components that a Pipeline may use: among given manifests, or in a cluster."""

from collections.abc import Iterable, Iterator, Mapping

from penstock.api import Component, Pipeline
from penstock.api.component import ComponentSpec
from penstock.api.parse import InvalidManifest, Manifest, parse
from penstock.api.step import StepTemplate
from penstock.cluster.api import COMPONENTS, Cluster, Refused
from penstock.core.graph.outline import ComponentKey, Components
from penstock.core.pipeline.revisions import Pins, component_spec, pin_name


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
    home = namespace_of(pipeline) or cluster.namespace
    wanted, seen = {home, *_mentioned([*pipeline.spec.steps, *(pipeline.spec.finally_ or ())])}, set()
    while wanted:
        namespace = wanted.pop()
        seen.add(namespace)
        for model in _listed(cluster, namespace):
            models.append(model)
            wanted |= set(_mentioned(model.spec.steps or [])) - seen
    return visible(models, home)


class Existing:
    """The Components of all namespaces, each namespace's read once, when one of them is asked for.

    `hidden`: the namespaces whose Components were asked for and the user may not see.
    """

    def __init__(self, cluster: Cluster) -> None:
        self.hidden: list[str] = []
        self._cluster = cluster
        self._known: dict[str, Components] = {}

    def of(self, namespace: str) -> Components:
        """Those of a namespace, as seen from it."""
        if namespace not in self._known:
            try:
                self._known[namespace] = visible(_listed(self._cluster, namespace), namespace)
            except Refused as refused:
                if refused.status != 403:
                    raise
                self.hidden.append(namespace)
                self._known[namespace] = {}
        return self._known[namespace]


class Pinned(Mapping[ComponentKey, ComponentSpec]):
    """The Components of a Pipeline as the operator resolves them: those that it is pinned to, else those that exist.

    `used`: what was asked for, None if there is none.
    """

    def __init__(self, pins: Pins, existing: Existing, namespace: str) -> None:
        self._pins = pins
        self._existing = existing
        self._namespace = namespace
        self.used: dict[ComponentKey, ComponentSpec | None] = {}

    def __getitem__(self, key: ComponentKey) -> ComponentSpec:
        found = self.used[key] = self._found(key)
        if found is None:
            raise KeyError(key)
        return found

    def _found(self, key: ComponentKey) -> ComponentSpec | None:
        written = self._pins.get(pin_name(key))
        if written is None:
            return self._existing.of(key[0] or self._namespace).get((None, key[1]))
        return component_spec(key[1], written)[0]

    def __iter__(self) -> Iterator[ComponentKey]:
        return iter(self._existing.of(self._namespace))

    def __len__(self) -> int:
        return len(self._existing.of(self._namespace))


def _listed(cluster: Cluster, namespace: str) -> Iterator[Component]:
    for found in cluster.list(COMPONENTS, namespace):
        try:
            model = parse(found)
        except InvalidManifest:
            continue
        if isinstance(model, Component):
            yield model


def _mentioned(steps: list[StepTemplate]) -> Iterator[str]:
    return (step.component.namespace for step in steps if step.component and step.component.namespace)
