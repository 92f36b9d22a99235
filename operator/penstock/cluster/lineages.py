"""The lineage of a Pipeline as a user may see it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from penstock.cluster.api import PIPELINES, STEPS, Cluster, Object, Refused
from penstock.cluster.compiling import Compiling
from penstock.cluster.failure import Failure
from penstock.cluster.observing import views
from penstock.cluster.revisions import every
from penstock.core import labels
from penstock.core.asked.lineage import Key, Lineage, lineage
from penstock.core.graph.graph import Graph
from penstock.core.seen.owners import by_owner
from penstock.core.seen.reading import pipeline_view, step_view
from penstock.core.seen.views import PipelineView, StepView


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a Pipeline's results. `notes`: what of it could not be seen."""

    pipeline: PipelineView
    lineage: Lineage
    notes: Sequence[str]


def known(cluster: Cluster, pipeline: Object) -> Known:
    """The lineage of a Pipeline, through all revisions that are kept."""
    view = pipeline_view(pipeline)
    steps = views(step_view, cluster.list(STEPS, cluster.namespace, f"{labels.PIPELINE}={view.name}"))
    return _known(Compiling(cluster), view, list(steps))


def all_known(cluster: Cluster) -> Iterator[Known]:
    """The lineages of all Pipelines of the namespace, by name. Their Steps are read as one list."""
    pipelines = list(views(pipeline_view, cluster.list(PIPELINES, cluster.namespace)))
    steps: dict[str | None, list[StepView]] = {}
    for step in views(step_view, cluster.list(STEPS, cluster.namespace)):
        steps.setdefault(step.pipeline, []).append(step)
    compiling = Compiling(cluster)
    for view in sorted(pipelines, key=lambda one: one.name):
        yield _known(compiling, view, steps.get(view.name, ()))


def _known(compiling: Compiling, view: PipelineView, steps: Sequence[StepView]) -> Known:
    owned, _ = by_owner(steps, view.uid)
    notes: list[str] = []
    return Known(view, lineage(_graphs(compiling, view, steps, notes), owned), notes)


def _graphs(compiling: Compiling, view: PipelineView, steps: Sequence[StepView], notes: list[str]) -> Iterator[Graph]:
    """Those of all revisions, the present one first; earlier ones are read if they are asked for."""
    told = len(compiling.notes)
    now = compiling.graph(view, steps, {})[0].graph
    notes += compiling.notes[told:]
    if now is not None:
        yield now
    else:
        notes.append(f"pipeline {view.name!r} is not valid now; what was made before is told by the revisions kept")
    try:
        past = every(compiling.cluster, view.namespace, view.name, view.uid)
    except Refused as refused:
        if refused.status != 403:
            raise
        notes.append("you may not list controllerrevisions: what earlier revisions read is not known")
        past = []
    for revision in sorted(past, key=lambda one: -one.generation):
        graph = compiling.past(view, revision).graph
        if graph is not None:
            yield graph


def target(known: Known, words: str) -> tuple[list[Key], str]:
    """The runs that `STEP`, `STEP.OUTPUT`, or the place of an artifact stand for, and the output, empty if that is of a
    Step as a whole. Raises Failure if there are none."""
    runs = known.lineage.runs
    if "://" in words:
        found = {key: name for key, made in runs.items() for name, place in made.artifacts.items() if place == words}
        if not found:
            raise Failure(f"no run of pipeline {known.pipeline.name!r} that is on record made {words}")
        return list(found), next(iter(found.values()))
    for path, output in ((words, ""), words.rpartition(".")[::2]):
        mine = [made for key, made in runs.items() if key.path == path]
        if not mine:
            continue
        shown = next((one for one in mine if one.selected), max(mine, key=lambda one: one.key.run))
        if output and output not in {**shown.artifacts, **shown.outputs}:
            there = ", ".join(sorted({**shown.artifacts, **shown.outputs})) or "none"
            raise Failure(f"{shown.key} gave no output {output!r}; it gave: {there}")
        return [shown.key], output
    paths = sorted({key.path for key in runs})
    raise Failure(f"no step {words!r} of pipeline {known.pipeline.name!r} has run; {_those(paths)}")


def _those(paths: Sequence[str]) -> str:
    few = ", ".join(paths[:10]) + (", …" if len(paths) > 10 else "")
    return f"those that have: {few}" if paths else "none has"


def owner_of(cluster: Cluster, place: str) -> str:
    """Name of the Pipeline of which a Step made the artifact at a place. Raises Failure if none did."""
    for step in views(step_view, cluster.list(STEPS, cluster.namespace)):
        told = (step.status, *(step.status.get("results") or ()))
        if step.pipeline and any(place in (one.get("artifacts") or {}).values() for one in told):
            return step.pipeline
    raise Failure(f"no Step in namespace {cluster.namespace} has {place} on record; give the PIPELINE, or another -n")


def ends(lineage: Lineage, up: bool) -> list[Key]:
    """The runs shown now from which nothing else was made (`up`), or that were made from nothing else."""
    others = {one.maker if up else one.reader for one in lineage.reads if lineage.runs[one.reader].selected}
    return [key for key, made in lineage.runs.items() if made.selected and key not in others]
