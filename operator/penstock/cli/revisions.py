"""The kept revisions of a Pipeline, as the operator records them."""

from penstock.cli.cluster import Cluster, Object, Resource
from penstock.core.observed import owner_uid
from penstock.core.revisions import RevisionView, revision_view

CONTROLLER_REVISIONS = Resource("apis/apps/v1", "controllerrevisions", "controllerrevision")


def kept(cluster: Cluster, pipeline: Object) -> list[RevisionView]:
    """The kept revisions, newest first; of generations with the same revision the latest."""
    selector = f"penstock.dev/pipeline={pipeline['metadata']['name']}"
    found = [
        revision_view(one)
        for one in cluster.list(CONTROLLER_REVISIONS, cluster.namespace, selector)
        if owner_uid(one, "Pipeline") == pipeline["metadata"]["uid"]
    ]
    latest = {one.revision: one for one in sorted(found, key=lambda one: one.generation)}
    return sorted(latest.values(), key=lambda one: -one.revision)
