"""What the cluster has, and who holds it, as far as its user may see that."""

from collections.abc import Sequence
from dataclasses import dataclass

from penstock.cluster.api import JOBS, NODES, PODS, QUOTAS, RANGES, Cluster, Object, Refused, Resource
from penstock.core import labels
from penstock.core.admission.capacity import Capacity
from penstock.core.admission.ledger import Ledger
from penstock.core.admission.observed_capacity import job_hold, node_view, pod_hold, quota_view, range_view


@dataclass(frozen=True, slots=True)
class Stock:
    """`hidden`: resources (`nodes`, `pods`) that the user may not list in all namespaces: of pods and the like only the
    namespaces in sight are counted, of nodes none."""

    capacity: Capacity
    hidden: Sequence[str]


def stock(cluster: Cluster, homes: Sequence[str] = ()) -> Stock:
    """What there is now; what the user may not see is left out.

    `homes`: the namespaces to be content with where all may not be listed; the own one unless given.
    """
    ledger, hidden = Ledger(), list[str]()
    nodes = _listed(cluster, NODES, None)
    if nodes is None:
        hidden.append(NODES.plural)
    else:
        ledger.see_nodes(map(node_view, nodes))

    def visible(resource: Resource) -> list[Object]:
        everywhere = _listed(cluster, resource, None)
        if everywhere is not None:
            return everywhere
        hidden.append(resource.plural)
        return [one for home in homes or (cluster.namespace,) for one in _listed(cluster, resource, home) or ()]

    for pod in visible(PODS):
        ledger.put_pod(pod["metadata"]["uid"], pod_hold(pod))
    for job in visible(JOBS):
        if (job["metadata"].get("labels") or {}).get(labels.MANAGED_BY) == labels.PENSTOCK:
            ledger.put_job(job["metadata"]["uid"], job_hold(job))
    for quota in visible(QUOTAS):
        ledger.put_quota(quota_view(quota))
    for limits in visible(RANGES):
        ledger.put_range(range_view(limits))
    return Stock(ledger.snapshot(), hidden)


def _listed(cluster: Cluster, resource: Resource, namespace: str | None) -> list[Object] | None:
    try:
        return list(cluster.list(resource, namespace))
    except Refused as refused:
        if refused.status == 403:
            return None
        raise
