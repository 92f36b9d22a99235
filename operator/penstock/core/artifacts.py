"""Where artifacts are stored: one fresh directory per attempt, on the Pipeline's claim."""

from penstock.api.pipeline import Storage
from penstock.core.graph import Graph
from penstock.core.observed import JobView, Observed
from penstock.core.world import Node

SCHEME = "pvc://"


def claim_name(storage: Storage, pipeline: str) -> str:
    """Name of the claim that holds the artifacts: the given one, or the one the operator creates."""
    return storage.claim_name or f"{pipeline}-artifacts"


def directory(pipeline: str, uid: str, path: str, run: int, attempt: int) -> str:
    """Path on the claim of what one attempt writes. The uid keeps Pipelines of the same name apart."""
    return f"penstock/{pipeline}-{uid[:8]}/{path}/{run}-{attempt}"


def stored_at(graph: Graph, node: Node, observed: Observed, job: JobView) -> dict[str, str]:
    """The artifact outputs of an attempt: where each is, as `pvc://CLAIM/PATH`."""
    storage = graph.settings.storage
    names = [output.name for output in node.task.work.outputs if output.type.value == "Artifact"]
    if not names or storage is None:
        return {}
    pipeline = observed.pipeline
    place = directory(pipeline.name, pipeline.uid, node.path, job.run, job.attempt)
    claim = claim_name(storage, pipeline.name)
    return {name: f"{SCHEME}{claim}/{place}/{name}" for name in names}


def claim_path(location: str) -> tuple[str, str]:
    """Claim and path of `pvc://CLAIM/PATH`."""
    claim, _, path = location.removeprefix(SCHEME).partition("/")
    return claim, path
