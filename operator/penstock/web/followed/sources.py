"""Follows objects in threads, reads them there, and hands what was seen to the loop."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from penstock.cluster.api import PIPELINES, Cluster, Object, Refused, Resource
from penstock.cluster.failure import Failure
from penstock.cluster.watching import Change, Stop, follow
from penstock.core.seen.compact import compact
from penstock.core.seen.reading import pipeline_view, step_view
from penstock.core.seen.views import PipelineView, StepView
from penstock.web.followed.tracebacks import origin
from penstock.web.wire import Trouble

AGAIN_SECONDS = 2.0
"""After so long the API server is asked again that could not be, or would not answer."""
AGAIN_LATER_SECONDS = 60.0
"""After so long it is asked again for what may not be listed, and what is shown does without."""
_FOR_GOOD = (401, 403, 404)

View = PipelineView | StepView
Told = TypeVar("Told")


@dataclass(frozen=True, slots=True)
class Seen:
    """What a watch told: `SYNCED` brings all there is anew, the others one. What cannot be read is left out.

    `origins`: by the name of each object that has some, what tells its tracebacks, if that is wanted.
    """

    resource: Resource
    kind: Literal["SYNCED", "ADDED", "MODIFIED", "DELETED"]
    views: tuple[View, ...]
    namespace: str | None
    """The namespace that was asked for; None: all."""
    origins: Mapping[str, Object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be followed. `instead`: the namespace to be content with if all may not be listed. Not `needed`: where
    it may not be listed at all, there is none of it. `tracebacks`: what tells them is wanted, too."""

    resource: Resource
    namespace: str | None
    instead: str | None = None
    selectors: tuple[tuple[str, str], ...] = ()
    needed: bool = True
    tracebacks: bool = False


class Source:
    """Follows one wish in a thread. `take` and `trouble` are called in the loop."""

    def __init__(
        self, cluster: Cluster, wish: Wish, take: Callable[[Seen], None], trouble: Callable[[Trouble], None]
    ) -> None:
        self._cluster = cluster
        self._wish = wish
        self._take = take
        self._trouble = trouble
        self._loop = asyncio.get_running_loop()
        self.stop = Stop()
        threading.Thread(target=self._run, daemon=True, name=f"watch {wish.resource.plural}").start()

    def _run(self) -> None:
        wish, stop = self._wish, self.stop
        namespace, troubled = wish.namespace, False
        while not stop.asked:
            try:
                for change in follow(
                    self._cluster, wish.resource, namespace, stop, patience=0.0, **dict(wish.selectors)
                ):
                    if troubled:
                        troubled = False
                        self._post(self._trouble, Trouble(""))
                    views, origins = tuple(_views(change)), dict(_origins(change)) if wish.tracebacks else {}
                    self._post(self._take, Seen(wish.resource, change.kind, views, namespace, origins))
            except Refused as refused:
                if refused.status == 403 and namespace is None and wish.instead:
                    namespace = wish.instead
                    continue
                if not wish.needed and refused.status in (400, *_FOR_GOOD):  # 400: what it does not know to choose by
                    self._post(self._take, Seen(wish.resource, "SYNCED", (), namespace))
                    stop.pause(AGAIN_LATER_SECONDS)
                    namespace = wish.namespace
                    continue
                troubled = True
                self._post(self._trouble, Trouble(str(refused), refused.status in _FOR_GOOD))
            except Failure as failure:
                troubled = True
                self._post(self._trouble, Trouble(str(failure)))
            except Exception as error:  # nobody sees the traceback of a thread
                troubled = True
                self._post(self._trouble, Trouble(f"unexpected {type(error).__name__}: {error}"))
            stop.pause(AGAIN_SECONDS)

    def _post(self, call: Callable[[Told], None], told: Told) -> None:
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._tell, call, told)

    def _tell(self, call: Callable[[Told], None], told: Told) -> None:
        if not self.stop.asked:
            call(told)


def _views(change: Change) -> Iterator[View]:
    read: Callable[[Object], View] = pipeline_view if change.resource is PIPELINES else step_view
    for one in change.objects:
        with suppress(Exception):  # what somebody made of one object must not hide all others
            yield compact(read(one))


def _origins(change: Change) -> Iterator[tuple[str, Object]]:
    for one in change.objects:
        with suppress(Exception):
            found = origin(change.resource, one)
            if found is not None:
                yield one["metadata"]["name"], found
