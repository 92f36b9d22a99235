"""From watches to rows: level-triggered, one writer, and what cannot be written yet waits with all that comes after.

While the database is away nothing more is read from the watches than a queue holds. So the API server ends them, and
they begin anew with a list. What changed in between is told by that list, since objects tell their own past; lost is
only what was deleted meanwhile, or was forgotten by its object. What the database refuses for what it is, not for where
it is, is set aside alone.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import structlog
from sqlalchemy import Engine, Table
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from penstock.cluster.api import PIPELINES, STEPS, Cluster, Resource
from penstock.cluster.failure import Failure
from penstock.cluster.watching import Change, Changes, Part, Stop, follow_in_parts
from penstock.export import metrics
from penstock.export.events.sending import Sender, Sink
from penstock.export.pipelines import of_pipeline
from penstock.export.refusing import refused
from penstock.export.rows import Told
from penstock.export.schema import name_of, prepare
from penstock.export.steps import of_step
from penstock.export.tables import PIPELINE, STEP
from penstock.export.writing import AT_ONCE, Writer

log = structlog.get_logger(__name__)

GATHER_SECONDS = 0.5
"""For so long changes are gathered that are written together."""
WAITING, PART = 200, 100
"""Objects that may wait for the database in memory before nothing more is read, and those in one part of a list."""
AGAIN_SECONDS, AGAIN_MOST = 1.0, 30.0
"""After so long a database that is away is asked again, at first and at most."""

READ: Mapping[Resource, tuple[Callable[..., Told], Table]] = {
    PIPELINES: (of_pipeline, PIPELINE),
    STEPS: (of_step, STEP),
}

Found = TypeVar("Found")


class Exporter:
    """Follows Pipelines and Steps, and writes what they tell, until it is told to end."""

    def __init__(
        self, cluster: Cluster, engine: Engine, namespaces: Sequence[str] = (), sinks: Sequence[Sink] = ()
    ) -> None:
        """`namespaces`: those to follow; none: all. `sinks`: receivers of events."""
        self._cluster = cluster
        self._engine = engine
        self._namespaces: Sequence[str | None] = namespaces or (None,)
        self._writer = Writer(engine, {one.name: one.kinds for one in sinks})
        self._senders = [Sender(engine, one, lambda: not self._listing) for one in sinks]
        self._listing = {(resource, place) for resource in READ for place in self._namespaces}
        self._end = threading.Event()
        self._stop = Stop()
        self._oldest: float | None = None
        metrics.LAG.set_function(lambda: 0.0 if self._oldest is None else time.monotonic() - self._oldest)

    def end(self) -> None:
        """Asks for the end; what is being written is written."""
        self._end.set()
        self._stop()

    def run(self) -> None:
        """Runs until `end`. Raises Failure for what waiting does not mend."""
        self._oldest = time.monotonic()
        self._patiently(lambda: prepare(self._engine))
        streams = [self._follow(resource, place) for resource in READ for place in self._namespaces]
        for sender in self._senders:
            threading.Thread(target=sender.run, args=(self._end,), daemon=True).start()
        changes = Changes(*streams, most=WAITING, weight=lambda told: len(told[0].objects))
        while not self._end.is_set():
            self._oldest = None
            found = changes.get(GATHER_SECONDS)
            if found:
                self._oldest = time.monotonic() - GATHER_SECONDS
                self._take(found)

    def _follow(self, resource: Resource, namespace: str | None) -> Iterator[tuple[Part | Change, str | None]]:
        followed = follow_in_parts(self._cluster, resource, namespace, PART, self._stop)
        return ((change, namespace) for change in followed)

    def _take(self, found: Sequence[tuple[Part | Change, str | None]]) -> None:
        told: list[Told] = []
        for change, namespace in found:
            if isinstance(change, Part) and change.uids is None:
                self._listing.add((change.resource, namespace))
            told += _read(change)
            complete = change.uids if isinstance(change, Part) else None
            if len(told) >= AT_ONCE or complete is not None:
                self._write(told)
                told = []
            if complete is not None:
                table = READ[change.resource][1]
                self._patiently(partial(self._writer.keep_only, table, complete, namespace))
                self._listing.discard((change.resource, namespace))
        self._write(told)

    def _write(self, told: Sequence[Told]) -> None:
        for at in range(0, len(told), AT_ONCE):
            self._write_together(told[at : at + AT_ONCE])

    def _write_together(self, told: Sequence[Told]) -> None:
        try:
            rows = self._patiently(partial(self._writer.write, told))
        except Exception as error:
            if not refused(error):
                raise
            if len(told) > 1:  # one by one, to find out whose it is
                for one in told:
                    self._write_together([one])
                return
            metrics.REFUSED.labels(told[0].kind).inc()
            log.warning(
                "the database refuses what it tells; it is left out until it tells something else",
                kind=told[0].kind,
                name=told[0].name,
                database=self._name,
                error=str(getattr(error, "orig", None) or error),
            )
        else:
            metrics.ROWS.inc(rows or 0)

    def _patiently(self, do: Callable[[], Found]) -> Found | None:
        """Does it as soon as the database is there; None if the end was asked for first. Raises what `refused` knows
        for values that no waiting makes better, and Failure for all else that the database refuses."""
        pause, said = AGAIN_SECONDS, ""
        while not self._end.is_set():
            try:
                return do()
            except DBAPIError as error:
                if refused(error):
                    raise
                if not isinstance(error, (OperationalError, InterfaceError)):
                    raise Failure(f"{self._name} refuses what is written: {error.orig}") from error
                metrics.FAILURES.inc()
                if str(error.orig) != said:
                    said = str(error.orig)
                    log.warning("the database takes nothing; it is tried again", database=self._name, error=said)
            self._end.wait(pause)
            pause = min(2 * pause, AGAIN_MOST)
        return None

    @property
    def _name(self) -> str:
        return name_of(self._engine.url)


def _read(change: Part | Change) -> Iterator[Told]:
    read, _ = READ[change.resource]
    gone = isinstance(change, Change) and change.kind == "DELETED"
    for one in change.objects:
        try:
            yield read(one, gone=gone)
        except Exception as error:  # what somebody made of one object must not hide all others
            metrics.UNREADABLE.labels(change.resource.singular).inc()
            _tell(change.resource, one, error)


def _tell(resource: Resource, obj: Mapping[str, Any], error: Exception) -> None:
    meta = obj.get("metadata") or {}
    where = f"{meta.get('namespace')}/{meta.get('name')}"
    log.warning("cannot be read and is left out", kind=resource.singular, name=where, error=repr(error))
