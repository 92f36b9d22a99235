"""What the operator deletes by itself."""

from __future__ import annotations

from tests.e2e.manifests import pipeline, step
from tests.e2e.space import Space


def test_a_pipeline_is_deleted_some_time_after_its_end(space: Space) -> None:
    space.apply(pipeline("brief", step("a"), ttlAfterFinished="1s"))
    space.wait("pipeline/brief", "delete")
    space.wait("step/brief.a", "delete")


def test_a_step_goes_when_it_leaves_the_manifest(space: Space) -> None:
    space.apply(pipeline("fewer", step("a"), step("b")))
    space.finish("pipeline/fewer")
    space.apply(pipeline("fewer", step("a")))
    space.wait("step/fewer.b", "delete")
    assert space.finish("pipeline/fewer")["status"]["phase"] == "Succeeded"
    assert space.attempts() == ["a/#1"], "and its Jobs with it"
