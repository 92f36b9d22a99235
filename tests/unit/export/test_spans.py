"""Spans: as OTLP wants them, below the ids that containers were told, and the same whenever they are made."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from sqlalchemy import Engine
from tests.scenes.scenes import SCENES, undoing
from tests.unit.export.lake import SINKS, due_for, lake, noted
from tests.unit.export.receiver import Receiver
from tests.unit.export.test_rows import told as of_scene
from tests.unit.export.test_writing import waits

from penstock.core.pod.trace import span_id, trace_id
from penstock.core.seen.reading import step_view
from penstock.core.seen.views import UNDO
from penstock.export.events.sending import Sender
from penstock.export.events.sinks import trace_sinks
from penstock.export.events.spans import request, span
from penstock.export.schema import engine_of, prepare
from penstock.export.steps import of_step
from penstock.export.writing import Writer

IDS = ("traceId", "spanId", "parentSpanId")


def decoded(sent: Any) -> list[Span]:
    """What a receiver of OTLP reads: its own messages, in which nothing may be left over. Ids are hexadecimal, against
    the rules of JSON for protocol buffers."""
    sent = json.loads(json.dumps(sent))
    for one in (one for r in sent["resourceSpans"] for s in r["scopeSpans"] for one in s["spans"]):
        one.update({name: base64.b64encode(bytes.fromhex(one[name])).decode() for name in IDS if name in one})
    message = json_format.ParseDict(sent, ExportTraceServiceRequest())
    return [one for r in message.resource_spans for s in r.scope_spans for one in s.spans]


def spans(engine: Engine) -> list[Span]:
    return decoded(request([span(due, fact) for due, fact in due_for(engine, "spans").items()], "north"))


def told(one: Span) -> dict[str, Any]:
    return {each.key: each.value.string_value or each.value.int_value for each in one.attributes}


def test_attempts_have_the_ids_that_their_containers_were_told(engine: Engine) -> None:
    parents: list[str] = []
    noted(engine, lake(parents))
    found = spans(engine)
    attempts = [f"00-{one.trace_id.hex()}-{one.span_id.hex()}-01" for one in found if "k8s.job.name" in told(one)]
    assert sorted(attempts) == sorted(parents)
    assert len(parents) == 5


def test_undoes_have_them_too(engine: Engine) -> None:
    scene = undoing()
    noted(engine, scene)
    undone = [one for one in spans(engine) if one.name.startswith("undo ")]
    ended = {
        (trace_id(str(step.owner), step.status["undo"]["round"]), span_id(step.uid, undo["run"], each["number"], UNDO))
        for step in map(step_view, scene.of("Step"))
        if (undo := step.status.get("undo"))
        for each in undo.get("attempts") or ()
        if "end" in each
    }
    assert {(one.trace_id.hex(), one.span_id.hex()) for one in undone} == ended
    assert ended
    assert {told(one)["penstock.purpose"] for one in undone} == {"undo"}


def test_a_round_is_one_trace_with_one_root(engine: Engine) -> None:
    noted(engine, lake())
    found = spans(engine)
    assert len({one.trace_id for one in found}) == 1
    (root,) = (one for one in found if not one.parent_span_id)
    assert (root.name, told(root)["cicd.pipeline.result"]) == ("nightly", "failure")
    assert {one.parent_span_id for one in found if one is not root} == {root.span_id}
    assert all(root.start_time_unix_nano <= one.start_time_unix_nano for one in found)
    assert len({one.span_id for one in found}) == len(found)


def test_how_an_attempt_ended_is_told(engine: Engine) -> None:
    noted(engine, lake())
    tries = [one for one in spans(engine) if told(one).get("penstock.step.path") == "tune.1"]
    assert [(one.status.code, told(one)["penstock.attempt"]) for one in tries] == [
        (Status.STATUS_CODE_ERROR, 1),
        (Status.STATUS_CODE_OK, 2),
    ]
    assert "out of luck" in tries[0].status.message
    assert told(tries[0])["cicd.pipeline.task.run.result"] == "failure"


def test_what_was_waited_for_is_a_span_from_its_first_second_to_its_last(engine: Engine) -> None:
    scene = lake()
    step = next(one for one in scene.of("Step") if one["metadata"]["name"].endswith("prepare"))
    noted(engine, scene)
    begun = {"phase": "Running", "run": 9, "startTime": "2027-01-15T09:00:40Z"}
    seen = [waits(step, "InsufficientResources", "09:00:00"), waits(step, "Running", "09:00:42", **begun)]
    Writer(engine, SINKS).write([of_step(one) for one in seen])
    (wait,) = (one for one in spans(engine) if "penstock.wait.reason" in told(one))
    assert (wait.name, wait.end_time_unix_nano - wait.start_time_unix_nano) == (
        "wait InsufficientResources",
        40 * 10**9,
    )


@pytest.mark.parametrize("name", sorted(SCENES.keys() - {"fanout", "large"}))
def test_every_scene_is_as_otlp_wants_it_and_the_same_again(tmp_path: Any, name: str) -> None:
    engine = engine_of(f"sqlite:///{tmp_path / 'history.db'}")
    prepare(engine)
    scene = SCENES[name]()
    noted(engine, scene)
    found = spans(engine)
    assert found
    for one in found:
        assert (len(one.trace_id), len(one.span_id)) == (16, 8)
        assert one.start_time_unix_nano <= one.end_time_unix_nano
    noted(engine, scene)
    assert spans(engine) == found
    engine.dispose()


def test_they_are_sent_together_and_once(engine: Engine, receiver: Receiver) -> None:
    (sink,) = trace_sinks([receiver.url], "north")
    for _ in range(2):
        Writer(engine, {sink.name: sink.kinds}).write(of_scene(lake()))
        Sender(engine, sink, lambda: True).send()
    (sent,) = receiver.took
    assert [one.name for one in decoded(sent)].count("tune") == 3
    (resource,) = sent["resourceSpans"]
    assert {"key": "k8s.cluster.name", "value": {"stringValue": "north"}} in resource["resource"]["attributes"]
