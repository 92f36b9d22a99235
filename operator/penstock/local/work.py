"""What a container is to do, worked out from a Job as it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from penstock.api import quantities
from penstock.core.pod.contents import MESSAGE_BYTES
from penstock.local.environment import CannotStart, Sources, variables, words
from penstock.local.folder import Folder
from penstock.local.mounts import OUTPUTS, Place, foreign, moved, places
from penstock.local.objects import Object

GPU = "nvidia.com/gpu"
FINALIZER = "penstock.dev/process"
"""Keeps a pod until its process is gone, and so its Job and Step, so that nothing begins beside it."""
GRACE = 30.0
"""Seconds between the signal that asks a container to end and the one that ends it."""
LOG_BYTES, LOG_LINES = 2048, 80
"""Most that the end of a log says in place of a termination message, as with kubelet's FallbackToLogsOnError."""


@dataclass(frozen=True, slots=True)
class Work:
    """One container. Paths are of this machine where `inside` is not set: then they are those of the container."""

    name: str
    image: str
    command: Sequence[str]
    args: Sequence[str]
    env: Mapping[str, str]
    cwd: str | None
    places: Sequence[Place]
    log: Path
    limits: Mapping[str, str]
    gpus: int = 0
    deadline: float | None = None
    grace: float = GRACE
    courier: bool = False
    pull: str = "IfNotPresent"
    devices: Sequence[int] = field(default=())
    """Numbers of the GPUs that it may use."""

    @property
    def outputs(self) -> Path:
        """The file with its termination message."""
        return self.places[-1].outside

    def message(self, failed: bool) -> str:
        """What it left behind: its outputs, or the end of its log if it failed and left none."""
        found = _tail(self.outputs, MESSAGE_BYTES)
        if not found and failed:
            found = b"".join(_tail(self.log, LOG_BYTES).splitlines(keepends=True)[-LOG_LINES:])
        return found.decode("utf-8", "replace")


def _tail(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - most))
            return file.read(most)
    except OSError:
        return b""


def pod_of(job: Object) -> Object:
    """The pod of a Job, before it has begun."""
    meta, template = job["metadata"], job["spec"]["template"]
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": meta["name"], "uid": meta["uid"], "controller": True}
    marks = template.get("metadata") or {}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{meta['name']}-0",
            "namespace": meta["namespace"],
            "labels": {**(marks.get("labels") or {}), "batch.kubernetes.io/job-name": meta["name"]},
            "annotations": dict(marks.get("annotations") or {}),
            "ownerReferences": [owner],
            "finalizers": [FINALIZER],
        },
        "spec": {**template["spec"], "nodeName": "local"},
    }


def work_of(pod: Object, folder: Folder, sources: Sources, *, contained: bool, courier: bool) -> Work:
    """What the container of a pod is to do. `contained`: it will see its mounts where the manifest says.

    `courier`: its image stands for this very program. Raises CannotStart.
    """
    spec = pod["spec"]
    if len(spec["containers"]) > 1 or spec.get("initContainers"):
        raise CannotStart("pods of several containers need a cluster")
    container = spec["containers"][0]
    if not contained and (paths := list(foreign(pod))):
        raise CannotStart(
            f"it mounts {', '.join(paths)}, and a process sees the machine's own files: use --with podman or docker"
        )
    found = places(pod, folder, sources)
    put = (lambda value: value) if contained else partial(moved, places=found)
    env = variables(container, pod["metadata"]["annotations"], sources, put)
    resources = container.get("resources") or {}
    asked = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
    own = folder.pod(pod["metadata"]["name"])
    return Work(
        name=pod["metadata"]["name"],
        image=container.get("image", ""),
        command=words(container.get("command"), env),
        args=[put(word) for word in words(container.get("args"), env)],
        env=env,
        cwd=container.get("workingDir"),
        places=found,
        log=own / "log",
        limits=resources.get("limits") or {},
        gpus=quantities.parse(asked[GPU]) // quantities.MILLI if GPU in asked else 0,
        deadline=spec.get("activeDeadlineSeconds"),
        grace=spec.get("terminationGracePeriodSeconds", GRACE),
        courier=courier,
        pull=container.get("imagePullPolicy") or "IfNotPresent",
    )


__all__ = ["FINALIZER", "GPU", "OUTPUTS", "Work", "pod_of", "work_of"]
