"""The ticks to come of a PipelineSchedule, from the cluster or from a manifest, as lines of a table."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from rich.text import Text

from penstock.api import PipelineSchedule
from penstock.api.durations import human
from penstock.api.parse import InvalidManifest, parse
from penstock.cli.files.reading import read
from penstock.cli.show.table import Cell, columns
from penstock.cluster.api import SCHEDULES, Cluster
from penstock.cluster.documents import Unreadable
from penstock.cluster.failure import Failure
from penstock.core.cron.ticks import InvalidLine, InvalidZone, Timetable, timetable
from penstock.core.names import scheduled_name


def of_cluster(cluster: Cluster, name: str) -> PipelineSchedule:
    """The PipelineSchedule of that name. Raises Failure."""
    obj = cluster.get(SCHEDULES, name)
    return _parsed({**obj, "metadata": {"name": name}, "status": {}}, name)


def of_file(path: str) -> list[PipelineSchedule]:
    """The PipelineSchedules of a file, at least one. Raises Failure."""
    found = []
    for item in read([path]):
        if isinstance(item, Unreadable):
            raise Failure(f"{item.source}: {item.message}")
        found += [
            _parsed(document.data, document.source)
            for document in item.items()
            if isinstance(document.data, dict) and document.data.get("kind") == "PipelineSchedule"
        ]
    if not found:
        raise Failure(f"there is no PipelineSchedule in {path}")
    return found


def _parsed(data: dict[str, Any], where: str) -> PipelineSchedule:
    try:
        model = parse(data)
    except InvalidManifest as error:
        raise Failure(f"{where}: {error}") from error
    assert isinstance(model, PipelineSchedule)
    return model


def upcoming(schedule: PipelineSchedule, count: int, after: float) -> list[Text]:
    """The first ticks after an instant: in UTC, in the schedule's zone, how far off, and the Pipeline's name.

    Raises Failure where the line or the zone is wrong.
    """
    name = str(schedule.metadata.get("name") or "<schedule>")
    found = _timetable(schedule, name)
    ticks = found.upcoming(after, count)
    if not ticks:
        raise Failure(f"{name}: {schedule.spec.schedule!r} never fires in time zone {found.zone.key}")
    rows = [[Cell(text) for text in _row(tick, found, name, after)] for tick in ticks]
    return columns(("TICK", "LOCAL TIME", "IN", "PIPELINE"), rows)


def _timetable(schedule: PipelineSchedule, name: str) -> Timetable:
    try:
        return timetable(schedule.spec.schedule, schedule.spec.time_zone)
    except InvalidLine as error:
        raise Failure(f"{name}: spec.schedule: {error}") from error
    except InvalidZone as error:
        raise Failure(f"{name}: spec.timeZone: {error}") from error


def _row(tick: int, found: Timetable, name: str, after: float) -> Iterator[str]:
    local = datetime.fromtimestamp(tick, found.zone)
    yield f"{datetime.fromtimestamp(tick, UTC):%Y-%m-%dT%H:%M:%SZ}"
    yield f"{local:%a %Y-%m-%d %H:%M %Z}"
    yield human(tick - after)
    yield scheduled_name(name, tick)
