"""What of a manifest is otherwise without a cluster: what cannot be, what is left out, and what is not checked."""

from collections.abc import Iterator, Mapping
from typing import Any

from penstock.core.graph.graph import Graph
from penstock.local.objects import Object

CLAIM = {"claim": {"size": "1Gi"}, "digests": True}
"""What stands for an object store: a folder, which has no size; artifacts are read as they would be when published."""
NODE_CHOICE = ("nodeSelector", "affinity", "tolerations")


def adapted(manifest: Object) -> Object:
    """A Pipeline or Component as it is run here. No field that is changed is part of a fingerprint."""
    spec: dict[str, Any] = {key: value for key, value in manifest["spec"].items() if key != "queueName"}
    if "objectStore" in (spec.get("storage") or {}):
        spec["storage"] = CLAIM
    return {**manifest, "spec": _anywhere(spec)}


def _anywhere(spec: Mapping[str, Any]) -> dict[str, Any]:
    """What runs a step, or several, with no say about nodes: there is one."""
    found = dict(spec)
    if found.get("pod"):
        found["pod"] = {key: value for key, value in found["pod"].items() if key not in NODE_CHOICE}
    if found.get("defaults"):
        found["defaults"] = _anywhere(found["defaults"])
    for steps in ("steps", "finally"):
        if found.get(steps):
            found[steps] = [_anywhere(step) for step in found[steps]]
    return found


def impossible(graph: Graph, *, contained: bool) -> Iterator[str]:
    """Why a Pipeline cannot be run here, a sentence for each task."""
    for name, task in graph.tasks.items():
        work = task.work
        if work.replicas > 1:
            yield f"step {name!r} has replicas: {work.replicas}, and pods that must run together need a cluster"
        if not contained and work.approval is None and not (work.command or work.script):
            yield (
                f"step {name!r} has no command or script, so only its image knows what to run: "
                "use --with podman or docker"
            )


def unchecked(manifest: Object, graph: Graph, *, contained: bool) -> list[str]:
    """What of a Pipeline was not put to the test, though a cluster will."""
    works = [task.work for task in graph.tasks.values() if task.work.approval is None]
    spec = manifest["spec"]
    pods = [work.pod for work in works]
    notes = {
        "images": bool(works) and not contained,
        "working directories": not contained and any(work.working_dir for work in works),
        "read-only inputs": not contained,
        "memory limits": not contained,
        "service accounts": any(pod.service_account_name for pod in pods),
        "node choice (nodeSelector, affinity, tolerations)": any(
            pod.node_selector or pod.affinity or pod.tolerations for pod in pods
        ),
        "image pull secrets": any(pod.image_pull_secrets for pod in pods),
        "priority classes": any(pod.priority_class_name for pod in pods),
        "the queue (queueName)": "queueName" in spec,
        "the object store (a folder stood for it)": "objectStore" in (spec.get("storage") or {}),
        "quotas": True,
        "pod security": True,
    }
    return [what for what, applies in notes.items() if applies]
