"""What the API server in memory says that it serves."""

from typing import Any

GROUPS = {
    ("penstock.dev", "v1alpha1"): {
        "pipelines": "Pipeline",
        "steps": "Step",
        "components": "Component",
        "pipelineschedules": "PipelineSchedule",
    },
    ("batch", "v1"): {"jobs": "Job"},
    ("apps", "v1"): {"controllerrevisions": "ControllerRevision"},
    ("events.k8s.io", "v1"): {"events": "Event"},
    ("coordination.k8s.io", "v1"): {"leases": "Lease"},
    ("apiextensions.k8s.io", "v1"): {"customresourcedefinitions": "CustomResourceDefinition"},
    ("", "v1"): {
        "pods": "Pod",
        "services": "Service",
        "persistentvolumeclaims": "PersistentVolumeClaim",
        "namespaces": "Namespace",
        "events": "Event",
    },
}


def discover(parts: list[str]) -> dict[str, Any] | None:
    """The answer to a request for what there is; None if it asks for something else."""
    match parts:
        case ["api"]:
            return {"kind": "APIVersions", "versions": ["v1"]}
        case ["apis"]:
            return {
                "groups": [
                    {
                        "name": group,
                        "versions": [{"groupVersion": f"{group}/{version}", "version": version}],
                        "preferredVersion": {"groupVersion": f"{group}/{version}", "version": version},
                    }
                    for group, version in GROUPS
                    if group
                ]
            }
        case ["api", version] if ("", version) in GROUPS:
            return _resources("", version)
        case ["apis", group, version] if (group, version) in GROUPS:
            return _resources(group, version)
    return None


def _resources(group: str, version: str) -> dict[str, Any]:
    verbs = ["get", "list", "watch", "create", "update", "patch", "delete"]
    cluster_wide = ("namespaces", "customresourcedefinitions")
    return {
        "groupVersion": f"{group}/{version}" if group else version,
        "resources": [
            {
                "name": plural,
                "singularName": kind.lower(),
                "kind": kind,
                "namespaced": plural not in cluster_wide,
                "verbs": verbs,
            }
            for plural, kind in GROUPS[group, version].items()
        ],
    }
