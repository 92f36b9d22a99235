"""What the pods on each node request, followed event by event: whether ever more than the node has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from penstock.api.quantities import parse
from tests.plane.api import PODS, Object

Amounts = Mapping[str, str]
"""Quantities by resource, as manifests have them."""


@dataclass(frozen=True)
class OverCommit:
    """A node whose pods asked for more than it has. Amounts in milli-units."""

    node: str
    resource: str
    requested: int
    allocatable: int


class Occupancy:
    """A pod holds what it requests from when it is bound to a node until it has ended or is gone.

    Events of one watch come in the order of the writes, and kube-scheduler binds a pod after it has seen the end of
    those in whose place it comes; so there is no instant between two events at which anything else is true.
    """

    def __init__(self, nodes: Mapping[str, Amounts]) -> None:
        self.nodes = {name: {key: parse(amount) for key, amount in has.items()} for name, has in nodes.items()}
        self.over: list[OverCommit] = []
        self.unschedulable: set[str] = set()
        """Pods (uid) that kube-scheduler found no room for, even if only for a moment."""
        self.placed: dict[str, str] = {}
        """The node that each pod was bound to, by the pod's uid; those that have ended included."""
        self.elsewhere: set[str] = set()
        """Pods (uid) that were bound to another node than they are told to prefer."""
        self._held: dict[str, dict[str, dict[str, int]]] = {name: {} for name in nodes}

    def take(self, collection: str, kind: str, item: Object) -> None:
        """An event of a watch; only those of pods count."""
        if collection != PODS:
            return
        uid, status = item["metadata"]["uid"], item.get("status") or {}
        for condition in status.get("conditions") or ():
            if (condition["type"], condition["status"], condition.get("reason")) == (
                "PodScheduled",
                "False",
                "Unschedulable",
            ):
                self.unschedulable.add(uid)
        node = item["spec"].get("nodeName")
        if not node:
            return
        self.placed[uid] = node
        preferred = _preferred(item)
        if preferred and node not in preferred:
            self.elsewhere.add(uid)
        held = self._held.setdefault(node, {})
        if kind == "DELETED" or status.get("phase") in ("Succeeded", "Failed"):
            held.pop(uid, None)
        elif uid not in held:
            held[uid] = _requests(item)
            self._check(node)

    def _check(self, node: str) -> None:
        has = self.nodes.get(node, {})
        total: dict[str, int] = {"pods": len(self._held[node]) * parse(1)}
        for requests in self._held[node].values():
            for name, amount in requests.items():
                total[name] = total.get(name, 0) + amount
        for name, amount in total.items():
            if amount > has.get(name, 0):
                self.over.append(OverCommit(node, name, amount, has.get(name, 0)))


def _requests(pod: Object) -> dict[str, int]:
    found: dict[str, int] = {}
    for container in pod["spec"]["containers"]:
        for name, amount in ((container.get("resources") or {}).get("requests") or {}).items():
            found[name] = found.get(name, 0) + parse(amount)
    return found


def _preferred(pod: Object) -> set[str]:
    """The nodes that the pod prefers by name: where admission took the room for it."""
    near = (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    terms = [term["preference"] for term in near.get("preferredDuringSchedulingIgnoredDuringExecution") or ()]
    fields = [field for term in terms for field in term.get("matchFields") or () if field["key"] == "metadata.name"]
    return {name for field in fields for name in field["values"]}
