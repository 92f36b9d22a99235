"""Containers that never start, failed by ``startTimeout`` when the cluster has said why, however long that takes."""

from __future__ import annotations

from tests.e2e.manifests import pipeline
from tests.e2e.space import Object, Space

SOON = "2s"


def never_starts(space: Space, one: Object, words: str) -> str:
    """Apply a Pipeline ``start`` of a step whose container cannot start; the message with which the step failed.

    ``words`` are in what the step tells while it waits.
    """
    space.apply(pipeline("start", {**one, "startTimeout": "1h"}))
    space.until(f"step/start.{one['name']}", lambda step: words in step["status"].get("message", ""))
    space.apply(pipeline("start", {**one, "startTimeout": SOON}))
    assert space.finish("pipeline/start")["status"]["phase"] == "Failed"
    status = space.step("start", one["name"])
    assert (status["phase"], status["reason"]) == ("Failed", "StartFailed")
    assert len(status["attempts"]) == 1, "the edit began no attempt"
    return str(status["message"])
