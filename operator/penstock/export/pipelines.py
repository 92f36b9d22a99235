"""What a Pipeline tells, as rows."""

from collections.abc import Iterator, Mapping
from typing import Any

from penstock.core import labels
from penstock.core.asked.past import lines
from penstock.export.rows import Row, Told, between, when, words
from penstock.export.tables import PIPELINE, REVISION, ROUND, TICK


def of_pipeline(obj: Mapping[str, Any], gone: bool = False) -> Told:
    """The rows of a Pipeline object, as the API server gives it. `gone`: it was deleted as it is here."""
    meta = obj["metadata"]
    return Told(tuple(_rows(obj, gone)), kind="pipeline", name=f"{meta['namespace']}/{meta['name']}")


def _rows(obj: Mapping[str, Any], gone: bool) -> Iterator[Row]:
    meta, status = obj["metadata"], obj.get("status") or {}
    uid, marks = meta["uid"], meta.get("labels") or {}
    schedule = marks.get(labels.SCHEDULE)
    yield Row(
        PIPELINE,
        {
            "uid": uid,
            "namespace": meta["namespace"],
            "name": meta["name"],
            "schedule": schedule,
            "series": schedule or meta["name"],
            "phase": words(status.get("phase") or "Pending"),
            "reason": words(status.get("reason")),
            "message": words(status.get("message")),
            "revision": status.get("revision"),
            "round": status.get("round"),
            "generation": meta.get("generation", 1),
            "created": when(meta["creationTimestamp"]),
            "gone": gone,
        },
    )
    if status.get("round"):
        yield _round(uid, status)
    for line in lines(status):
        yield _revision(uid, line)
    tick = when((meta.get("annotations") or {}).get(labels.SCHEDULED_TIME))
    if schedule and tick:
        key = {"namespace": meta["namespace"], "schedule": schedule, "time": tick}
        yield Row(TICK, {**key, "pipeline": uid, "backfill": labels.BACKFILL in marks})


def _round(uid: str, status: Mapping[str, Any]) -> Row:
    started, ended = when(status.get("startTime")), when(status.get("completionTime"))
    values = {
        "pipeline": uid,
        "round": status["round"],
        "revision": status.get("revision"),
        "phase": words(status.get("phase")),
        "reason": words(status.get("reason")),
        "started": started,
        "planned_seconds": between(started, when(status.get("eta"))),
        "ended": ended,
        "seconds": between(started, ended),
        "suspended_seconds": status.get("suspendedSeconds"),
    }
    return Row(ROUND, values)


def _revision(uid: str, line: Mapping[str, Any]) -> Row:
    values = {
        "pipeline": uid,
        "revision": line["revision"],
        "phase": words(line.get("phase")),
        "generation": line.get("generation"),
        "ran": line.get("ran"),
        "reused": line.get("reused"),
        "began": when(line.get("time")),
    }
    return Row(REVISION, values)
