"""TRACEPARENT: well-formed, the same for whoever computes it, and another one for each attempt."""

import re
from typing import Any

import pytest
from tests.properties.model import Cluster
from tests.unit.builders import graph, outcomes, pipeline, step
from tests.unit.core.pipeline.test_standalone import alone, planned

from penstock.core.graph.fingerprint import fingerprint
from penstock.core.pod.jobs import job_manifest
from penstock.core.pod.trace import span_id, trace_id

W3C = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-01")
"""https://www.w3.org/TR/trace-context/#traceparent-header-field-values"""


def told(job: dict[str, Any]) -> str:
    """What the container of a Job is told."""
    (container,) = job["spec"]["template"]["spec"]["containers"]
    (found,) = [one["value"] for one in container["env"] if one["name"] == "TRACEPARENT"]
    return str(found)


class Recorder(Cluster):
    """Keeps the manifests of all Jobs."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.jobs: list[dict[str, Any]] = []

    def check_start(self, manifest: dict[str, Any], step: dict[str, Any]) -> None:
        super().check_start(manifest, step)
        self.jobs.append(manifest)


def test_ids_are_what_they_were() -> None:
    """The spans of a Pipeline that is half done would fall apart otherwise."""
    assert trace_id("5c1f7a90-0000-4000-8000-000000000000", 3) == "7b8335e469c434d8ec9bc9203a49e760"
    assert span_id("e02b4d13-0000-4000-8000-000000000000", 2, 1) == "27025bf02de10a5d"


def test_each_attempt_and_undo_has_a_span_and_each_round_a_trace() -> None:
    effect = step("a", undo={"script": "back"})
    retried = step("b", needs=["a"], retry={"limit": 1, "backoff": {"initial": "1s"}})
    found = Recorder(outcomes({"b": 1}))
    found.apply(pipeline(effect, retried, onFailure="Undo"))
    uid = found.of("Pipeline")[0]["metadata"]["uid"]
    found.run()
    found.apply(pipeline(effect, step("c"), onFailure="Undo"))
    found.run()
    names = [job["metadata"]["ownerReferences"][0]["name"] for job in found.jobs]
    assert names == ["p.a", "p.b", "p.b", "p.a", "p.a", "p.c"]
    seen = [told(job) for job in found.jobs]
    assert all(map(W3C.fullmatch, seen))
    assert len(set(seen)) == len(seen)
    assert [one.split("-")[1] for one in seen] == [trace_id(uid, 1)] * 4 + [trace_id(uid, 2)] * 2


def test_a_step_on_its_own_is_a_trace_of_its_own() -> None:
    alone_ = alone()
    (ready,) = planned(alone_).ready
    job = job_manifest(graph(step("alone")), ready, None, "courier")
    assert told(job).split("-")[1] == trace_id("u", ready.facts.round)


@pytest.mark.parametrize("own", [None, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"])
def test_a_trace_that_the_step_names_itself_counts(own: str | None) -> None:
    found = Recorder()
    found.apply(pipeline(step("a", **({"env": [{"name": "TRACEPARENT", "value": own}]} if own else {}))))
    found.run()
    assert (told(found.jobs[0]) == own) is (own is not None)


def test_it_is_no_part_of_what_a_step_is() -> None:
    made = graph(step("a"))
    found = Recorder()
    found.apply(pipeline(step("a")))
    found.run()
    assert found.step("a")["spec"]["fingerprint"] == fingerprint(made, made.tasks["a"])
    assert "env" not in found.step("a")["spec"]
