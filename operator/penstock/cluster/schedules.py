"""The PipelineSchedules that a user may see, with the Pipelines that they made."""

from dataclasses import dataclass

from penstock.cluster.api import PIPELINES, SCHEDULES, Cluster, Refused
from penstock.cluster.observing import views
from penstock.core import labels
from penstock.core.asked.view.schedules import Schedule, schedules
from penstock.core.cron.scheduled import schedule_view
from penstock.core.seen.reading import pipeline_view


@dataclass(frozen=True, slots=True)
class Scheduling:
    """All of them. `scope`: the namespace that they are of, None: all; `hidden`: why their Pipelines are not seen."""

    schedules: list[Schedule]
    scope: str | None
    hidden: str


def scheduling(cluster: Cluster, now: float) -> Scheduling:
    """Those of all namespaces, or of the own one if all may not be listed. Raises Refused, or Failure."""
    scope, hidden = None, ""
    try:
        found = list(cluster.list(SCHEDULES, None))
    except Refused as refused:
        if refused.status != 403:
            raise
        scope = cluster.namespace
        found = list(cluster.list(SCHEDULES, scope))
    try:
        made = list(cluster.list(PIPELINES, scope, labels.SCHEDULE))
    except Refused as refused:
        if refused.status != 403:
            raise
        made, hidden = [], str(refused)
    return Scheduling(schedules(views(schedule_view, found), views(pipeline_view, made), now), scope, hidden)
