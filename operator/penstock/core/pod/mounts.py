"""What artifacts add to a pod: variables, mounts and volumes, and with an object store containers around the step's.

On a claim, the directories of attempts are mounted; where digests are asked for, `publish` reads the outputs after the
step. With an object store, ordered containers in one pod share two empty volumes: `fetch` brings the inputs, then the
step runs in its unchanged image, then `publish` takes the outputs.
All but the last are init containers, which run one after the other. At most three: kubelet keeps 12 KiB of
termination messages a pod.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from penstock.api import quantities
from penstock.api.base import Json
from penstock.api.storage import ObjectStore, Storage
from penstock.core.pod.artifacts import claim_name, claim_path, directory, outputs_of
from penstock.core.pod.ready import Ready
from penstock.core.pod.transfer import VARIABLE, Keys, Transfer, in_container
from penstock.core.seen.views import FETCH_CONTAINER, PUBLISH_CONTAINER, RUN

INPUT_MOUNT = "/penstock/inputs"
OUTPUT_MOUNT = "/penstock/outputs"
CLAIM_VOLUME = "penstock-artifacts"
INPUT_VOLUME = "penstock-inputs"
OUTPUT_VOLUME = "penstock-outputs"

SCRATCH = "20Gi"
"""Most that inputs or outputs may take on the node, unless the step limits its ephemeral-storage."""

COURIER_REQUESTS = {"cpu": "100m", "memory": "128Mi"}
"""Most that the containers around a step ask for. They never ask for more than the step: what the scheduler counts
for a pod is the largest of containers that run one after the other (KEP-753), and so stays what the step asks for."""
COURIER_LIMITS = {"cpu": "2", "memory": "256Mi"}
"""Least that they are limited to, where the step is limited at all."""

_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": False,
    "AWS_SECRET_ACCESS_KEY": False,
    "AWS_SESSION_TOKEN": True,
    "AWS_REGION": True,
}
"""Keys of the Secret; whether each is optional."""

Manifest = dict[str, Any]


@dataclass(slots=True)
class Carried:
    """What artifacts add to a pod."""

    inputs: dict[str, Json] = field(default_factory=dict)
    """Path in the container of each artifact input; a list for a list."""
    outputs: dict[str, Json] = field(default_factory=dict)
    """The same for outputs: those to write, and those that an undo may read."""
    mounts: list[Manifest] = field(default_factory=list)
    volumes: list[Manifest] = field(default_factory=list)
    before: list[Manifest] = field(default_factory=list)
    after: list[Manifest] = field(default_factory=list)


def carried(
    ready: Ready, pipeline: tuple[str, str] | None, storage: Storage | None, resources: Manifest, courier: str
) -> Carried:
    """What the artifacts of an attempt add to its pod.

    `pipeline`: name and uid; `resources`: of the step's container; `courier`: image of the containers around it.
    """
    inputs = {wired.name: ready.values[wired.name] for wired in ready.node.task.inputs if wired.type == "Artifact"}
    declared = outputs_of(ready.node.task.work)
    produced = {name: value for name, value in ready.produced.items() if name in declared}
    outputs = declared if ready.purpose == RUN else {}
    if pipeline is None or storage is None or not (inputs or produced or outputs):
        return Carried(inputs=dict.fromkeys(inputs))
    place = directory(pipeline, (ready.node.path, ready.step.uid), ready.facts.run, ready.attempt)
    found = Carried(
        inputs={name: _paths(f"{INPUT_MOUNT}/{name}", value) for name, value in inputs.items()},
        outputs={name: _paths(f"{OUTPUT_MOUNT}/{name}", value) for name, value in produced.items()}
        | {name: f"{OUTPUT_MOUNT}/{name}" for name in outputs},
    )
    if storage.object_store:
        _surround(found, ready, storage.object_store, place, (inputs, produced, outputs), resources, courier)
        return found
    claim = {"claimName": claim_name(storage, pipeline[0])}
    found.volumes.append({"name": CLAIM_VOLUME, "persistentVolumeClaim": claim})
    for where, values in ((INPUT_MOUNT, inputs), (OUTPUT_MOUNT, produced)):
        for name, value in values.items():
            found.mounts += _on_claim(f"{where}/{name}", value)
    if outputs:
        mount = {"name": CLAIM_VOLUME, "mountPath": OUTPUT_MOUNT, "subPath": place}
        found.mounts.append(mount)
        if storage.digests and ready.node.task.work.replicas == 1:  # replicas may still write where this one has ended
            env = [*_attempt(ready), _orders(Transfer("", None, "", publish=outputs, directory=OUTPUT_MOUNT))]
            read_only = [{**mount, "readOnly": True}]
            container = courier_container(PUBLISH_CONTAINER, courier, env, courier_resources(resources), read_only)
            found.after.append(container)
    return found


def _paths(path: str, value: Json) -> Json:
    if isinstance(value, list):
        return [_paths(f"{path}/{number}", item) for number, item in enumerate(value)]
    return in_container(path, value) if isinstance(value, str) else None


def _on_claim(path: str, value: Json) -> Iterator[Manifest]:
    """Read-only mounts of the attempts that produced an input.

    kubelet makes an empty directory where a subPath is missing. So the whole attempt is mounted, not the artifact:
    one that was never written is then missing for its consumer too, instead of looking like an empty directory.
    """
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _on_claim(f"{path}/{number}", item)
    elif isinstance(value, str):
        attempt = claim_path(value).rpartition("/")[0]
        yield {"name": CLAIM_VOLUME, "mountPath": path, "subPath": attempt, "readOnly": True}


def _surround(
    found: Carried,
    ready: Ready,
    store: ObjectStore,
    place: str,
    artifacts: tuple[dict[str, Json], dict[str, Json], dict[str, bool]],
    resources: Manifest,
    courier: str,
) -> None:
    inputs, produced, outputs = artifacts
    transfer = Transfer(
        uri=store.uri,
        endpoint=store.endpoint,
        secret=store.secret_name,
        fetch={
            where: {name: _keys(value, store.uri) for name, value in values.items()}
            for where, values in ((INPUT_MOUNT, inputs), (OUTPUT_MOUNT, produced))
            if values
        },
        place=place,
        publish=outputs,
        directory=OUTPUT_MOUNT,
    )
    volumes = [(INPUT_VOLUME, INPUT_MOUNT, True)] if inputs else []
    volumes += [(OUTPUT_VOLUME, OUTPUT_MOUNT, not outputs)] if produced or outputs else []
    scratch = (resources.get("limits") or {}).get("ephemeral-storage", SCRATCH)
    for name, path, read_only in volumes:
        found.volumes.append({"name": name, "emptyDir": {"sizeLimit": scratch}})
        found.mounts.append({"name": name, "mountPath": path, **({"readOnly": True} if read_only else {})})
    writable = [{"name": mount["name"], "mountPath": mount["mountPath"]} for mount in found.mounts]
    common = (courier, _variables(transfer, ready), courier_resources(resources))
    found.before.append(courier_container(FETCH_CONTAINER, *common, writable))
    if outputs:
        readable = {"name": OUTPUT_VOLUME, "mountPath": OUTPUT_MOUNT, "readOnly": True}
        found.after.append(courier_container(PUBLISH_CONTAINER, *common, [readable]))


def _keys(value: Json, uri: str) -> Keys:
    if isinstance(value, list):
        return [_keys(item, uri) for item in value]
    return value.removeprefix(f"{uri}/") if isinstance(value, str) else None


def _attempt(ready: Ready) -> list[Manifest]:
    """The variables that say whose attempt it is."""
    return [
        {"name": "PENSTOCK_NAMESPACE", "value": ready.step.namespace},
        {"name": "PENSTOCK_PIPELINE", "value": ready.step.pipeline or ""},
        {"name": "PENSTOCK_STEP", "value": ready.node.path},
        {"name": "PENSTOCK_ATTEMPT", "value": str(ready.attempt)},
    ]


def _variables(transfer: Transfer, ready: Ready) -> list[Manifest]:
    env = _attempt(ready)
    if ready.node.task.work.replicas > 1:
        index = "metadata.annotations['batch.kubernetes.io/job-completion-index']"
        env.append({"name": "PENSTOCK_REPLICA", "valueFrom": {"fieldRef": {"fieldPath": index}}})
    return env + store_variables(transfer)


def store_variables(transfer: Transfer) -> list[Manifest]:
    """The variables that say what to do in an object store, and those with the credentials for it."""
    env = [_orders(transfer)]
    for key, optional in _CREDENTIALS.items():
        reference = {"name": transfer.secret, "key": key, **({"optional": True} if optional else {})}
        env.append({"name": key, "valueFrom": {"secretKeyRef": reference}})
    return env


def _orders(transfer: Transfer) -> Manifest:
    return {"name": VARIABLE, "value": transfer.text().replace("$", "$$")}


def courier_container(
    verb: str, image: str, env: list[Manifest], resources: Manifest, mounts: list[Manifest]
) -> Manifest:
    """A container that runs one verb of the courier."""
    return {
        "name": verb,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python", "-m", "penstock.courier", verb],
        "env": env,
        "resources": resources,
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": mounts,
    }


def courier_resources(step: Manifest) -> Manifest:
    """Resources of a container beside a step's: it states what the step states, as a quota may ask every container to.

    No more is requested than by the step, and the limit is no lower than its own work needs.
    """
    limits = step.get("limits") or {}
    asked = {**limits, **(step.get("requests") or {})}
    requests = {name: _least(asked[name], most) for name, most in COURIER_REQUESTS.items() if name in asked}
    bounds = {name: _most(limits[name], least) for name, least in COURIER_LIMITS.items() if name in limits}
    return {key: value for key, value in (("requests", requests), ("limits", bounds)) if value}


def _least(one: str, other: str) -> str:
    return one if quantities.parse(one) <= quantities.parse(other) else other


def _most(one: str, other: str) -> str:
    return one if quantities.parse(one) >= quantities.parse(other) else other
