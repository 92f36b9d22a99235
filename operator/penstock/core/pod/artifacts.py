"""Where artifacts are stored: one fresh directory per attempt, on a claim or below a prefix of a bucket."""

from penstock.api.storage import Storage
from penstock.core.graph.graph import Graph, Work
from penstock.core.graph.world import Node
from penstock.core.seen.snapshot import Observed
from penstock.core.seen.views import JobView

CLAIM_SCHEME = "pvc://"


def claim_name(storage: Storage, pipeline: str) -> str:
    """Name of the claim that holds the artifacts: the given one, or the one the operator creates."""
    return storage.claim_name or f"{pipeline}-artifacts"


def root(pipeline: str, uid: str) -> str:
    """Path on the claim, or key in the bucket, of all that a Pipeline stores."""
    return f"penstock/{pipeline}-{uid[:8]}"


def step_directory(path: str, uid: str) -> str:
    """Name, below the root, of what a Step stores. A Step that is removed and comes back begins a directory anew."""
    return f"{path}-{uid[:8]}"


def directory(pipeline: tuple[str, str], step: tuple[str, str], run: int, attempt: int) -> str:
    """Path of what one attempt writes, fresh for each. `pipeline`: name and uid, `step`: path and uid."""
    return f"{root(*pipeline)}/{step_directory(*step)}/{run}-{attempt}"


def outputs_of(work: Work) -> dict[str, bool]:
    """The artifacts that a step declares, by name; whether it may leave them out."""
    return {output.name: output.optional for output in work.outputs if output.type.value == "Artifact"}


def stored_at(graph: Graph, node: Node, observed: Observed, job: JobView) -> dict[str, str]:
    """The artifact outputs of an attempt: where each is, as `pvc://CLAIM/PATH` or `s3://BUCKET/KEY`."""
    storage = graph.settings.storage
    names = outputs_of(node.task.work)
    if not names or storage is None:
        return {}
    pipeline = observed.pipeline
    place = directory((pipeline.name, pipeline.uid), (node.path, job.step), job.run, job.attempt)
    base = storage.object_store.uri if storage.object_store else f"{CLAIM_SCHEME}{claim_name(storage, pipeline.name)}"
    return {name: f"{base}/{place}/{name}" for name in names}


def claim_path(location: str) -> str:
    """Path on the claim of `pvc://CLAIM/PATH`."""
    return location.removeprefix(CLAIM_SCHEME).partition("/")[2]
