"""Views of nodes, quotas, pods and Jobs as raw objects give them: what there is, and who holds it."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from penstock.api import quantities
from penstock.core import labels
from penstock.core.admission.capacity import Holding, NodeView, Quota, Range, ScopeRule
from penstock.core.admission.shapes import NO_CONSTRAINTS, Amounts, Shape, Taint, pod_constraints, shape
from penstock.core.clock import instant
from penstock.core.graph.ranks import DEFAULT_DURATION
from penstock.core.holders import Kind, Owner, step_owner
from penstock.core.seen.reading import owner_uid
from penstock.core.seen.views import STEP_CONTAINER, Object

_amount = lru_cache(maxsize=4096)(quantities.parse)


def amounts(given: Mapping[str, Any] | None) -> dict[str, int]:
    """Quantities in milli-units. Raises ValueError with the resource for one that is no quantity, or negative."""
    found = {}
    for name, text in (given or {}).items():
        try:
            found[name] = _amount(str(text))
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    return found


def node_view(obj: Object) -> NodeView:
    """The view of a Node. Raises ValueError if it states amounts that are no quantities."""
    meta, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    allocatable, capacity = amounts(status.get("allocatable")), amounts(status.get("capacity"))
    # A device plugin that restarts takes allocatable to 0 for a while: no reason to say that a step never fits.
    devices = {name: max(amount, allocatable.get(name, 0)) for name, amount in capacity.items() if "/" in name}
    ready = {one["type"]: one["status"] for one in status.get("conditions") or ()}.get("Ready", "True")
    unusable = "cordoned" if spec.get("unschedulable") else "" if ready == "True" else "not ready"
    return NodeView(
        meta["name"],
        allocatable,
        {**allocatable, **devices},
        dict(meta.get("labels") or {}),
        tuple(Taint(one["key"], one.get("value") or "", one["effect"]) for one in spec.get("taints") or ()),
        unusable,
    )


def quota_view(obj: Object) -> Quota:
    """The view of a ResourceQuota; before its controller has filled in the status, nothing counts as used."""
    meta, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    rules = [ScopeRule(scope) for scope in spec.get("scopes") or ()]
    rules += [
        ScopeRule(one["scopeName"], one.get("operator") or "Exists", tuple(one.get("values") or ()))
        for one in (spec.get("scopeSelector") or {}).get("matchExpressions") or ()
    ]
    return Quota(meta["namespace"], meta["name"], amounts(spec.get("hard")), amounts(status.get("used")), tuple(rules))


def range_view(obj: Object) -> Range:
    """The view of a LimitRange: what it says about containers."""
    meta = obj["metadata"]
    items = [one for one in (obj.get("spec") or {}).get("limits") or () if one.get("type") == "Container"]
    merged = {key: {n: a for one in items for n, a in (one.get(key) or {}).items()} for key in _RANGE_KEYS}
    return Range(meta["namespace"], meta["name"], *(amounts(merged[key]) for key in _RANGE_KEYS))


_RANGE_KEYS = ("default", "defaultRequest", "min", "max")


@dataclass(frozen=True, slots=True)
class PodHold:
    """A pod as the ledger keeps it. `holding` is None once it has ended and holds nothing."""

    job: str | None
    holding: Holding | None


@dataclass(frozen=True, slots=True)
class JobHold:
    """A live Job of Penstock: how many pods it will have, and what each asks for."""

    holding: Holding
    pods: int


def pod_hold(obj: Object) -> PodHold:
    """What a pod holds, Penstock's or foreign. Raises ValueError if its requests are no quantities."""
    meta, spec, status = obj["metadata"], obj["spec"], obj.get("status") or {}
    job = owner_uid(obj, "Job")
    if status.get("phase") in ("Succeeded", "Failed"):
        return PodHold(job, None)
    node = spec.get("nodeName")
    containers = (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ()))
    states = {one["name"]: one.get("state") or {} for one in containers}
    running = (states.get(STEP_CONTAINER) or {}).get("running") or {}
    start = instant(running.get("startedAt") or meta.get("creationTimestamp")) or 0.0
    return PodHold(job, _holding(meta, spec, node, start, charged=True))


def job_hold(obj: Object) -> JobHold | Owner:
    """What a Job of Penstock will hold; of one that is over, suspended or going, and so holds nothing, who it is."""
    meta, spec = obj["metadata"], obj["spec"]
    conditions = (obj.get("status") or {}).get("conditions") or ()
    over = any(one["type"] in ("Complete", "Failed") and one["status"] == "True" for one in conditions)
    if over:
        return Owner(sys.intern(meta["namespace"]), sys.intern(meta["name"]), Kind.JOB)
    if spec.get("suspend") or "deletionTimestamp" in meta:
        return _owner(meta, own=True)
    start = instant(meta.get("creationTimestamp")) or 0.0
    template = spec["template"]
    described = {**meta, "annotations": {**(meta.get("annotations") or {}), **_annotations(template)}}
    return JobHold(_holding(described, template["spec"], None, start, charged=False), spec.get("parallelism") or 1)


def _annotations(obj: Object) -> Mapping[str, str]:
    return (obj.get("metadata") or {}).get("annotations") or {}


def _holding(meta: Object, spec: Object, node: str | None, start: float, charged: bool) -> Holding:
    own = (meta.get("labels") or {}).get(labels.MANAGED_BY) == labels.PENSTOCK
    end = start + _estimate(meta) if own else None
    claims = [one["persistentVolumeClaim"]["claimName"] for one in spec.get("volumes") or () if _is_claim(one)]
    return Holding(
        _owner(meta, own),
        _shape(meta["namespace"], spec, placed=node is not None),
        node,
        start,
        end,
        own,
        charged,
        claims=tuple(f"{meta['namespace']}/{claim}" for claim in claims),
        hint=() if node else tuple(_hint(spec)),
    )


def _hint(spec: Object) -> Iterator[str]:
    """The nodes that the pod prefers by name, as core/pod/jobs.py writes it."""
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    for term in affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or ():
        for field in term["preference"].get("matchFields") or ():
            if (field["key"], field["operator"]) == ("metadata.name", "In"):
                yield from field["values"]


def _is_claim(volume: Object) -> bool:
    return bool(volume.get("persistentVolumeClaim"))


def _estimate(meta: Object) -> float:
    try:
        return max(0.0, float((meta.get("annotations") or {})[labels.ESTIMATE]))
    except (KeyError, ValueError):
        return DEFAULT_DURATION


def _owner(meta: Object, own: bool) -> Owner:
    found = meta.get("labels") or {}
    if own and labels.STEP in found:
        index = found.get(labels.INDEX)
        path = f"{found[labels.STEP]}.{index}" if index else found[labels.STEP]
        owner = step_owner(meta["namespace"], found.get(labels.PIPELINE, ""), path)
    else:
        owner = Owner(meta["namespace"], meta["name"], Kind.POD)
    return Owner(sys.intern(owner.namespace), sys.intern(owner.name), owner.kind)


def _shape(namespace: str, spec: Object, placed: bool) -> Shape:
    constraints = NO_CONSTRAINTS if placed else pod_constraints(spec)
    deadline = spec.get("activeDeadlineSeconds") is not None
    limits: dict[str, int] = {}
    for container in spec.get("containers") or ():
        _add(limits, amounts((container.get("resources") or {}).get("limits")))
    priority = spec.get("priorityClassName") or ""
    return shape(namespace, _requests(spec), limits, 1, constraints, deadline, priority)


def _requests(spec: Object) -> dict[str, int]:
    """What kube-scheduler counts for a pod: containers and sidecars together, or the largest init container.

    See Kubernetes' "Pod overhead", "Sidecar containers" and KEP-2837 (resources of the whole pod).
    """
    total: dict[str, int] = {}
    for container in spec.get("containers") or ():
        _add(total, _asked(container))
    sidecars: dict[str, int] = {}
    most: dict[str, int] = {}
    for container in spec.get("initContainers") or ():
        asked = _asked(container)
        if container.get("restartPolicy") == "Always":
            _add(sidecars, asked)
            asked = {}
        for name in asked.keys() | sidecars.keys():
            most[name] = max(most.get(name, 0), asked.get(name, 0) + sidecars.get(name, 0))
    _add(total, sidecars)
    total = {name: max(total.get(name, 0), most.get(name, 0)) for name in total.keys() | most.keys()}
    total.update(_asked(spec))
    _add(total, amounts(spec.get("overhead")))
    return total


def _asked(container: Object) -> dict[str, int]:
    resources = container.get("resources") or {}
    return {**amounts(resources.get("limits")), **amounts(resources.get("requests"))}


def _add(total: dict[str, int], more: Amounts) -> None:
    for name, amount in more.items():
        total[name] = total.get(name, 0) + amount
