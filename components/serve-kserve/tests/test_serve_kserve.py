"""A service that never gets ready, that somebody else changes, or that is made anew while a step waits for it.

`tests/serving/test_kserve.py` has the component on a real API server.
"""

import json

import pytest
from kserve_service import STOP, Service
from serve_kserve import _taken_back
from serving.record import MODEL, SERVING, Record, Release
from serving.slots import LateError

VERSION, BEFORE = f"sha256-{'1' * 16}", f"sha256-{'2' * 16}"
BY, RUN, SINCE = "digits/deploy", "a" * 32, "2026-11-30T12:00:00Z"


class Objects:
    """An API server that holds one object, and takes patches of it."""

    def __init__(self, notes=None, status=None):
        self.object = {"metadata": {"resourceVersion": "1", "annotations": notes or {}}, "status": status or {}}
        self.patches = []

    def get(self, path):
        assert path == "/apis/serving.kserve.io/v1beta1/namespaces/ml/inferenceservices/digits"
        return self.object

    def patch(self, path, body):
        self.patches.append(body)
        return self.object


def service(record=None, status=None):
    notes = {} if record is None else {SERVING: record.written("predictor")}
    found = Objects(notes, status)
    return found, Service(found, "ml", "digits")


def live(**changes):
    before = Record(Release(BEFORE, "digits/other", SINCE))
    return before.after(Release(**{"version": VERSION, "by": BY, "since": SINCE, "run": RUN, **changes}))


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ({}, "KServe has said nothing of it"),
        ({"conditions": [{"type": "Ready", "status": "False", "reason": "Unschedulable"}]}, "Unschedulable"),
        (
            {"conditions": [{"type": "Ready", "status": "False", "reason": "A", "message": "no node"}], "url": "x"},
            "no node",
        ),
        ({"conditions": [{"type": "Ready", "status": "True", "reason": "Up"}], "url": "http://127.0.0.1:9"}, "Up"),
        ({"conditions": [{"type": "Ready", "status": "True", "reason": "Up"}], "url": "no address"}, "Up"),
    ],
    ids=["nothing", "a reason", "a message", "nobody answers", "no address"],
)
def test_what_is_never_live_is_told_with_why(status, why):
    _, found = service(live(), status)
    with pytest.raises(LateError) as told:
        found.wait(VERSION, 0)
    assert str(told.value) == f"{VERSION} is not live after 0 s ({why})"


def test_what_this_run_brought_is_taken_back():
    objects, found = service(live())
    assert _taken_back(found, VERSION, BY, RUN) == f"{BEFORE} is live, as before"
    (patch,) = objects.patches
    assert patch["spec"] == {"predictor": {"annotations": {MODEL: BEFORE}}}
    assert patch["metadata"]["resourceVersion"] == "1"
    assert patch["metadata"]["annotations"][STOP] == "false"
    assert json.loads(patch["metadata"]["annotations"][SERVING])["version"] == BEFORE


@pytest.mark.parametrize("changes", [{"version": BEFORE}, {"by": "digits/other"}, {"run": "b" * 32}, {"kept": True}])
def test_what_is_of_another_run_stays(changes):
    objects, found = service(live(**changes))
    assert _taken_back(found, VERSION, BY, RUN) == "what is to be live by now is another run's, and stays"
    assert objects.patches == []


def test_of_a_service_that_was_made_anew_nothing_is_claimed():
    objects, found = service()
    assert "it was made anew, or taken back" in _taken_back(found, VERSION, BY, RUN)
    assert objects.patches == []
