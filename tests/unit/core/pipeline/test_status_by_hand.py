"""Statuses that somebody has written by hand."""

import pytest
from tests.unit.builders import cluster, pipeline, runs, step


@pytest.mark.parametrize("ended", [False, True])
def test_a_revision_that_was_taken_out_is_counted_anew(ended: bool) -> None:
    found = cluster(pipeline(step("a"), step("b", needs=["a"])))
    if ended:
        found.run()
    else:
        found.reconcile()
    (obj,) = found.of("Pipeline")
    status = {key: value for key, value in found.status.items() if key != "revision"}
    found.set_status(obj, obj["metadata"]["resourceVersion"], status)
    found.run()
    assert (found.status["phase"], found.status["revision"]) == ("Succeeded", 1)
    assert runs(found) == ["a", "b"]
