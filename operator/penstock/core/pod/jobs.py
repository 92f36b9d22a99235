"""The Job of an attempt. Runs under Pod Security `restricted`; see SECURITY.md for what that means to a step."""

from collections.abc import Mapping
from typing import Any

from penstock.api.base import Json, Model
from penstock.api.pods import PodOptions
from penstock.core import labels, names
from penstock.core.graph.graph import Graph, Work
from penstock.core.graph.requests import pod_requests, pod_resources
from penstock.core.graph.spread import spread
from penstock.core.graph.wire import variable_name
from penstock.core.pod import trace
from penstock.core.pod.artifacts import claim_name
from penstock.core.pod.marks import child_labels, owner_reference
from penstock.core.pod.mounts import carried
from penstock.core.pod.ready import Ready
from penstock.core.seen.views import RUN, STEP_CONTAINER
from penstock.core.values import text

USER = 65532
"""User and group that steps run as unless they say otherwise."""

OUTPUTS_FILE = "/dev/termination-log"

MOST_HINTED = 16
"""Nodes that a pod is told to prefer at most: a gang on more of them has no whole nodes to keep free for others."""


def job_manifest(graph: Graph, ready: Ready, pipeline: tuple[str, str] | None, courier: str) -> dict[str, Any]:
    """The Job that runs an attempt. `pipeline`: name and uid of the Pipeline; None for a Step on its own.

    `courier`: image of the containers that move artifacts from and to an object store.
    """
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
    if ready.purpose != RUN:
        annotations[labels.PURPOSE] = ready.purpose
    queue = graph.settings.queue_name
    if queue:
        metadata[labels.QUEUE] = queue
    pod = _pod(graph, ready, pipeline, courier)
    gang = {labels.GANG: domain_of(ready)} if work.replicas > 1 else {}
    notes = dict(work.pod.annotations or {})
    if ready.estimate is not None:
        notes[labels.ESTIMATE] = f"{ready.estimate:.0f}"
    if "initContainers" in pod:
        notes.setdefault("kubectl.kubernetes.io/default-container", STEP_CONTAINER)
    spec: dict[str, Any] = {
        "backoffLimit": 0,
        "completions": work.replicas,
        "parallelism": work.replicas,
        "template": {
            "metadata": {
                "labels": {**(work.pod.labels or {}), **metadata, **gang},
                **({"annotations": notes} if notes else {}),
            },
            "spec": pod,
        },
    }
    if queue:
        spec["suspend"] = True
        spec["podReplacementPolicy"] = "Failed"  # once resumed, no second pod runs beside one that is still ending
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
    purpose = ready.purpose if ready.purpose == RUN else f"{ready.purpose}{ready.facts.round}"
    return names.job_name(ready.step.name, ready.step.uid, ready.facts.run, ready.attempt, purpose)


def domain_of(ready: Ready) -> str:
    """Name of the Service, and so of the domain, in which the pods of a gang have their names."""
    return names.service_name(ready.step.name, ready.step.uid)


def _pod(graph: Graph, ready: Ready, pipeline: tuple[str, str] | None, courier: str) -> dict[str, Any]:
    work = ready.node.task.work
    options = work.pod
    resources = pod_resources(work, ready.memory_growths)
    artifacts = carried(ready, pipeline, graph.settings.storage, resources, courier)
    volumes = [_plain(volume) for volume in options.volumes or ()] + artifacts.volumes
    mounts = [_plain(mount) for mount in options.volume_mounts or ()] + artifacts.mounts
    security = pod_security(options, artifacts=bool(artifacts.mounts))
    inputs = {name: artifacts.inputs.get(name, value) for name, value in ready.values.items()}
    env = _variables(inputs, {**ready.produced, **artifacts.outputs})
    step = _container(ready, pipeline, (inputs, env), mounts, resources)
    containers = [*artifacts.before, step, *artifacts.after]
    pod: dict[str, Any] = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": options.service_account_name is not None,
        "enableServiceLinks": False,
        "securityContext": security,
        "containers": containers[-1:],
    }
    if len(containers) > 1:
        pod["initContainers"] = containers[:-1]
    if volumes:
        pod["volumes"] = volumes
    if work.timeout is not None:
        pod["activeDeadlineSeconds"] = max(1, round(work.timeout))
    if work.replicas > 1:
        pod["subdomain"] = domain_of(ready)
    plain = {
        "serviceAccountName": options.service_account_name,
        "nodeSelector": options.node_selector,
        "tolerations": [_plain(one) for one in options.tolerations or ()],
        "affinity": _affinity(ready),
        "imagePullSecrets": [{"name": name} for name in options.image_pull_secrets or ()],
        "runtimeClassName": options.runtime_class_name,
        "priorityClassName": options.priority_class_name,
    }
    pod.update({key: value for key, value in plain.items() if value})
    return pod


def _affinity(ready: Ready) -> dict[str, Any]:
    """The user's own affinity, and a preference for the nodes that admission chose.

    kube-scheduler spreads pods; where it put one GPU on a node that admission keeps whole for a larger step, that step
    would wait although it was said to fit. Only a preference: if the node is taken meanwhile, another one will do.
    """
    work = ready.node.task.work
    affinity = _plain(work.pod.affinity) if work.pod.affinity else {}
    if not 0 < len(ready.nodes) <= MOST_HINTED or not any("/" in name for name in pod_requests(work)):
        return affinity
    near = affinity.setdefault("nodeAffinity", {})
    near["preferredDuringSchedulingIgnoredDuringExecution"] = [
        *near.get("preferredDuringSchedulingIgnoredDuringExecution", ()),
        *({"weight": 100, "preference": {"matchFields": [_named(name)]}} for name in ready.nodes),
    ]
    return affinity


def _named(node: str) -> dict[str, Any]:
    return {"key": "metadata.name", "operator": "In", "values": [node]}


def pod_security(options: PodOptions, artifacts: bool) -> dict[str, Any]:
    """Security context of a pod, with the group that artifacts are shared through if there are any."""
    security: dict[str, Any] = {
        "runAsNonRoot": True,
        "runAsUser": options.run_as_user or USER,
        "runAsGroup": options.run_as_group or options.run_as_user or USER,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    if artifacts or options.fs_group:
        security["fsGroup"] = options.fs_group or USER
        security["fsGroupChangePolicy"] = "OnRootMismatch"
    return security


def _container(
    ready: Ready,
    pipeline: tuple[str, str] | None,
    seen: tuple[Mapping[str, Json], list[dict[str, Any]]],
    mounts: list[dict[str, Any]],
    resources: dict[str, Any],
) -> dict[str, Any]:
    work, step = ready.node.task.work, ready.step
    inputs, env = seen
    command, args = command_line(work, inputs)
    given = [_plain(variable) for variable in work.env]
    known = {variable["name"] for variable in given}
    own = [
        {"name": "PENSTOCK_PIPELINE", "value": pipeline[0] if pipeline else ""},
        {"name": "PENSTOCK_STEP", "value": ready.node.path},
        {"name": "PENSTOCK_ATTEMPT", "value": str(ready.attempt)},
        {"name": "PENSTOCK_NAMESPACE", "value": step.namespace},
        {"name": "PENSTOCK_OUTPUTS", "value": OUTPUTS_FILE},
    ]
    if trace.VARIABLE not in known:
        own.append({"name": trace.VARIABLE, "value": trace_of(ready, pipeline)})
    if "HOME" not in known:
        own.append({"name": "HOME", "value": "/tmp"})  # noqa: S108 - the step's own, in its container
    container: dict[str, Any] = {
        "name": STEP_CONTAINER,
        "image": work.image,
        "env": own + _gang(ready) + env + given,
        "resources": resources,
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


def trace_of(ready: Ready, pipeline: tuple[str, str] | None) -> str:
    """Where in which trace an attempt is, as its container is told."""
    step, facts = ready.step, ready.facts
    round_ = trace.trace_id(pipeline[1] if pipeline else step.uid, facts.round)
    return trace.traceparent(round_, trace.span_id(step.uid, facts.run, ready.attempt, ready.purpose))


def command_line(work: Work, inputs: Mapping[str, Json]) -> tuple[list[str] | None, list[str] | None]:
    """Command and args. A script becomes the interpreter's last element, each `$` doubled for kubelet to undo."""
    args = spread(work.args, inputs) if work.args is not None else None
    if work.script is None:
        return (list(work.command) if work.command is not None else None), args
    return [*work.interpreter, work.script.replace("$", "$$")], args


def _gang(ready: Ready) -> list[dict[str, Any]]:
    work = ready.node.task.work
    if work.replicas == 1:
        return []
    name, domain = name_of(ready), domain_of(ready)
    hosts = ",".join(f"{name}-{number}.{domain}" for number in range(work.replicas))
    index = "metadata.annotations['batch.kubernetes.io/job-completion-index']"
    return [
        {"name": "PENSTOCK_REPLICA", "valueFrom": {"fieldRef": {"fieldPath": index}}},
        {"name": "PENSTOCK_REPLICAS", "value": str(work.replicas)},
        {"name": "PENSTOCK_HOSTS", "value": hosts},
    ]


def gang_service(ready: Ready, pipeline: str | None) -> dict[str, Any] | None:
    """The headless Service that gives the pods of a gang stable names; None for a step of one pod.

    As in JobSet there is one for all attempts, and it goes with the Step: their pods have names of their own in it.
    """
    if ready.node.task.work.replicas == 1:
        return None
    name = domain_of(ready)
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
            "selector": {labels.GANG: name},
        },
    }


def _variables(inputs: Mapping[str, Json], outputs: Mapping[str, Json]) -> list[dict[str, Any]]:
    """INPUT_ and OUTPUT_ variables: values as they are, artifacts as their paths in the container."""
    found = {f"INPUT_{variable_name(name)}": value for name, value in inputs.items()}
    found |= {f"OUTPUT_{variable_name(name)}": value for name, value in outputs.items()}
    return [{"name": name, "value": text(value).replace("$", "$$")} for name, value in found.items()]


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
