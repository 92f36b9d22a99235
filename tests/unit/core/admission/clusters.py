"""Small builders of nodes, demands and what runs; a case shows only what matters."""

from collections.abc import Mapping
from typing import Any

from penstock.api import quantities
from penstock.core.admission.capacity import Holding, NodeView, Quota
from penstock.core.admission.demands import Demand
from penstock.core.admission.shapes import NO_CONSTRAINTS, Constraints, Taint, shape
from penstock.core.holders import Kind, Owner

NOW = 1_800_000_000.0
GPU = "nvidia.com/gpu"
NAMES = {"gpu": GPU}


def milli(given: Mapping[str, Any]) -> dict[str, int]:
    """Amounts in milli-units; `gpu` stands for nvidia.com/gpu."""
    return {NAMES.get(name, name): quantities.parse(amount) for name, amount in given.items()}


def node(
    name: str = "a", labels: dict[str, str] | None = None, taint: str = "", unusable: str = "", **amounts: Any
) -> NodeView:
    """A node with these amounts; `taint` is `key=value:effect`."""
    taints: tuple[Taint, ...] = ()
    if taint:
        key, _, rest = taint.partition("=")
        value, _, effect = rest.partition(":")
        taints = (Taint(key, value, effect),)
    return NodeView(name, milli(amounts), milli(amounts), labels or {}, taints, unusable)


def want(
    name: str,
    *,
    pipeline: str = "p",
    namespace: str = "ns",
    priority: int = 0,
    rank: float = 1.0,
    since: float = NOW - 10,
    duration: float = 60.0,
    replicas: int = 1,
    constraints: Constraints = NO_CONSTRAINTS,
    claim: str = "",
    fitted: bool = False,
    limits: Mapping[str, Any] | None = None,
    **amounts: Any,
) -> Demand:
    """A demand for these amounts."""
    asked = shape(namespace, milli(amounts), milli(limits or {}), replicas, constraints, claim=claim)
    return Demand((namespace, pipeline, name), asked, priority, rank, since, duration, fitted)


def held(
    owner: str, on: str | None = "a", until: float | None = 60.0, namespace: str = "ns", pods: int = 1, **amounts: Any
) -> Holding:
    """What runs: for so many seconds more, or until nobody knows when. `pod x` is none of Penstock's."""
    end = None if until is None else NOW + until
    own = not owner.startswith("pod ")
    who = Owner(namespace, owner.removeprefix("pod "), Kind.STEP if own else Kind.POD)
    return Holding(who, shape(namespace, milli(amounts)), on, NOW - 60, end, own, pods=pods)


def quota(hard: Mapping[str, Any], used: Mapping[str, Any] | None = None, namespace: str = "ns") -> Quota:
    """A ResourceQuota named q."""
    return Quota(namespace, "q", milli(hard), milli(used or {}))
