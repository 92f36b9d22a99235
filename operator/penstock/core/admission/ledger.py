"""The ledger: objects that decide about capacity, by uid, and snapshots of what they add up to.

It holds objects, not counters: putting the same object twice changes nothing, and each load is the sum over what is
there. Only the loads of nodes on which something changed are summed again.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from penstock.core.admission.capacity import JOBS, Capacity, Holding, Load, NodeView, Quota, Range, by_namespace
from penstock.core.admission.observed_capacity import JobHold, PodHold
from penstock.core.admission.shapes import Amounts
from penstock.core.holders import Owner


def _nothing() -> None:
    """Nobody wants to know."""


class Ledger:
    """What exists now. `nodes` and `quotas` are None until somebody may see them and has put the first.

    `changed` is called at the first change after a snapshot was taken.
    """

    def __init__(self, caps: Amounts | None = None) -> None:
        self.caps = caps
        self.changed: Callable[[], None] = _nothing
        self._nodes: dict[str, NodeView] | None = None
        self._quotas: dict[tuple[str, str], Quota] = {}
        self._ranges: dict[tuple[str, str], Range] = {}
        self._pods: dict[str, PodHold] = {}
        self._jobs: dict[str, JobHold] = {}
        self._idle: dict[str, Owner] = {}
        self._idle_in: dict[str, dict[str, Owner]] = {}
        self._on_node: dict[str, dict[str, Holding]] = {}
        self._floating: dict[str, Holding] = {}
        self._of_job: dict[str, set[str]] = {}
        self._loads: dict[str, Load] = {}
        self._stale: set[str] = set()
        self._memo: dict[object, object] = {}
        self._snapshot: Capacity | None = None

    # --- what changes seldom --------------------------------------------------------------------------------------

    def see_nodes(self, nodes: Iterable[NodeView]) -> None:
        """Takes these as all the nodes there are: from now on nodes are known."""
        self._change_rules()
        self._nodes = {node.name: node for node in nodes}

    def put_node(self, node: NodeView) -> None:
        """A node came or changed; a heartbeat that changes nothing costs nothing."""
        if self._nodes is None:
            self._nodes = {}
        if self._nodes.get(node.name) != node:
            self._nodes[node.name] = node
            self._change_rules()

    def drop_node(self, name: str) -> None:
        """A node is gone."""
        if self._nodes and self._nodes.pop(name, None):
            self._change_rules()

    def put_quota(self, quota: Quota) -> None:
        """A ResourceQuota came or changed."""
        key = (quota.namespace, quota.name)
        before = self._quotas.get(key)
        if before == quota:
            return
        self._quotas[key] = quota
        self._change()
        if before is None or replace(before, used=quota.used) != quota:
            self._change_rules()

    def drop_quota(self, namespace: str, name: str) -> None:
        """A ResourceQuota is gone."""
        if self._quotas.pop((namespace, name), None):
            self._change_rules()

    def put_range(self, limits: Range) -> None:
        """A LimitRange came or changed."""
        self._ranges[limits.namespace, limits.name] = limits
        self._change_rules()

    def drop_range(self, namespace: str, name: str) -> None:
        """A LimitRange is gone."""
        if self._ranges.pop((namespace, name), None):
            self._change_rules()

    def _change_rules(self) -> None:
        self._memo = {}
        self._change()

    # --- what changes all the time --------------------------------------------------------------------------------

    def put_pod(self, uid: str, pod: PodHold) -> None:
        """A pod came or changed."""
        before = self._pods.get(uid)
        if before == pod:
            return
        if before:
            self._lift(uid, before)
        self._pods[uid] = pod
        if pod.job:
            self._of_job.setdefault(pod.job, set()).add(uid)
        holding = pod.holding
        if holding is not None and holding.node is not None:
            self._on_node.setdefault(holding.node, {})[uid] = holding
            self._stale.add(holding.node)
        elif holding is not None:
            self._floating[uid] = holding
        self._change()

    def drop_pod(self, uid: str) -> None:
        """A pod is gone."""
        before = self._pods.pop(uid, None)
        if before is None:
            return
        self._lift(uid, before)
        self._change()
        if before.job and before.job in self._of_job:
            self._of_job[before.job].discard(uid)
            if not self._of_job[before.job]:
                del self._of_job[before.job]

    def _lift(self, uid: str, pod: PodHold) -> None:
        holding = pod.holding
        if holding is None:
            return
        if holding.node is None:
            self._floating.pop(uid, None)
            return
        on_node = self._on_node[holding.node]
        on_node.pop(uid, None)
        self._stale.add(holding.node)

    def put_job(self, uid: str, job: JobHold | Owner) -> None:
        """A Job of Penstock came or changed, or holds no more (who it is). Call it as soon as a Job was created."""
        if self._jobs.get(uid, self._idle.get(uid)) == job:
            return
        self.drop_job(uid)
        if isinstance(job, Owner):
            self._idle[uid] = self._idle_in.setdefault(job.namespace, {})[uid] = job
        else:
            self._jobs[uid] = job
            self._change()

    def drop_job(self, uid: str) -> None:
        """A Job is gone."""
        if self._jobs.pop(uid, None):
            self._change()
        idle = self._idle.pop(uid, None)
        if idle:  # the quota that counts it says what this changes
            del self._idle_in[idle.namespace][uid]
            if not self._idle_in[idle.namespace]:
                del self._idle_in[idle.namespace]

    def _change(self) -> None:
        outdated, self._snapshot = self._snapshot, None
        if outdated is not None:
            self.changed()

    # --- the snapshot ---------------------------------------------------------------------------------------------

    def snapshot(self) -> Capacity:
        """The capacity now; the same object as long as nothing has changed."""
        if self._snapshot is None:
            for name in self._stale:
                on_node = self._on_node[name]
                if on_node:
                    self._loads[name] = Load.of(on_node.values())
                else:
                    del self._on_node[name]
                    self._loads.pop(name, None)
            self._stale.clear()
            self._snapshot = Capacity(
                self._nodes if self._nodes is None else dict(sorted(self._nodes.items())),
                dict(self._loads),
                (*self._floating.values(), *self._unseen()),
                by_namespace(self._quotas.values()),
                by_namespace(self._ranges.values()),
                self.caps,
                self._memo,
                self._counted(),
            )
        return self._snapshot

    def _counted(self) -> dict[str, tuple[Owner, ...]]:
        """Idle Jobs where a quota counts them."""
        where = {quota.namespace for quota in self._quotas.values() if JOBS in quota.hard}
        return {one: tuple(self._idle_in[one].values()) for one in where if one in self._idle_in}

    def _unseen(self) -> list[Holding]:
        """What Jobs will hold whose pods have not been seen. Pods that ended were seen too."""
        left = ((job.holding, job.pods - len(self._of_job.get(uid, ()))) for uid, job in self._jobs.items())
        return [one if one.pods == pods else replace(one, pods=pods) for one, pods in left if pods > 0]
