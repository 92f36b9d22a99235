"""Builders of objects as the API server returns them; a test says only what matters to it."""

from typing import Any

Object = dict[str, Any]


def pipeline(name: str = "digits", steps: tuple[str, ...] = (), final: tuple[str, ...] = (), **status: Any) -> Object:
    spec: Object = {"steps": [{"name": one, "image": "i"} for one in steps or ("a",)]}
    if final:
        spec["finally"] = [{"name": one, "image": "i"} for one in final]
    return {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "Pipeline",
        "metadata": {
            "name": name,
            "namespace": "ml",
            "uid": f"uid-{name}",
            "generation": 1,
            "resourceVersion": "1",
            "creationTimestamp": "2026-01-01T00:00:00Z",
        },
        "spec": spec,
        "status": {"observedGeneration": 1, **status},
    }


def step(
    path: str, phase: str = "Pending", needs: tuple[str, ...] = (), owner: str = "digits", **status: Any
) -> Object:
    index = "-".join(part for part in path.split(".") if part.isdecimal())
    labels = {
        "penstock.dev/pipeline": owner,
        "penstock.dev/step": ".".join(part for part in path.split(".") if not part.isdecimal()),
    }
    if index:
        labels["penstock.dev/index"] = index
    return {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "Step",
        "metadata": {
            "name": f"{owner}.{path}",
            "namespace": "ml",
            "resourceVersion": "1",
            "labels": labels,
            "ownerReferences": [{"kind": "Pipeline", "name": owner}],
        },
        "spec": {"dependsOn": list(needs)},
        "status": {"phase": phase, **status},
    }


def pod(of: Object, attempt: int = 1, **labels: str) -> Object:
    own = {**of["metadata"].get("labels", {}), "penstock.dev/attempt": str(attempt), **labels}
    name = f"{of['metadata']['name'].replace('.', '-')}-{attempt}{''.join(labels.values())}"
    metadata = {"name": name, "namespace": "ml", "labels": own, "resourceVersion": "1"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata}


def attempt(number: int, **more: Any) -> Object:
    return {"number": number, "job": f"job-{number}", "node": "n1", **more}
