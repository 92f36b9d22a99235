"""Rounds, waits and attempts as spans of OpenTelemetry, in the JSON of OTLP: pure.

A trace is a round of a Pipeline, or a Step on its own. Its ids are those that a container finds as TRACEPARENT
(`core.pod.trace`), so that spans of its own hang below its attempt; all others are hashes, too. Names are those of the
semantic conventions for CI/CD, which are still in development: this file maps them. How it is written:
https://opentelemetry.io/docs/specs/otlp/.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from penstock.core.pod.trace import span_id, trace_id
from penstock.core.seen.views import RUN, UNDO
from penstock.core.values import digest
from penstock.export.events.due import Due, Kind
from penstock.export.events.facts import Fact

Object = dict[str, Any]

CONVENTIONS = "https://opentelemetry.io/schemas/1.44.0"
_INTERNAL, _OK, _ERROR = 1, 1, 2
_RESULTS = {"Succeeded": "success", "Failed": "failure", "Cancelled": "cancellation"}


def span(due: Due, fact: Fact) -> Object:
    """The span of a round, of a wait, or of an attempt; all of them have ended."""
    match due.kind:
        case Kind.ROUND_SPAN:
            return _round(fact)
        case Kind.WAIT_SPAN:
            return _wait(fact)
        case _:
            return _attempt(fact)


def request(spans: Sequence[Object], cluster: str) -> Object:
    """Several in one request. `cluster`: a name that tells this cluster from others."""
    resource = {"attributes": _attributes({"service.name": "penstock", "k8s.cluster.name": cluster})}
    scope = {"scope": {"name": "penstock-export"}, "schemaUrl": CONVENTIONS, "spans": list(spans)}
    return {"resourceSpans": [{"resource": resource, "schemaUrl": CONVENTIONS, "scopeSpans": [scope]}]}


def _round(fact: Fact) -> Object:
    row = fact.row
    told = {**_whose(fact), "cicd.pipeline.result": _RESULTS.get(str(row["phase"]), "error")}
    found = _span(fact, _root(fact), fact.whose.series, (row["started"], row["ended"]), told)
    return {**found, "status": _status(row["phase"], fact.message or row["reason"])}


def _wait(fact: Fact) -> Object:
    row = fact.row
    own = digest(["wait", row["step"], row["since"].isoformat()])[:16]
    told = {**_whose(fact), "penstock.wait.reason": row["reason"]}
    return _below(fact, _span(fact, own, f"wait {row['reason']}", (row["since"], row["until"]), told))


def _attempt(fact: Fact) -> Object:
    row = fact.row
    purpose = UNDO if row["undo_round"] else RUN
    own = span_id(row["step"], row["run"], row["number"], purpose)
    failed = bool(row["reason"]) or row["exit_code"] not in (0, None)
    told = {
        **_whose(fact),
        "cicd.pipeline.task.run.id": row["job"],
        "cicd.pipeline.task.run.result": "failure" if failed else "success",
        "k8s.job.name": row["job"],
        "k8s.node.name": row["node"],
        "penstock.attempt": row["number"],
        "penstock.purpose": purpose,
        "process.exit.code": row["exit_code"],
    }
    name = f"{fact.step['task']}" if fact.step else ""
    found = _span(fact, own, name if purpose == RUN else f"undo {name}", (row["started"], row["ended"]), told)
    return _below(
        fact, {**found, "status": _status("Failed" if failed else "Succeeded", row["message"] or row["reason"])}
    )


def _root(fact: Fact) -> str:
    return digest(["round", fact.whose.owner, fact.round])[:16]


def _below(fact: Fact, found: Object) -> Object:
    """Below the round, if there is one: a Step on its own has none."""
    return {**found, "parentSpanId": _root(fact)} if fact.whose.pipeline else found


def _span(
    fact: Fact, own: str, name: str, between: tuple[datetime | None, datetime], told: Mapping[str, object]
) -> Object:
    start, end = between
    return {
        "traceId": trace_id(fact.whose.owner, fact.round),
        "spanId": own,
        "name": name,
        "kind": _INTERNAL,
        "startTimeUnixNano": _nanoseconds(min(start or end, end)),
        "endTimeUnixNano": _nanoseconds(end),
        "attributes": _attributes(told),
    }


def _whose(fact: Fact) -> Mapping[str, object]:
    found: dict[str, object] = {"k8s.namespace.name": fact.whose.namespace, "cicd.pipeline.name": fact.whose.series}
    if fact.whose.pipeline:
        found["cicd.pipeline.run.id"] = f"{fact.whose.pipeline}/{fact.round}"
    if fact.step:
        found |= {"cicd.pipeline.task.name": fact.step["task"], "penstock.step.path": fact.step["path"]}
    return found


def _status(phase: object, message: object) -> Object:
    if phase == "Failed":
        return {"code": _ERROR, **({"message": str(message)} if message else {})}
    return {"code": _OK} if phase == "Succeeded" else {}


def _attributes(told: Mapping[str, object]) -> list[Object]:
    return [{"key": key, "value": _value(value)} for key, value in told.items() if value is not None]


def _value(value: object) -> Object:
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": str(value)}


def _nanoseconds(at: datetime) -> str:
    return str(int(at.replace(tzinfo=UTC).timestamp()) * 1_000_000_000)
