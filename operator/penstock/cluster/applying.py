"""Applies manifests as `kubectl apply --server-side` does, and removes what a compiled Pipeline has left behind."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from penstock.cluster.api import COMPONENTS, PIPELINES, SCHEDULES, STEPS, Cluster, Object, Refused, Resource
from penstock.cluster.failure import Failure
from penstock.cluster.revisions import every
from penstock.core import labels
from penstock.core.names import label_value

CONFIG_MAPS = Resource("api/v1", "configmaps", "configmap")
RESOURCES: Mapping[str, Resource] = {
    "ConfigMap": CONFIG_MAPS,
    "Component": COMPONENTS,
    "Step": STEPS,
    "PipelineSchedule": SCHEDULES,
    "Pipeline": PIPELINES,
}
"""What can be applied, in the order in which it is: what is referred to first."""

COMPILED = ("Component", "ConfigMap")
"""What a Pipeline in Python consists of beside itself."""

MANAGER = "penstock"
APPLY_PATCH = "application/apply-patch+yaml"
CONFLICT = 409
_MANAGERS = re.compile(r'conflicts? with "([^"]+)"')


def apply(cluster: Cluster, manifest: Object, force: bool = False) -> str:
    """Applies a manifest; returns what that did, in kubectl's words: created, configured or unchanged.

    `force`: takes over fields that somebody else manages.
    """
    resource, meta = RESOURCES[manifest["kind"]], manifest["metadata"]
    path = resource.path(meta.get("namespace") or cluster.namespace, meta["name"])
    before = _version(cluster, path)
    try:
        after = _patch(cluster, path, manifest, force)
    except Refused as refused:
        if refused.status != CONFLICT:
            raise
        if set(_MANAGERS.findall(str(refused))) != {MANAGER}:
            hint = "; --force-conflicts takes the fields over"
            raise Failure(f"{resource.title(meta['name'])}: {refused}{hint}") from refused
        after = _patch(cluster, path, manifest, force=True)  # what our other verbs wrote, such as rollback
    if before is None:
        return "created"
    return "unchanged" if after["metadata"].get("resourceVersion") == before else "configured"


def _patch(cluster: Cluster, path: str, manifest: Object, force: bool) -> Object:
    query = {"fieldManager": MANAGER, "force": str(force).lower()}
    return cluster.json("PATCH", path, query, body=manifest, content_type=APPLY_PATCH)


def _version(cluster: Cluster, path: str) -> str | None:
    try:
        found: str = cluster.json("GET", path)["metadata"]["resourceVersion"]
    except Refused as refused:
        if refused.status != 404 or not refused.of_object:
            raise
        return None
    return found


def left_over(cluster: Cluster, kind: str, pipeline: Object, applied: Sequence[Object]) -> Iterator[str]:
    """What was compiled for a Pipeline before, and no kept revision of it refers to: Components or ConfigMaps."""
    meta = pipeline["metadata"]
    namespace = meta.get("namespace") or cluster.namespace
    mine = f"{labels.COMPILED_FOR}={label_value(meta['name'])}"
    names = {one["metadata"]["name"] for one in applied if one["kind"] == kind}
    found = [one["metadata"]["name"] for one in cluster.list(RESOURCES[kind], namespace, mine, names_only=True)]
    if set(found) <= names:
        return
    live = cluster.json("GET", PIPELINES.path(namespace, meta["name"]))
    for revision in every(cluster, namespace, meta["name"], live["metadata"]["uid"]):
        specs = (revision.spec, *revision.pins.values())
        names |= set(revision.pins) if kind == "Component" else set(chain.from_iterable(map(_config_maps, specs)))
    yield from (name for name in found if name not in names)


def _config_maps(spec: Any) -> Iterator[str]:
    """The names of all ConfigMaps that volumes somewhere in a spec are of."""
    if isinstance(spec, Mapping):
        if isinstance(given := spec.get("configMap"), Mapping) and isinstance(given.get("name"), str):
            yield given["name"]
        for value in spec.values():
            yield from _config_maps(value)
    elif isinstance(spec, list):
        for value in spec:
            yield from _config_maps(value)


def remove(cluster: Cluster, resource: Resource, name: str, namespace: str | None) -> None:
    """Deletes an object, if it is there."""
    try:
        cluster.json("DELETE", resource.path(namespace or cluster.namespace, name))
    except Refused as refused:
        if refused.status != 404:
            raise
