"""When the steps of a scene waited and ran, as a page is told it."""

from __future__ import annotations

from penstock.core.asked.view.rows import rows
from penstock.core.asked.view.times import Times, times
from penstock.core.seen.reading import pipeline_view, step_view
from tests.scenes.stage import Scene
from tests.scenes.wire import graph_of


def times_of(scene: Scene) -> Times:
    """The bars of the scene's steps."""
    (pipeline,) = scene.of("Pipeline")
    graph, steps = graph_of(scene), [step_view(one) for one in scene.of("Step")]
    known = {one.path: one for one in steps}
    return times("scene-0", scene.now, pipeline_view(pipeline), graph, known, rows(graph, steps))
