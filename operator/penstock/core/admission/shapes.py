"""The shape of a demand: what one pod asks for, how many of them, and which nodes may take them.

Equal shapes are one object, so that thousands of equal steps are decided together and compared by identity.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from penstock.api import quantities

Amounts = Mapping[str, int]
"""Amounts in milli-units by resource."""

PODS = "pods"
"""The resource that every pod takes one of."""


@dataclass(frozen=True, slots=True)
class Taint:
    """A taint of a node."""

    key: str
    value: str
    effect: str


@dataclass(frozen=True, slots=True)
class Toleration:
    """A core toleration; empty fields match everything."""

    key: str = ""
    operator: str = "Equal"
    value: str = ""
    effect: str = ""

    def tolerates(self, taint: Taint) -> bool:
        """Whether it tolerates the taint, as corev1.Toleration.ToleratesTaint defines it."""
        if self.effect and self.effect != taint.effect:
            return False
        if self.key and self.key != taint.key:
            return False
        if self.operator == "Exists":
            return True
        if self.operator in ("Lt", "Gt"):
            return _compare(self.operator, taint.value, self.value)
        return self.value == taint.value


@dataclass(frozen=True, slots=True)
class Requirement:
    """A condition on a label of a node, or on its name if `name` is set."""

    key: str
    operator: str
    values: tuple[str, ...] = ()
    name: bool = False

    def holds(self, labels: Mapping[str, str], name: str) -> bool:
        """Whether a node with these labels and this name meets it."""
        value = name if self.name else labels.get(self.key)
        match self.operator:
            case "In":
                return value in self.values
            case "NotIn":
                return value not in self.values
            case "Exists":
                return value is not None
            case "DoesNotExist":
                return value is None
            case _:
                return value is not None and _compare(self.operator, value, next(iter(self.values), ""))


def _compare(operator: str, value: str, bound: str) -> bool:
    try:
        return int(value) > int(bound) if operator == "Gt" else int(value) < int(bound)
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Constraints:
    """What a node must be like. `terms`: of these lists of requirements one must hold as a whole; None for any node."""

    selector: tuple[tuple[str, str], ...] = ()
    tolerations: tuple[Toleration, ...] = ()
    terms: tuple[tuple[Requirement, ...], ...] | None = None
    node: str | None = None

    def wants(self, name: str, labels: Mapping[str, str]) -> bool:
        """Whether a node of that name and with those labels is one of those meant, taints apart."""
        if self.node is not None and self.node != name:
            return False
        if any(labels.get(key) != value for key, value in self.selector):
            return False
        # An empty term matches nothing, as in corev1.
        return self.terms is None or any(term and all(one.holds(labels, name) for one in term) for term in self.terms)

    def untolerated(self, taints: Iterable[Taint]) -> Taint | None:
        """The first taint that keeps the pod off, or None."""
        for taint in taints:
            if taint.effect in ("NoSchedule", "NoExecute") and not any(t.tolerates(taint) for t in self.tolerations):
                return taint
        return None


NO_CONSTRAINTS = Constraints()


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """What equal demands have in common. Made by `shape()`, compared by identity.

    `requests` (with one `pods`) and `limits` are per pod; `deadline` and `priority_class` decide which scoped quotas
    count it; `claim` is a ReadWriteOnce claim that binds its pods to the node that has it.
    """

    namespace: str
    requests: Amounts
    limits: Amounts
    replicas: int
    constraints: Constraints
    deadline: bool
    priority_class: str
    claim: str

    @property
    def extended(self) -> tuple[str, ...]:
        """The extended resources it asks for, such as nvidia.com/gpu."""
        return tuple(name for name, amount in self.requests.items() if "/" in name and amount)


def shape(
    namespace: str,
    requests: Amounts,
    limits: Amounts | None = None,
    replicas: int = 1,
    constraints: Constraints = NO_CONSTRAINTS,
    deadline: bool = False,
    priority_class: str = "",
    claim: str = "",
) -> Shape:
    """The shape with these properties. Raises ValueError for a negative amount or fewer than one replica."""
    if replicas < 1:
        raise ValueError(f"replicas is {replicas}; at least one pod must run")
    for name, amount in (*requests.items(), *(limits or {}).items()):
        if amount < 0:
            raise ValueError(f"{name}: {quantities.render(name, amount)} is negative")
    return _interned(
        namespace,
        tuple(sorted({**requests, PODS: quantities.MILLI}.items())),
        tuple(sorted((limits or {}).items())),
        replicas,
        constraints,
        deadline,
        priority_class,
        claim,
    )


@lru_cache(maxsize=8192)
def _interned(
    namespace: str,
    requests: tuple[tuple[str, int], ...],
    limits: tuple[tuple[str, int], ...],
    replicas: int,
    constraints: Constraints,
    deadline: bool,
    priority_class: str,
    claim: str,
) -> Shape:
    frozen = MappingProxyType(dict(requests)), MappingProxyType(dict(limits))
    return Shape(namespace, *frozen, replicas, constraints, deadline, priority_class, claim)


def pod_constraints(spec: Mapping[str, Any], node: str | None = None) -> Constraints:
    """The constraints in a pod's spec as the API writes it. Pod affinity is left to kube-scheduler."""
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    terms = None
    if required is not None:
        terms = tuple(_term(term) for term in required.get("nodeSelectorTerms") or ())
    return Constraints(
        tuple(sorted((spec.get("nodeSelector") or {}).items())),
        tuple(
            Toleration(
                one.get("key") or "",
                one.get("operator") or "Equal",
                one.get("value") or "",
                one.get("effect") or "",
            )
            for one in spec.get("tolerations") or ()
        ),
        terms,
        node,
    )


def _term(term: Mapping[str, Any]) -> tuple[Requirement, ...]:
    on_labels = [(one, False) for one in term.get("matchExpressions") or ()]
    on_fields = [(one, True) for one in term.get("matchFields") or ()]
    return tuple(
        Requirement(one["key"], one["operator"], tuple(one.get("values") or ()), name)
        for one, name in on_labels + on_fields
    )
