"""The engine as a whole: its parts, put together around one client and one store."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from penstock.core.admission.policies import POLICIES
from penstock.core.seen.snapshot import Thresholds
from penstock.engine import clock
from penstock.engine.apply import Applier
from penstock.engine.clearing import Clearing
from penstock.engine.client import Client
from penstock.engine.gate import Gate
from penstock.engine.graphs import Graphs
from penstock.engine.intake import Intake
from penstock.engine.listing import Lister
from penstock.engine.loop import Loop
from penstock.engine.observe import Observer
from penstock.engine.planner import Planner
from penstock.engine.reporter import Notifier, Reporter
from penstock.engine.revisions import Revisions
from penstock.engine.schedules import Schedules
from penstock.engine.starter import Starter
from penstock.engine.store import Key, Store
from penstock.engine.surroundings import Surroundings
from penstock.engine.trouble import Trouble
from penstock.engine.writer import Writer


@dataclass(frozen=True, slots=True)
class Options:
    """What whoever runs the engine decides; docs/reference has the operator's settings, whose names these are."""

    namespaces: tuple[str, ...] = ()
    catalogue_namespaces: tuple[str, ...] = ()
    resync_seconds: float = 300.0
    policy: str = "planned"
    never_fits_fails: bool = True
    capacity: Mapping[str, int] | None = None
    """Most that the steps of all Pipelines may hold together, in milli-units."""
    courier_image: str = ""
    thresholds: Thresholds = field(default_factory=Thresholds)


class Engine:
    """The parts. None of them does anything before it is started; `loop` acts once all is listed."""

    def __init__(self, client: Client, options: Options, identity: str, notifier: Notifier) -> None:
        self.store = Store()
        self.starter = Starter(client, self.store, options.courier_image)
        self.revisions = Revisions(client)
        self.reporter = Reporter(client, identity, notifier)
        graphs = Graphs(self.store, self.revisions, options.catalogue_namespaces)
        self.trouble = Trouble(client, self.store, self.starter, self._wake)
        writer = Writer(client, self.store)
        applier = Applier(writer, self.starter, self.revisions, self.reporter)
        schedules = Schedules(self.store, writer, self.reporter, options.catalogue_namespaces)
        self.gate = Gate(
            self.store.ledger,
            self.store.learned,
            POLICIES[options.policy],
            options.never_fits_fails,
            self._wake_at,
            self._look_again_at,
        )
        self.clearing = Clearing(writer, self.gate, self.starter, self.trouble.messages)
        self._next_look: asyncio.TimerHandle | None = None
        self.store.ledger.caps = options.capacity
        said, limits = self.trouble.messages, options.thresholds
        observer = Observer(self.store, graphs, self.starter, applier.setbacks, said, self.gate, limits)
        self.loop = Loop(observer, applier, self.gate, schedules, Planner(self.gate))
        self.intake = Intake(self.store, self.loop)
        self.lister = Lister(client, self.store, options, self._wake)
        self.surroundings = Surroundings(client, self.store.ledger, options, self.lister.doubt)

    def _wake(self, key: Key) -> None:
        self.loop.wake(key)

    def _wake_at(self, key: Key, at: float) -> None:
        self.loop.wake_at(key, at)

    def _look_again_at(self, at: float) -> None:
        """Has admission look again at that instant, unless it is to do so earlier anyway: it then says when next."""
        turning = asyncio.get_running_loop()
        due = turning.time() + max(0.0, at - clock.now())
        if self._next_look is None or due < self._next_look.when():
            if self._next_look:
                self._next_look.cancel()
            self._next_look = turning.call_at(due, self._look_again)

    def _look_again(self) -> None:
        self._next_look = None
        self.gate.look()
