"""The Job of an attempt. Runs under Pod Security `restricted`; see SECURITY.md for what that means to a step."""

from collections.abc import Mapping
from typing import Any

from penstock.api import quantities
from penstock.api.base import Json, Model
from penstock.core import labels
from penstock.core.artifacts import SCHEME, claim_name, claim_path, directory
from penstock.core.decide import Ready
from penstock.core.graph import Graph, Work
from penstock.core.observed import STEP_CONTAINER
from penstock.core.step_manifests import child_labels, owner_reference
from penstock.core.values import text
from penstock.core.wire import variable_name

USER = 65532
"""User and group that steps run as unless they say otherwise."""

OUTPUTS_FILE = "/dev/termination-log"
INPUT_MOUNT = "/penstock/inputs"
OUTPUT_MOUNT = "/penstock/outputs"
ARTIFACT_VOLUME = "penstock-artifacts"
GRACE_SECONDS = 30


def job_manifest(graph: Graph, ready: Ready, pipeline: tuple[str, str] | None) -> dict[str, Any]:
    """The Job that runs an attempt. `pipeline`: name and uid of the Pipeline; None for a Step on its own."""
    node, step, facts, work = ready.node, ready.step, ready.facts, ready.node.task.work
    name = name_of(ready)
    owner = pipeline[0] if pipeline else ""
    metadata = {**child_labels(owner, node), labels.ATTEMPT: str(ready.attempt)}
    if not pipeline:
        del metadata[labels.PIPELINE]
    annotations = {
        labels.RUN: str(facts.run),
        labels.FINGERPRINT: facts.fingerprint,
        labels.ROUND: str(facts.round),
        labels.REVISION: str(facts.revision),
    }
    if facts.producers:
        annotations[labels.PRODUCERS] = facts.producers
    if ready.purpose != "run":
        annotations[labels.PURPOSE] = ready.purpose
    spec: dict[str, Any] = {
        "backoffLimit": 0,
        "completions": work.replicas,
        "parallelism": work.replicas,
        "template": {
            "metadata": {
                "labels": {**(work.pod.labels or {}), **metadata},
                **({"annotations": work.pod.annotations} if work.pod.annotations else {}),
            },
            "spec": _pod(graph, ready, pipeline, name),
        },
    }
    if work.replicas > 1:
        spec["completionMode"] = "Indexed"
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "namespace": step.namespace,
            "labels": metadata,
            "annotations": annotations,
            "ownerReferences": [owner_reference("Step", step.name, step.uid)],
        },
        "spec": spec,
    }


def name_of(ready: Ready) -> str:
    """Name of the Job of an attempt. Undos of a later round are Jobs of their own."""
    purpose = ready.purpose if ready.purpose == "run" else f"{ready.purpose}{ready.facts.round}"
    return labels.job_name(ready.step.name, ready.step.uid, ready.facts.run, ready.attempt, purpose)


def _pod(graph: Graph, ready: Ready, pipeline: tuple[str, str] | None, job: str) -> dict[str, Any]:
    work = ready.node.task.work
    options = work.pod
    volumes = [_plain(volume) for volume in options.volumes or ()]
    mounts = [_plain(mount) for mount in options.volume_mounts or ()]
    env, artifact_mounts = _artifacts(ready, pipeline)
    security: dict[str, Any] = {
        "runAsNonRoot": True,
        "runAsUser": options.run_as_user or USER,
        "runAsGroup": options.run_as_group or options.run_as_user or USER,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    if artifact_mounts or options.fs_group:
        security["fsGroup"] = options.fs_group or USER
        security["fsGroupChangePolicy"] = "OnRootMismatch"
    if artifact_mounts:
        assert pipeline is not None
        assert graph.settings.storage is not None
        claim = claim_name(graph.settings.storage, pipeline[0])
        volumes.append({"name": ARTIFACT_VOLUME, "persistentVolumeClaim": {"claimName": claim}})
    container = _container(ready, pipeline, env, mounts + artifact_mounts)
    pod: dict[str, Any] = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": options.service_account_name is not None,
        "enableServiceLinks": False,
        "securityContext": security,
        "containers": [container],
    }
    if volumes:
        pod["volumes"] = volumes
    if work.timeout:
        pod["activeDeadlineSeconds"] = max(1, round(work.timeout))
    if work.replicas > 1:
        pod["subdomain"] = job
    plain = {
        "serviceAccountName": options.service_account_name,
        "nodeSelector": options.node_selector,
        "tolerations": [_plain(one) for one in options.tolerations or ()],
        "affinity": options.affinity.model_dump(mode="json", by_alias=True, exclude_none=True)
        if isinstance(options.affinity, Model)
        else options.affinity,
        "imagePullSecrets": [{"name": name} for name in options.image_pull_secrets or ()],
        "runtimeClassName": options.runtime_class_name,
        "priorityClassName": options.priority_class_name,
    }
    pod.update({key: value for key, value in plain.items() if value})
    return pod


def _container(
    ready: Ready, pipeline: tuple[str, str] | None, env: list[dict[str, Any]], mounts: list[dict[str, Any]]
) -> dict[str, Any]:
    work, step = ready.node.task.work, ready.step
    command, args = command_line(work)
    given = [_plain(variable) for variable in work.env]
    own = [
        {"name": "PENSTOCK_PIPELINE", "value": pipeline[0] if pipeline else ""},
        {"name": "PENSTOCK_STEP", "value": ready.node.path},
        {"name": "PENSTOCK_ATTEMPT", "value": str(ready.attempt)},
        {"name": "PENSTOCK_NAMESPACE", "value": step.namespace},
        {"name": "PENSTOCK_OUTPUTS", "value": OUTPUTS_FILE},
    ]
    if "HOME" not in {variable["name"] for variable in given}:
        own.append({"name": "HOME", "value": "/tmp"})  # noqa: S108 - the step's own, in its container
    container: dict[str, Any] = {
        "name": STEP_CONTAINER,
        "image": work.image,
        "env": own + _gang(ready) + env + given,
        "resources": pod_resources(work, ready.memory_growths),
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    plain = {
        "command": command,
        "args": args,
        "workingDir": work.working_dir,
        "envFrom": [_plain(source) for source in work.env_from],
        "volumeMounts": mounts,
        "imagePullPolicy": work.pod.image_pull_policy,
    }
    container.update({key: value for key, value in plain.items() if value})
    return container


def command_line(work: Work) -> tuple[list[str] | None, list[str] | None]:
    """Command and args. A script becomes the interpreter's last element, each `$` doubled for kubelet to undo."""
    args = list(work.args) if work.args is not None else None
    if work.script is None:
        return (list(work.command) if work.command is not None else None), args
    return [*work.interpreter, work.script.replace("$", "$$")], args


def _gang(ready: Ready) -> list[dict[str, Any]]:
    work = ready.node.task.work
    if work.replicas == 1:
        return []
    name = name_of(ready)
    hosts = ",".join(f"{name}-{number}.{name}" for number in range(work.replicas))
    index = "metadata.annotations['batch.kubernetes.io/job-completion-index']"
    return [
        {"name": "PENSTOCK_REPLICA", "valueFrom": {"fieldRef": {"fieldPath": index}}},
        {"name": "PENSTOCK_REPLICAS", "value": str(work.replicas)},
        {"name": "PENSTOCK_HOSTS", "value": hosts},
    ]


def gang_service(ready: Ready, pipeline: str | None) -> dict[str, Any] | None:
    """The headless Service that gives the pods of a gang stable names; None for a step of one pod."""
    if ready.node.task.work.replicas == 1:
        return None
    name = name_of(ready)
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": name,
            "namespace": ready.step.namespace,
            "labels": {k: v for k, v in child_labels(pipeline or "", ready.node).items() if v},
            "ownerReferences": [owner_reference("Step", ready.step.name, ready.step.uid)],
        },
        "spec": {
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
            "selector": {"batch.kubernetes.io/job-name": name},
        },
    }


def _artifacts(ready: Ready, pipeline: tuple[str, str] | None) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Variables for inputs and outputs, and the mounts of artifacts. kubelet makes the directory of a subPath."""
    task, node = ready.node.task, ready.node
    env: list[dict[str, Any]] = []
    mounts: list[dict[str, Any]] = []
    for wired in task.inputs:
        value = ready.values[wired.name]
        variable = f"INPUT_{variable_name(wired.name)}"
        if wired.type == "Artifact":
            value = _mount(mounts, wired.name, value)
        env.append({"name": variable, "value": text(value).replace("$", "$$")})
    for name, made in ready.produced.items():
        if isinstance(made, str) and made.startswith(SCHEME):
            made = _mount(mounts, name, made, OUTPUT_MOUNT)
        env.append({"name": f"OUTPUT_{variable_name(name)}", "value": text(made).replace("$", "$$")})
    outputs = [output.name for output in task.work.outputs if output.type.value == "Artifact"]
    if not outputs or pipeline is None:
        return env, mounts
    place = directory(pipeline[0], pipeline[1], node.path, ready.facts.run, ready.attempt)
    mounts.append({"name": ARTIFACT_VOLUME, "mountPath": OUTPUT_MOUNT, "subPath": place})
    env += [{"name": f"OUTPUT_{variable_name(name)}", "value": f"{OUTPUT_MOUNT}/{name}"} for name in outputs]
    return env, mounts


def _mount(mounts: list[dict[str, Any]], name: str, value: Json, where: str = INPUT_MOUNT) -> Json:
    """Mounts what an input refers to, read-only; returns the path or paths in the container."""
    if isinstance(value, list):
        return [_mount(mounts, f"{name}/{number}", item, where) for number, item in enumerate(value)]
    if not isinstance(value, str):
        return None
    _, path = claim_path(value)
    target = f"{where}/{name}"
    mounts.append({"name": ARTIFACT_VOLUME, "mountPath": target, "subPath": path, "readOnly": True})
    return target


def pod_resources(work: Work, memory_growths: int = 0) -> dict[str, Any]:
    """Requests and limits of the container; memory and extended resources are limited to the request."""
    requests = {name: str(amount) for name, amount in (work.resources.requests or {}).items()}
    limits = {name: str(amount) for name, amount in (work.resources.limits or {}).items()}
    for name, amount in requests.items():
        if name == "memory" or "/" in name:
            limits.setdefault(name, amount)
    growth = work.retry.memory
    if growth and memory_growths:
        for amounts in (requests, limits):
            if "memory" in amounts:
                grown = round(quantities.parse(amounts["memory"]) * growth.factor**memory_growths)
                bytes_wanted = min(grown, max(quantities.parse(growth.max), quantities.parse(amounts["memory"])))
                amounts["memory"] = str(-(-bytes_wanted // quantities.MILLI))
    return {key: value for key, value in (("requests", requests), ("limits", limits)) if value}


def pod_requests(work: Work, memory_growths: int = 0) -> Mapping[str, int]:
    """What one pod asks for, in milli-units by resource; extended resources with only a limit count as requested."""
    resources = pod_resources(work, memory_growths)
    amounts = {**resources.get("limits", {}), **resources.get("requests", {})}
    return {name: quantities.parse(amount) for name, amount in amounts.items()}


def claim_manifest(graph: Graph, name: str, namespace: str, uid: str) -> dict[str, Any] | None:
    """The claim for artifacts that the Pipeline asks the operator to create; None if it asks for none."""
    storage = graph.settings.storage
    if storage is None or storage.claim is None:
        return None
    claim = storage.claim
    spec: dict[str, Any] = {
        "accessModes": claim.access_modes or ["ReadWriteOnce"],
        "resources": {"requests": {"storage": str(claim.size)}},
    }
    if claim.storage_class_name:
        spec["storageClassName"] = claim.storage_class_name
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "name": claim_name(storage, name),
            "namespace": namespace,
            "labels": {labels.MANAGED_BY: labels.PENSTOCK, labels.PIPELINE: name},
            "ownerReferences": [owner_reference("Pipeline", name, uid)],
        },
        "spec": spec,
    }


def _plain(model: Model) -> dict[str, Any]:
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)
