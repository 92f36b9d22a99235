"""The kept revisions of a Pipeline, as the operator records them."""

from penstock.cluster.api import Cluster, Object, Resource
from penstock.core import labels
from penstock.core.pipeline.revisions import RevisionView, revision_view
from penstock.core.seen.reading import owner_uid

CONTROLLER_REVISIONS = Resource("apis/apps/v1", "controllerrevisions", "controllerrevision")


def every(cluster: Cluster, namespace: str, name: str, uid: str) -> list[RevisionView]:
    """All revisions that are kept of the Pipeline of that name and uid."""
    return [
        revision_view(one)
        for one in cluster.list(CONTROLLER_REVISIONS, namespace, f"{labels.PIPELINE}={name}")
        if owner_uid(one, "Pipeline") == uid
    ]


def kept(cluster: Cluster, pipeline: Object) -> list[RevisionView]:
    """The kept revisions, newest first; of generations with the same revision the latest."""
    meta = pipeline["metadata"]
    found = every(cluster, meta["namespace"], meta["name"], meta["uid"])
    latest = {one.revision: one for one in sorted(found, key=lambda one: one.generation)}
    return sorted(latest.values(), key=lambda one: -one.revision)
