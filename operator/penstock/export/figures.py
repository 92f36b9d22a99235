"""Metrics by Pipeline, counted in the database: they go on where they were when the exporter is started again."""

import threading
import time
from collections.abc import Iterable, Iterator
from datetime import UTC
from typing import Any

import structlog
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from penstock.export.bounds import Figure, Of, bounded
from penstock.export.tables import PIPELINE, ROUND, USAGE, WAIT
from penstock.export.views import ROUNDS, STEPS

log = structlog.get_logger(__name__)

FRESH_SECONDS = 15.0
"""So old may be what is told."""
RUNS, SECONDS, WAITS, GPUS = "runs", "run_seconds", "waits", "gpus"
FAMILIES = {
    RUNS: ("penstock_pipeline_runs", "Rounds of Pipelines that ended, by how", ("result",)),
    SECONDS: ("penstock_pipeline_run_seconds", "Time that they took together, by how they ended", ("result",)),
    WAITS: ("penstock_step_wait_seconds", "Time that steps waited, by what for; of waits that are over", ("reason",)),
    GPUS: ("penstock_gpu_seconds", "Time that extended resources were held, times amount", ("resource", "kind")),
}
_WHOSE = ("namespace", "pipeline")


class Figures(Collector):
    """What Prometheus is told of Pipelines. While the database cannot be asked that is what was last known."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._told: list[Metric] = []
        self._at = float("-inf")

    def describe(self) -> Iterable[Metric]:
        """None: to register it asks for nothing."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """All series."""
        with self._lock:
            if time.monotonic() - self._at > FRESH_SECONDS:
                try:
                    with self._engine.connect() as connection:
                        self._told = list(_families(connection))
                except SQLAlchemyError as error:
                    log.warning("cannot be counted; what was last known is told", error=str(error).splitlines()[0])
                self._at = time.monotonic()
            return self._told


def _families(connection: Connection) -> Iterator[Metric]:
    latest = {Of(*key): at.replace(tzinfo=UTC).timestamp() for *key, at in connection.execute(_latest(False))}
    figures, others = bounded(list(_counted(connection)), latest)
    by: dict[str, CounterMetricFamily] = {
        key: CounterMetricFamily(name, words, labels=(*_WHOSE, *labels))
        for key, (name, words, labels) in FAMILIES.items()
    }
    for one in figures:
        by[one.family].add_metric([*one.of, *one.labels], one.value)
    yield from by.values()
    words = "When a Pipeline last succeeded, in seconds since 1970"
    success = GaugeMetricFamily("penstock_pipeline_last_success_timestamp_seconds", words, labels=_WHOSE)
    named = {one.of for one in figures}
    for *key, at in connection.execute(_latest(True)):
        if Of(*key) in named:
            success.add_metric(key, at.replace(tzinfo=UTC).timestamp())
    yield success
    yield GaugeMetricFamily("penstock_export_other_pipelines", "Pipelines that are told together as other", others)


def _latest(succeeded: bool) -> Any:
    """When each Pipeline last ended, or last succeeded."""
    of = (PIPELINE.c.namespace, PIPELINE.c.series)
    query = select(*of, func.max(ROUND.c.ended)).select_from(ROUNDS)
    query = query.where(ROUND.c.ended.is_not(None), *([ROUND.c.phase == "Succeeded"] if succeeded else []))
    return query.group_by(*of)


def _counted(connection: Connection) -> Iterator[Figure]:
    of = (PIPELINE.c.namespace, PIPELINE.c.series)
    rounds = select(*of, ROUND.c.phase, func.count(), func.sum(ROUND.c.seconds))
    rounds = rounds.select_from(ROUNDS).where(ROUND.c.ended.is_not(None))
    for namespace, series, phase, many, seconds in connection.execute(rounds.group_by(*of, ROUND.c.phase)):
        yield Figure(RUNS, Of(namespace, series), (phase,), float(many))
        yield Figure(SECONDS, Of(namespace, series), (phase,), float(seconds or 0))
    steps = (STEPS.c.namespace, STEPS.c.series)
    waits = select(*steps, WAIT.c.reason, func.sum(WAIT.c.seconds))
    waits = waits.join_from(WAIT, STEPS, STEPS.c.uid == WAIT.c.step).where(WAIT.c.seconds.is_not(None))
    for namespace, series, reason, seconds in connection.execute(waits.group_by(*steps, WAIT.c.reason)):
        yield Figure(WAITS, Of(namespace, series), (reason,), float(seconds))
    kinds = ("reserved", "busy", "lost")
    used = select(*steps, USAGE.c.resource, *(func.sum(USAGE.c[f"{kind}_seconds"]) for kind in kinds))
    used = used.join_from(USAGE, STEPS, STEPS.c.uid == USAGE.c.step).group_by(*steps, USAGE.c.resource)
    for namespace, series, resource, *seconds in connection.execute(used):
        for kind, value in zip(kinds, seconds, strict=True):
            yield Figure(GPUS, Of(namespace, series), (resource, kind), float(value or 0))
