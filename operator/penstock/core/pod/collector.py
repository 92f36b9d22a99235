"""The Job that removes artifacts which nothing refers to any more."""

from typing import Any

from penstock.api.pods import PodOptions
from penstock.api.storage import Storage
from penstock.core import labels, names
from penstock.core.graph.graph import Graph
from penstock.core.pod.artifacts import claim_name, outputs_of
from penstock.core.pod.jobs import pod_security
from penstock.core.pod.marks import owner_reference
from penstock.core.pod.mounts import CLAIM_VOLUME, courier_container, store_variables
from penstock.core.pod.transfer import DIRECTORY_VARIABLE, Collection, Transfer
from penstock.core.seen.views import PipelineView

VERB = "collect"
MOUNT = "/penstock/store"
LONGEST = 3600
REMEMBERED = 600
"""Seconds that it may run, and that it stays to be looked at."""

_RESOURCES = {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "1", "memory": "256Mi"}}


def collector(graph: Graph, pipeline: PipelineView, what: Collection, courier: str) -> dict[str, Any]:
    """The Job, named after the round. The label managed-by is for the Jobs of Steps, which the operator watches."""
    storage = graph.settings.storage
    assert storage is not None
    name = names.job_name(pipeline.name, pipeline.uid, pipeline.status.get("round") or 0, 1, VERB)
    marks = {labels.PIPELINE: pipeline.name, labels.PURPOSE: VERB}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "namespace": pipeline.namespace,
            "labels": marks,
            "ownerReferences": [owner_reference("Pipeline", pipeline.name, pipeline.uid)],
        },
        "spec": {
            "backoffLimit": 2,
            "activeDeadlineSeconds": LONGEST,
            "ttlSecondsAfterFinished": REMEMBERED,
            "template": {
                "metadata": {"labels": marks},
                "spec": _pod(storage, _options(graph), pipeline.name, what, courier),
            },
        },
    }


def _options(graph: Graph) -> PodOptions:
    """Those of a step that writes artifacts: it ran as a user that may remove them, and where the claim is."""
    return next((task.work.pod for task in graph.tasks.values() if outputs_of(task.work)), PodOptions())


def _pod(storage: Storage, options: PodOptions, pipeline: str, what: Collection, courier: str) -> dict[str, Any]:
    env: list[dict[str, Any]] = [{"name": name, "value": text} for name, text in what.variables().items()]
    mounts: list[dict[str, Any]] = []
    volumes: list[dict[str, Any]] = []
    if storage.object_store:
        store = storage.object_store
        env += store_variables(Transfer(store.uri, store.endpoint, store.secret_name))
    else:
        env.append({"name": DIRECTORY_VARIABLE, "value": MOUNT})
        mounts.append({"name": CLAIM_VOLUME, "mountPath": MOUNT})
        claim = {"claimName": claim_name(storage, pipeline)}
        volumes.append({"name": CLAIM_VOLUME, "persistentVolumeClaim": claim})
    pod: dict[str, Any] = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pod_security(options, artifacts=bool(volumes)),
        "containers": [courier_container(VERB, courier, env, _RESOURCES, mounts)],
    }
    plain = {
        "volumes": volumes,
        "nodeSelector": options.node_selector,
        "tolerations": [
            one.model_dump(mode="json", by_alias=True, exclude_none=True) for one in options.tolerations or ()
        ],
        "imagePullSecrets": [{"name": name} for name in options.image_pull_secrets or ()],
    }
    return pod | {key: value for key, value in plain.items() if value}
