"""A Pipeline as one line of a list."""

from typing import Any

from penstock.core.asked.view.heads import head
from penstock.core.seen.reading import pipeline_view


def seen(spec: dict[str, Any], **status: Any) -> Any:
    metadata = {
        "uid": "u",
        "name": "digits",
        "namespace": "ml",
        "generation": 2,
        "resourceVersion": "1",
        "creationTimestamp": "2026-01-01T00:00:00Z",
    }
    return head(pipeline_view({"metadata": metadata, "spec": spec, "status": status}))


def test_a_running_pipeline() -> None:
    found = seen(
        {"description": "d", "suspend": False},
        phase="Running",
        progress="3/7",
        counts={"Succeeded": 3, "Running": 1, "Queued": 3, "Failed": 0},
        startTime="2026-01-01T00:00:10Z",
        eta="2026-01-01T01:00:00Z",
        observedGeneration=2,
        revision=4,
        conditions=[{"type": "Late", "status": "True", "reason": "PastETA", "message": "should have ended"}],
    )
    assert (found.ended, found.total, found.counts) == (3, 7, {"Succeeded": 3, "Running": 1, "Queued": 3})
    assert (found.created, found.start, found.end, found.eta) == (1767225600.0, 1767225610.0, None, 1767229200.0)
    assert (found.late, found.edited, found.revision, found.suspended) == ("should have ended", False, 4, False)


def test_one_that_was_just_made_or_edited_into_nonsense() -> None:
    found = seen({"suspend": True}, counts=[], progress="x", conditions={}, revision="1")
    assert (found.phase, found.counts, found.ended, found.total) == ("Pending", {}, 0, 0)
    assert (found.late, found.edited, found.suspended, found.revision) == ("", True, True, 0)
    past = [{"type": "Late", "status": "False", "reason": "OnTime"}]
    assert seen({}, conditions=past, observedGeneration=2).late == ""
