"""The engine over the objects of a project's folder, with the Jobs that it creates run on this machine."""

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from types import TracebackType
from typing import Any, Self

from penstock.core import labels
from penstock.core.clock import stamp
from penstock.core.pipeline.events import Event
from penstock.core.seen.views import PipelineView, StepView
from penstock.engine.engine import Engine, Options
from penstock.engine.resources import KNOWN, Resource
from penstock.local import inbox
from penstock.local.adapt import adapted
from penstock.local.client import LocalClient
from penstock.local.environment import Sources
from penstock.local.folder import Folder
from penstock.local.journal import Journal
from penstock.local.machine import NAME, node
from penstock.local.objects import Object, Record
from penstock.local.publisher import Measure, nothing
from penstock.local.rest import handled
from penstock.local.runner import Executor, Runner
from penstock.local.selection import Selection
from penstock.local.server import Server
from penstock.local.work import GPU

COURIER = "penstock"
"""Image that stands for this very program."""
ENDED = ("Succeeded", "Failed", "Cancelled", "Invalid")
_HEARD: Mapping[str, tuple[Resource, Selection]] = {one.plural: (one, Selection(one.selectors)) for one in KNOWN}


class _Nobody:
    """Whom the engine tells what nobody asked for."""

    def tell(self, resource: Resource, view: PipelineView | StepView, event: Event, status: Mapping[str, Any]) -> None:
        pass


class Session:
    """One run. The folder must be this process's own (see Folder) from before to after.

    `capacity`: what the machine may be asked for, by resource. `record`: what keeps changes, if not the journal alone.
    `clock`: what time it is here, in seconds since 1970. `measure`: what reads artifacts, for what their contents are.
    """

    def __init__(
        self,
        folder: Folder,
        executor: Executor,
        capacity: Mapping[str, str],
        sources: Sources | None = None,
        record: Record | None = None,
        clock: Callable[[], float] = time.time,
        measure: Measure = nothing,
    ) -> None:
        self.folder = folder
        self.changed = asyncio.Event()
        """Set whenever an object changes."""
        self._journal = Journal(folder.journal)
        self.server = Server(record=record or self._journal.record, now=lambda: stamp(clock()))
        self.server.restore(self._journal.objects, self._journal.version)
        self.engine = Engine(LocalClient(self.server), Options(courier_image=COURIER), "local", _Nobody())
        gpus = int(capacity.get(GPU, "0"))
        self.runner = Runner(self.server, folder, executor, sources or Sources(), gpus, COURIER)
        self.runner.measure = measure
        self._capacity = capacity
        self._news: deque[tuple[Resource, str, Object]] = deque()
        self._busy = False
        self._mail: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Nothing is done yet."""
        self._put_node()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends what runs, if anything still does."""
        self.engine.loop.stop()
        if self._mail:
            self._mail.cancel()
        await self.runner.stop(kill=True)
        self._journal.close()

    # --- what is wanted -----------------------------------------------------------------------------------------------

    def apply(self, manifest: Object, *, fresh: bool = False) -> None:
        """Has it as a manifest says. What failed or was cancelled begins again, though nothing may have changed in it.

        `fresh`: what a Pipeline has done before counts for nothing.
        """
        meta = manifest["metadata"]
        namespace, plural = meta.get("namespace") or "default", f"{manifest['kind'].lower()}s"
        wanted = adapted(manifest)
        known = self.server.objects.get((plural, namespace, meta["name"]))
        if known is None:
            self.server.create(plural, namespace, wanted)
            return
        status = known.get("status") or {}
        kept = known["metadata"]
        notes = {**(kept.get("annotations") or {}), **(meta.get("annotations") or {})}
        if fresh and status.get("revision"):
            notes[labels.RERUN] = secrets.token_hex(4)
        again = wanted["spec"] != known["spec"] or status.get("phase") in ("Failed", "Cancelled")
        marks = meta.get("labels") or {}
        made = {**kept, "labels": marks, "annotations": notes, "generation": kept["generation"] + again}
        new = {**known, "spec": wanted["spec"], "metadata": made}
        if new != known:
            self.server.update(plural, new)

    def rest(self, names: set[tuple[str, str]]) -> None:
        """Has all other Pipelines that have not ended start nothing: they go on when they are run."""
        for pipeline in self.server.all("pipelines"):
            name = pipeline["metadata"]["namespace"], pipeline["metadata"]["name"]
            if name not in names and (pipeline.get("status") or {}).get("phase") not in ENDED:
                self.change(pipeline, {"suspend": True})

    def change(self, pipeline: Object, fields: Mapping[str, Any]) -> None:
        """Changes fields of a Pipeline's spec."""
        meta = pipeline["metadata"]
        self.server.patch("pipelines", meta["namespace"], meta["name"], {"spec": dict(fields)})

    # --- what is done -------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begins to act."""
        self.server.listeners.append(self._heard)
        await self.runner.start()
        await self.engine.lister.first()
        await self.engine.surroundings.first()
        self.engine.loop.start()

    def answer_others(self) -> None:
        """From now on does what others ask for by the folder's inbox."""
        self._mail = asyncio.get_running_loop().create_task(self._answer())

    async def wait(self, seconds: float | None = None) -> None:
        """Waits until something changes, but not for longer than that. Raises what keeps this from going on."""
        changed = asyncio.ensure_future(self.changed.wait())
        either: set[asyncio.Future[Any]] = {changed, self.runner.failed}
        try:
            await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()
        self.changed.clear()
        if self.runner.failed.done():
            self.runner.failed.result()

    async def settle(self) -> None:
        """Waits until nothing runs any more, such as what removes outdated artifacts."""
        while self.runner.busy:
            await self.wait(0.5)

    async def _answer(self) -> None:
        while True:
            inbox.take(self.folder.inbox, partial(handled, self.server))
            await asyncio.sleep(inbox.LOOK_SECONDS)

    def _heard(self, plural: str, kind: str, obj: Object, old: Object | None) -> None:
        """Tells the engine, once it has had the answer to its own writes."""
        self.changed.set()
        found = _HEARD.get(plural)
        event = found[1].event(kind, obj, old) if found else None
        if found and event:
            self._news.append((found[0], event["type"], event["object"]))
            if not self._busy:
                self._busy = True
                asyncio.get_running_loop().call_soon(self._pass_on)

    def _pass_on(self) -> None:
        self._busy = False
        while self._news:
            resource, kind, obj = self._news.popleft()
            self.engine.intake.take(resource, {"type": kind, "object": obj})

    def _put_node(self) -> None:
        wanted = node(self._capacity)
        known = self.server.objects.get(("nodes", "", NAME))
        if known is None:
            self.server.create("nodes", "", wanted)
        elif known["status"] != wanted["status"]:
            self.server.update("nodes", {**known, "status": wanted["status"]})
