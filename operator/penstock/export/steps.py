"""What a Step tells, as rows."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from statistics import median
from typing import Any

from penstock.core.reasons import Reason
from penstock.core.seen.reading import step_view
from penstock.core.seen.views import StepView
from penstock.export.inputs import inputs_of
from penstock.export.rows import Row, Seen, Told, between, when, words
from penstock.export.tables import APPROVAL, ARTIFACT, ATTEMPT, METRIC, RUN, STEP, USAGE, WAIT

_WAITS = ("Pending", "Queued", "Retrying")


def of_step(obj: Mapping[str, Any], gone: bool = False) -> Told:
    """The rows of a Step object, as the API server gives it. `gone`: it was deleted as it is here."""
    step, since = step_view(obj), _since(obj)
    waits = step.status.get("phase") in _WAITS and "reason" in step.status
    created = when(obj["metadata"]["creationTimestamp"])
    rows = [_step(step, created, gone), *_held(step), *_run(step), *_attempts(step), *_usage(step), *_approval(step)]
    rows += inputs_of(obj, step)
    if waits:
        until = when(obj["metadata"].get("deletionTimestamp")) if gone else None
        rows.append(_wait(step, since, until))
    seen = Seen(step.uid, since, when(step.status.get("startTime")), waits)
    return Told(rows, seen, kind="step", name=f"{step.namespace}/{step.name}")


def _since(obj: Mapping[str, Any]) -> datetime:
    """When the status last became another: the API server notes that for each who writes
    (https://kubernetes.io/docs/reference/using-api/server-side-apply/#managed-fields)."""
    meta = obj["metadata"]
    written = (one.get("time") for one in meta.get("managedFields") or () if one.get("subresource") == "status")
    found = [at for at in map(when, written) if at]
    created = when(meta["creationTimestamp"])
    assert created is not None
    return max([created, *found])


def _step(step: StepView, created: datetime | None, gone: bool) -> Row:
    learned = (step.status.get("learned") or {}).get("seconds")
    values = {
        "uid": step.uid,
        "pipeline": step.owner,
        "namespace": step.namespace,
        "name": step.name,
        "path": step.path,
        "task": step.task,
        "phase": words(step.status.get("phase") or "Pending"),
        "reason": words(step.status.get("reason")),
        "message": words(step.status.get("message")),
        "run": step.status.get("run"),
        "round": step.status.get("round"),
        "created": created,
        "expected_seconds": median(learned) if learned else None,
        "gone": gone,
    }
    return Row(STEP, values)


def _wait(step: StepView, since: datetime, until: datetime | None) -> Row:
    """What it waits for. A Step that is deleted waits no more; often nobody notes when that was."""
    run, reason = _number(step, "run") or _number(step, "lastRun") + 1, words(step.status["reason"])
    values = {"step": step.uid, "since": since, "run": run, "reason": reason}
    return Row(WAIT, {**values, "until": until, "seconds": between(since, until)})


def _number(step: StepView, name: str) -> int:
    return int(step.status.get(name) or 0)


def _held(step: StepView) -> Iterator[Row]:
    for result in step.status.get("results") or ():
        values = {
            "phase": "Succeeded",
            "started": when(result.get("start")),
            "ended": when(result.get("when")),
            "held": True,
        }
        yield from _made(step, result, values)


def _run(step: StepView) -> Iterator[Row]:
    """The run that the status is about; of one whose result was taken again, all is in that result."""
    status = step.status
    if not status.get("run") or status.get("reason") == Reason.REUSED:
        return
    started, ended = when(status.get("startTime")), when(status.get("completionTime"))
    values = {
        "phase": words(status.get("phase")),
        "reason": words(status.get("reason")),
        "round": status.get("round"),
        "started": started,
        "ended": ended,
        "seconds": between(started, ended),
        "held": any(one["run"] == status["run"] for one in status.get("results") or ()),
    }
    yield from _made(step, status, values)


def _made(step: StepView, made: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[Row]:
    """A run, and what came of it."""
    run = {"step": step.uid, "run": made["run"]}
    same = {key: words(made.get(key)) for key in ("fingerprint", "producers")}
    yield Row(RUN, {**run, **same, "revision": made.get("revision"), **values})
    contents = made.get("contents") or {}
    for name, uri in (made.get("artifacts") or {}).items():
        read = contents.get(name) or {}
        told = {"uri": words(uri), "sha256": words(read.get("sha256")), "bytes": read.get("bytes")}
        yield Row(ARTIFACT, {**run, "name": name, **told})
    for name, value in (made.get("outputs") or {}).items():
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            yield Row(METRIC, {**run, "name": name, "value": float(value)})


def _attempts(step: StepView) -> Iterator[Row]:
    status, undo = step.status, step.status.get("undo") or {}
    if status.get("run"):
        yield from _of(step, status["run"], 0, status.get("attempts") or ())
    if undo.get("run"):
        yield from _of(step, undo["run"], undo.get("round") or 0, undo.get("attempts") or ())


def _of(step: StepView, run: int, undo_round: int, attempts: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    for one in attempts:
        started, ended = when(one.get("start")), when(one.get("end"))
        values = {
            "step": step.uid,
            "run": run,
            "undo_round": undo_round,
            "number": one["number"],
            "job": one["job"],
            "node": words(one.get("node")),
            "image": words(one.get("imageID")),
            "reason": words(one.get("reason")),
            "message": words(one.get("message")),
            "exit_code": one.get("exitCode"),
            "started": started,
            "ended": ended,
            "seconds": between(started, ended),
        }
        yield Row(ATTEMPT, values)


def _usage(step: StepView) -> Iterator[Row]:
    for one in step.status.get("usage") or ():
        values = {
            "step": step.uid,
            "resource": one["resource"],
            "reserved_seconds": one["reservedSeconds"],
            "busy_seconds": one["busySeconds"],
            "lost_seconds": one["lostSeconds"],
        }
        yield Row(USAGE, values)


def _approval(step: StepView) -> Iterator[Row]:
    given = step.status.get("approval") or {}
    at = when(given.get("at"))
    if at:
        decided = {"decided_by": words(given.get("by")), "approved": bool(given.get("approved"))}
        yield Row(APPROVAL, {"step": step.uid, "at": at, **decided})
