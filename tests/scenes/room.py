"""The nodes of a scene and the pods on them, as objects, so that whoever lists them finds the capacity of the scene."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from penstock.api.quantities import render
from penstock.core import labels
from penstock.core.admission.capacity import Capacity, Holding, NodeView
from penstock.core.clock import stamp
from tests.properties.objects import Object
from tests.scenes.stage import Scene


def with_room(scene: Scene, capacity: Capacity) -> Scene:
    """The scene with the nodes of the capacity and the pods of who holds it.

    Its own pods, which the model makes without containers, get those of their Jobs.
    """
    jobs = {one["metadata"]["uid"]: one["spec"]["template"] for one in scene.of("Job")}
    nodes = list((capacity.nodes or {}).values())
    objects = [_own(one, jobs, nodes[0].name) if one["kind"] == "Pod" else one for one in scene.objects]
    held = [one for load in capacity.loads.values() for one in load.held]
    pods = (_pod(one, number, scene) for number, one in enumerate(held))
    return replace(scene, objects=[*objects, *map(_node, nodes), *pods])


def _own(pod: Object, jobs: dict[str, Object], node: str) -> Object:
    template = jobs[pod["metadata"]["ownerReferences"][0]["uid"]]
    meta = {**template["metadata"], **pod["metadata"]}
    return {**pod, "metadata": meta, "spec": {**template["spec"], "nodeName": node}}


def _node(view: NodeView) -> Object:
    amounts = {name: render(name, amount) for name, amount in view.allocatable.items()}
    meta = {"name": view.name, "uid": view.name, "resourceVersion": "1"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": meta,
        "status": {"allocatable": amounts, "capacity": amounts},
    }


def _pod(one: Holding, number: int, scene: Scene) -> Object:
    meta: Object = {
        "name": f"held-{number}",
        "namespace": one.owner.namespace,
        "uid": f"held-{number}",
        "resourceVersion": "1",
        "creationTimestamp": stamp(one.start),
    }
    if one.own and one.end is not None:
        pipeline, _, path = one.owner.name.partition("/")
        meta["labels"] = dict(_labels(pipeline, path))
        meta["annotations"] = {labels.ESTIMATE: str(one.end - one.start)}
    requests = {name: render(name, amount) for name, amount in one.shape.requests.items() if name != "pods"}
    spec = {"nodeName": one.node, "containers": [{"name": "step", "resources": {"requests": requests}}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec, "status": {"phase": "Running"}}


def _labels(pipeline: str, path: str) -> Iterator[tuple[str, str]]:
    yield labels.MANAGED_BY, labels.PENSTOCK
    yield labels.PIPELINE, pipeline
    yield labels.STEP, path
