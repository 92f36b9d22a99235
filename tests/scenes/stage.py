"""A model of the cluster with the capacity that a scene gives it, and time that passes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from penstock.core.admission.admission import Admission, admit
from penstock.core.admission.capacity import Capacity
from penstock.core.admission.demands import demand
from penstock.core.graph.ranks import ranks
from penstock.core.pipeline.plan import Plan
from penstock.core.pod.ready import Ready
from penstock.core.seen.snapshot import Observed
from tests.properties.kubelet import Work, succeed
from tests.properties.model import Cluster
from tests.properties.objects import Object

KINDS = ("Pipeline", "Step", "Job", "Pod", "ControllerRevision")
API_VERSIONS = {"Job": "batch/v1", "Pod": "v1", "ControllerRevision": "apps/v1"}


@dataclass(frozen=True, slots=True)
class Scene:
    """Objects at an instant (seconds since 1970), and the Pipeline that they are about."""

    namespace: str
    name: str
    objects: list[Object]
    now: float

    def of(self, kind: str) -> list[Object]:
        """All objects of a kind."""
        return [one for one in self.objects if one["kind"] == kind]


class Stage(Cluster):
    """A cluster whose nodes have only so much room."""

    def __init__(self, work: Work = succeed, capacity: Capacity | None = None, namespace: str = "ml") -> None:
        super().__init__(work)
        self.capacity = capacity or Capacity.of()
        self.namespace = namespace

    def create(self, obj: Object) -> Object | None:
        return super().create({**obj, "metadata": {"namespace": self.namespace, **obj["metadata"]}})

    def observe(self) -> Observed:
        found = super().observe()
        return replace(found, expected=ranks(found.graph) if found.graph else None)

    def plan(self) -> Plan:
        found = super().plan()
        uids = {one.node.path: one.step.uid for one in found.ready}
        self.waits = {uids[key[2]]: wait for key, wait in self._admission(found).waits.items()}
        return found

    def due(self, found: Plan) -> list[Ready]:
        ready = {one.node.path: one for one in super().due(found)}
        keys = [one.key[2] for one in self._admission(found).admitted]
        return [ready[key] for key in keys if key in ready]

    def _admission(self, found: Plan) -> Admission:
        graph = self.graph[1].graph if self.graph else None
        demands = [demand(ready, graph, None, found.places) for ready in found.ready] if graph else []
        return admit(demands, self.capacity, self.now, taken=found.places)

    def let(self, seconds: float, *ending: str) -> None:
        """Time passes: pods that were made start at once, and those of these paths end at its end: `*`, all."""
        self.reconcile()
        self.start_pods()
        self.now += seconds
        self.reconcile()
        (pipeline,) = self.of("Pipeline")
        for path in ending:
            self.finish(None if path == "*" else f"{pipeline['metadata']['name']}.{path}")
        self.reconcile()
        self.purge()
        self.reconcile()

    def scene(self) -> Scene:
        """What there is now, as the API server would tell it."""
        (pipeline,) = self.of("Pipeline")
        objects = [replaced(one) for kind in KINDS for one in self.of(kind)]
        for (_, name), spec in self.components.items():
            written = spec.model_dump(by_alias=True, exclude_unset=True, mode="json")
            meta = {"name": name, "namespace": self.namespace, "uid": name, "resourceVersion": "1"}
            objects.append(replaced({"kind": "Component", "metadata": meta, "spec": written}))
        return Scene(self.namespace, pipeline["metadata"]["name"], objects, self.now)


def replaced(obj: Object) -> Object:
    """The object with the version of its API, which the model leaves out of what it makes itself."""
    return {**obj, "apiVersion": API_VERSIONS.get(obj["kind"], "penstock.dev/v1alpha1")}


def moved(scene: Scene, now: float) -> Scene:
    """The scene at another instant, to be looked at now."""
    from penstock.core.clock import instant, stamp

    def shift(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shift(one) for key, one in value.items()}
        if isinstance(value, list):
            return [shift(one) for one in value]
        if isinstance(value, str) and len(value) == 20 and value.endswith("Z") and value[10] == "T":
            return stamp((instant(value) or 0.0) + now - scene.now)
        return value

    return replace(scene, objects=[shift(one) for one in scene.objects], now=now)


def apart(scene: Scene) -> Scene:
    """The scene with uids of its own: each model of a cluster counts from the same."""

    def renamed(value: Any) -> Any:
        if isinstance(value, dict):
            uid = {"uid": f"{scene.name}-{value['uid']}"} if "uid" in value else {}
            return {**{key: renamed(one) for key, one in value.items()}, **uid}
        return [renamed(one) for one in value] if isinstance(value, list) else value

    return replace(scene, objects=[renamed(one) for one in scene.objects])


def manifest(name: str, steps: Iterable[Object], **spec: Any) -> Object:
    """A Pipeline manifest."""
    fields = {"defaults": {"image": "registry.example/ml:1"}, **spec, "steps": list(steps)}
    return {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "Pipeline",
        "metadata": {"name": name},
        "spec": fields,
    }
