"""Complete lists of what is watched: before the first plan, and again and again.

A watch never tells what was deleted while it was interrupted (410 Gone), and a frozen one tells nothing at all. So
everything is compared with the cluster every now and then, which also shows whether the cluster can be read.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterable

import structlog

from penstock.shell import metrics
from penstock.shell.client import Client, Refused, Unreachable
from penstock.shell.resources import COMPONENTS, WATCHED, Resource
from penstock.shell.settings import Settings
from penstock.shell.store import Key, Store

log = structlog.get_logger(__name__)

CATALOGUE_SECONDS = 30
PATIENCE = 2.0


class WentBack(Exception):
    """The API server shows an earlier state than it did before."""


class Lister:
    """Compares the store with the cluster."""

    def __init__(self, client: Client, store: Store, settings: Settings, wake: Callable[[Key], None]) -> None:
        self.client = client
        self.store = store
        self.seconds = settings.resync_seconds
        self.namespaces: tuple[str | None, ...] = settings.namespaces or (None,)
        watched = settings.namespaces
        self.catalogues = tuple(one for one in settings.catalogue_namespaces if watched and one not in watched)
        self.wake = wake
        self.completed: float | None = None

    @property
    def age(self) -> float:
        """Seconds since the last complete comparison; 0 before the first."""
        return 0.0 if self.completed is None else time.monotonic() - self.completed

    async def first(self) -> None:
        """Lists everything, for as long as it takes: until the definitions are installed and the cluster answers."""
        said = ""
        while True:
            try:
                await self.compare()
            except (Refused, Unreachable) as error:
                if str(error) != said:
                    said = str(error)
                    hint = "; apply the CustomResourceDefinitions" if getattr(error, "code", 0) == 404 else ""
                    log.warning("cannot list what is to be watched yet", error=said + hint)
                await asyncio.sleep(PATIENCE)
            else:
                return

    async def run(self) -> None:
        """Compares every `resyncSeconds`, never in step with other operators."""
        catalogue_due = 0.0
        while True:
            pause = self.seconds * random.uniform(0.9, 1.1)  # noqa: S311 - spreads load, no secret
            until = time.monotonic() + pause
            while (left := until - time.monotonic()) > 0:
                metrics.RESYNC_AGE.set(self.age)
                await asyncio.sleep(min(left, 5.0))
                if self.catalogues and time.monotonic() > catalogue_due:
                    catalogue_due = time.monotonic() + CATALOGUE_SECONDS
                    await self._guarded(self._catalogues())
            await self._guarded(self.compare())

    async def _guarded(self, work: Awaitable[None]) -> None:
        try:
            await work
        except (Refused, Unreachable) as error:
            log.warning("the cluster cannot be listed", error=str(error))

    async def compare(self) -> None:
        """Lists everything once, takes in what is new, and drops what is gone."""
        for resource in WATCHED:
            for namespace in self.namespaces:
                await self._compare(resource, namespace)
        await self._catalogues()
        self.completed = time.monotonic()
        metrics.RESYNC_AGE.set(0)

    async def _catalogues(self) -> None:
        for namespace in self.catalogues:
            await self._compare(COMPONENTS, namespace)

    async def _compare(self, resource: Resource, namespace: str | None) -> None:
        """One kind, in a namespace; a list that takes too long to page through (410) starts over once.

        So does one that is older than what is known. Lists are never older (they are consistent reads), unless etcd was
        restored from a backup: then all events would be old news for ever, and the state must be read from nothing.
        """
        try:
            version, found = await self._take(resource, namespace)
        except Refused as error:
            if error.code != 410:
                raise
            version, found = await self._take(resource, namespace)
        except WentBack as error:
            log.warning("looking again", error=str(error))
            await asyncio.sleep(PATIENCE)
            version, found = await self._take(resource, namespace)
        shelf = self.store.shelf(resource)
        for uid in shelf.missing(found, version, namespace):
            self._missed(resource, self.store.drop(resource, uid, version))

    async def _take(self, resource: Resource, namespace: str | None) -> tuple[int, set[str]]:
        found: set[str] = set()
        version, shelf = 0, self.store.shelf(resource)
        newest = shelf.newest
        async for at, items in self.client.pages(resource, namespace):
            version = at
            if version < newest:
                raise WentBack(_words(resource, f"its list is of version {version}, after version {newest}"))
            shelf.newest = max(shelf.newest, version)
            for item in items:
                meta = item["metadata"]
                if shelf.contradicts(meta["uid"], int(meta["resourceVersion"]), version):
                    words = f"{meta['name']} is of version {meta['resourceVersion']}, which was replaced before"
                    raise WentBack(_words(resource, words))
                found.add(meta["uid"])
                self._missed(resource, self.store.put(resource, item))
            await asyncio.sleep(0)
        return version, found

    def _missed(self, resource: Resource, concerned: Iterable[Key]) -> None:
        for key in concerned:
            if self.completed is not None:
                metrics.MISSED.labels(resource.kind).inc()
            self.wake(key)


def _words(resource: Resource, words: str) -> str:
    return f"the API server shows an earlier state of {resource.plural}: {words}; was etcd restored from a backup?"
