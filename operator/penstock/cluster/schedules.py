"""The PipelineSchedules that a user may see, with the Pipelines that they made."""

from collections.abc import Iterable
from dataclasses import dataclass

from penstock.cluster.api import PIPELINES, SCHEDULES, Cluster, Object, Refused, Resource
from penstock.cluster.observing import views
from penstock.core import labels
from penstock.core.asked.view.schedules import Schedule, schedules
from penstock.core.cron.scheduled import schedule_view
from penstock.core.seen.reading import pipeline_view


@dataclass(frozen=True, slots=True)
class Scheduling:
    """All of them. `scope`: the namespaces that they are of, None: all; `hidden`: why their Pipelines are not seen."""

    schedules: list[Schedule]
    scope: str | None
    hidden: str


def scheduling(cluster: Cluster, now: float, homes: Iterable[str]) -> Scheduling:
    """Those of all namespaces, or if all may not be listed, those of `homes`, as far as the user may list them there.

    Raises Refused if they may nowhere, or Failure if the API server cannot be asked.
    """
    found, scope = _listed(cluster, SCHEDULES, None, homes)
    try:
        made, _ = _listed(cluster, PIPELINES, labels.SCHEDULE, homes)
        hidden = ""
    except Refused as refused:
        made, hidden = [], str(refused)
    return Scheduling(schedules(views(schedule_view, found), views(pipeline_view, made), now), scope, hidden)


def _listed(
    cluster: Cluster, resource: Resource, selector: str | None, homes: Iterable[str]
) -> tuple[list[Object], str | None]:
    """The objects, and the namespaces that they are of, None for all. Raises Refused (403) if none may be listed."""
    try:
        return list(cluster.list(resource, None, selector)), None
    except Refused as refused:
        if refused.status != 403:
            raise
        denied = refused
    found: list[Object] = []
    seen = []
    for home in homes:
        try:
            found += cluster.list(resource, home, selector)
            seen.append(home)
        except Refused as refused:
            if refused.status != 403:
                raise
            denied = refused
    if not seen:
        raise denied
    return found, ", ".join(seen)
