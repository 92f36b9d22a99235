"""Sends what is due to one receiver, oldest first, for as long as it takes, in a thread that nobody waits for.

The database is the queue: what is due was noted in the transaction that wrote the rows, so an hour without the receiver
loses nothing, and neither does a process that is killed. What was taken is noted afterwards; whoever is killed in
between sends the same again.

An answer may leave open who is at fault, the receiver or what it got. Then all else that is due is sent first, and
whoever takes that, but not this, has said it.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import Connection, Engine, bindparam, func, select, update
from sqlalchemy.exc import SQLAlchemyError

from penstock.export import metrics
from penstock.export.events.due import Due, Kind
from penstock.export.events.facts import Fact, facts
from penstock.export.events.places import AwayError, Place, RefusedError, UnclearError
from penstock.export.tables import DUE

log = structlog.get_logger(__name__)

IDLE_SECONDS = 2.0
AGAIN_MOST = 60.0
"""After so long a receiver that is away is asked again at most."""
LOOKED_AT = 500
"""How much of what is due is read at once."""
TRIES = 10
"""So often it is sent what a receiver does not take, while it takes others, before it is set aside."""

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sink:
    """A receiver. `what`: of what kind it gets events; `kinds`: of what it is told; `made`: what it is told of one;
    `together`: how much of it in one request; `framed`: that request."""

    what: str
    name: str
    place: Place
    kinds: Sequence[Kind]
    made: Callable[[Due, Fact], Object]
    together: int
    framed: Callable[[Sequence[Object]], Object]


class Sender:
    """Sends to one sink. `complete`: whether all objects that there are have been written since the process began."""

    def __init__(self, engine: Engine, sink: Sink, complete: Callable[[], bool]) -> None:
        self._engine = engine
        self._sink = sink
        self._complete = complete
        self._tries: dict[Due, int] = {}
        self._said = ""

    def run(self, end: threading.Event) -> None:
        """Sends until the end."""
        pause = IDLE_SECONDS
        while not end.wait(pause):
            try:
                more = self._complete() and self.send()
                pause, self._said = (0.0 if more else IDLE_SECONDS), ""
            except (AwayError, SQLAlchemyError) as error:
                pause = min(2 * max(pause, IDLE_SECONDS), AGAIN_MOST)
                metrics.SEND_FAILURES.labels(self._sink.what).inc()
                self._tell(str(error).splitlines()[0])
            except Exception:  # a fault of ours: what is told of it may be mended by the next version
                pause = AGAIN_MOST
                metrics.SEND_FAILURES.labels(self._sink.what).inc()
                log.exception("cannot be sent; it is tried again", to=self._sink.name)

    def send(self) -> bool:
        """Sends what is due now; whether there is more. Raises AwayError if the receiver takes nothing."""
        with self._engine.connect() as connection:
            known, more = self._next(connection)
        settled: dict[Due, str | None] = {}
        found: list[tuple[Due, Object]] = []
        for one, fact in known.items():
            try:
                found.append((one, self._sink.made(one, fact)))
            except Exception as error:  # what somebody made of one row must not hide all others
                settled |= self._refuse(one, repr(error))
        try:
            for part in self._parts(found):
                try:
                    settled |= self._put(part)
                except UnclearError as error:
                    settled |= self._doubt([one for one, _ in part], error, others=None in settled.values())
        finally:
            self._settle(settled)
        return more and bool(settled)

    def _next(self, connection: Connection) -> tuple[Mapping[Due, Fact], bool]:
        """What is due with what is known of it, and whether there is more. That of which nothing is known yet, as its
        Pipeline is not in the database, keeps nothing back."""
        open_ = (DUE.c.sink == self._sink.name, ~DUE.c.settled)
        waiting = connection.execute(select(func.count()).select_from(DUE).where(*open_)).scalar_one()
        metrics.WAITING.labels(self._sink.what, self._sink.name).set(waiting)
        query = select(DUE.c.kind, DUE.c.key, DUE.c.at).where(*open_).order_by(DUE.c.at, DUE.c.kind, DUE.c.key)
        known: dict[Due, Fact] = {}
        most = LOOKED_AT + len(self._tries)
        for at in range(0, waiting, most):
            found = connection.execute(query.limit(most).offset(at))
            known |= facts(connection, [Due(Kind(kind), key, when) for kind, key, when in found])
            if known.keys() - self._tries.keys():
                return known, at + most < waiting
        return known, False

    def _parts(self, found: Sequence[tuple[Due, Object]]) -> Iterator[Sequence[tuple[Due, Object]]]:
        """What goes into one request each: at last, and alone, what was not taken before."""
        fresh = [one for one in found if one[0] not in self._tries]
        for at in range(0, len(fresh), self._sink.together):
            yield fresh[at : at + self._sink.together]
        doubted = [one for one in found if one[0] in self._tries]
        yield from ([one] for one in sorted(doubted, key=lambda one: self._tries[one[0]]))

    def _doubt(self, told: Sequence[Due], error: UnclearError, others: bool) -> Mapping[Due, str | None]:
        """Notes what was not taken, and whether `others` were. Raises the error until it was tried often enough."""
        if len(self._tries) >= LOOKED_AT:  # so many, one after the other: it is the receiver
            self._tries.clear()
        for one in told:
            self._tries[one] = self._tries.get(one, 0) + others
        if self._tries[told[0]] < TRIES:
            raise error
        return self._refuse(told[0], f"{error}, {TRIES} times, while others were taken")

    def _put(self, told: Sequence[tuple[Due, Object]]) -> Mapping[Due, str | None]:
        body = json.dumps(self._sink.framed([one for _, one in told]), separators=(",", ":")).encode()
        try:
            self._sink.place.put(body)
        except RefusedError as error:
            if len(told) > 1:  # one by one, to find out which it is
                return {due: why for one in told for due, why in self._put([one]).items()}
            return self._refuse(told[0][0], str(error))
        metrics.EVENTS.labels(self._sink.what, "sent").inc(len(told))
        return {due: None for due, _ in told}

    def _refuse(self, due: Due, why: str) -> Mapping[Due, str | None]:
        log.warning("refused, and left out", to=self._sink.name, kind=due.kind.value, key=due.key, error=why)
        metrics.EVENTS.labels(self._sink.what, "refused").inc()
        return {due: why}

    def _settle(self, settled: Mapping[Due, str | None]) -> None:
        if not settled:
            return
        which = (DUE.c.sink == self._sink.name, DUE.c.kind == bindparam("of"), DUE.c.key == bindparam("what"))
        done = update(DUE).where(*which).values(settled=True, refused=bindparam("why"))
        rows = [{"of": one.kind.value, "what": one.key, "why": why} for one, why in settled.items()]
        with self._engine.begin() as connection:
            connection.execute(done, rows)
        for one in settled:
            self._tries.pop(one, None)

    def _tell(self, error: str) -> None:
        if error != self._said:
            self._said = error
            log.warning("the receiver takes nothing; it is tried again", to=self._sink.name, error=error)
