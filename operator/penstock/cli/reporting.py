"""What `penstock report NAME -o html` asks the cluster for."""

import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version

from penstock.cli.progress import of_cluster
from penstock.cluster.api import PIPELINES, STEPS, Cluster, Object
from penstock.cluster.compiling import Compiling
from penstock.cluster.failure import Failure
from penstock.cluster.observing import views
from penstock.cluster.phases import together
from penstock.core import labels
from penstock.core.admission.policies import POLICIES
from penstock.core.asked.diagram import diagram
from penstock.core.asked.drawing import Drawing
from penstock.core.asked.gantt import draw
from penstock.core.asked.picture import picture
from penstock.core.asked.progress import Progress, chart
from penstock.core.asked.suggest import Durations, suggest
from penstock.core.asked.view.heads import head
from penstock.core.asked.view.rows import Row, rows
from penstock.core.graph.graph import Graph
from penstock.core.seen.reading import pipeline_view, step_view
from penstock.web.report.page import Report


def reported(
    cluster: Cluster, name: str, measured: Callable[[Sequence[Object]], Durations], say: Mapping[str, str]
) -> Report:
    """All that the page tells of a Pipeline. `measured`: how long its tasks took, by its Steps; `say`: what drawings
    say instead of English. Raises Failure."""
    view = pipeline_view(cluster.get(PIPELINES, name))
    objects = list(cluster.list(STEPS, cluster.namespace, f"{labels.PIPELINE}={name}"))
    steps = [one for one in views(step_view, objects) if one.owner in (view.uid, None)]
    graph = Compiling(cluster).graph(view, steps, {})[0].graph
    shown = rows(graph, steps)
    progress, notes = _progress(cluster, name)
    return Report(
        head=head(view),
        rows=shown,
        now=time.time(),
        version=version("penstock"),
        graph=_diagram(name, graph, shown, say) if graph else None,
        chart=draw(chart(progress, name, say=say)) if progress else None,
        planned=progress.planned if progress and progress.planned else None,
        late=progress.late if progress and progress.planned and not progress.stuck else None,
        outputs=view.status.get("outputs") or {},
        usage=view.status.get("usage") or (),
        advice=[(one.path, one.message) for one in suggest(graph, measured(objects))] if graph else (),
        notes=notes,
    )


def _diagram(name: str, graph: Graph, shown: Sequence[Row], say: Mapping[str, str]) -> Drawing:
    phases: dict[str, list[str]] = {}
    for row in shown:
        phases.setdefault(row.task, []).append(row.state.phase)
    return diagram(picture(name, graph, {task: together(those) for task, those in phases.items()}), say=say)


def _progress(cluster: Cluster, name: str) -> tuple[Progress | None, Sequence[str]]:
    """Its plan against what was; without it what could not be seen for it."""
    try:
        found = of_cluster(cluster, name, POLICIES["planned"])
    except Failure as failure:
        return None, [str(failure)]
    return found, found.notes
