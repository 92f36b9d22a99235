"""What a cluster has, and who holds it, as far as a user may see."""

from penstock.cluster.api import JOBS, NODES, PODS, QUOTAS, RANGES, Cluster, Object, Refused, Resource
from penstock.core import labels
from penstock.core.admission.ledger import Ledger
from penstock.core.admission.observed_capacity import job_hold, node_view, pod_hold, quota_view, range_view


def cluster_ledger(cluster: Cluster) -> Ledger:
    """What the cluster has and who holds it; what the user may not see is left out."""
    ledger = Ledger()
    nodes = _listed(cluster, NODES, None)
    if nodes is not None:
        ledger.see_nodes(map(node_view, nodes))
    for pod in _visible(cluster, PODS):
        ledger.put_pod(pod["metadata"]["uid"], pod_hold(pod))
    for job in _visible(cluster, JOBS):
        if (job["metadata"].get("labels") or {}).get(labels.MANAGED_BY) == labels.PENSTOCK:
            ledger.put_job(job["metadata"]["uid"], job_hold(job))
    for quota in _visible(cluster, QUOTAS):
        ledger.put_quota(quota_view(quota))
    for limits in _visible(cluster, RANGES):
        ledger.put_range(range_view(limits))
    return ledger


def _visible(cluster: Cluster, resource: Resource) -> list[Object]:
    """The objects of all namespaces, or of the own one if the user may see no more."""
    everywhere = _listed(cluster, resource, None)
    return everywhere if everywhere is not None else _listed(cluster, resource, cluster.namespace) or []


def _listed(cluster: Cluster, resource: Resource, namespace: str | None) -> list[Object] | None:
    try:
        return list(cluster.list(resource, namespace))
    except Refused as refused:
        if refused.status == 403:
            return None
        raise
