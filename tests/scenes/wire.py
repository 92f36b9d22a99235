"""What the server tells of a scene, without a server."""

from __future__ import annotations

from penstock import api
from penstock.core.asked.view.changes import table
from penstock.core.asked.view.heads import head
from penstock.core.asked.view.rows import rows
from penstock.core.graph.compiler import compile_pipeline
from penstock.core.graph.graph import Graph
from penstock.core.seen.reading import pipeline_view, step_view
from penstock.web.wire import PipelineSnapshot
from tests.scenes.stage import Scene


def graph_of(scene: Scene) -> Graph:
    """The graph of the scene's Pipeline."""
    (pipeline,) = scene.of("Pipeline")
    using = {
        (None, str(one["metadata"]["name"])): api.ComponentSpec.model_validate(one["spec"])
        for one in scene.of("Component")
    }
    graph = compile_pipeline(api.PipelineSpec.model_validate(pipeline["spec"]), using).graph
    assert graph is not None
    return graph


def snapshot_of(scene: Scene) -> PipelineSnapshot:
    """All of the scene's Pipeline."""
    (pipeline,) = scene.of("Pipeline")
    steps = table(rows(graph_of(scene), map(step_view, scene.of("Step"))))
    return PipelineSnapshot("scene-0", scene.now, head(pipeline_view(pipeline)), steps)
