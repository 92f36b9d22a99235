"""Complete lists of what is watched: before the first plan, and again and again.

A watch never tells what was deleted while it was interrupted (410 Gone), and a frozen one tells nothing at all. So
everything is compared with the cluster every now and then, which also shows whether the cluster can be read. Then all
that lives is looked at again, whatever has or has not been told of it.

A namespace that may not be listed (it was deleted, or the Role in it) costs only itself: nothing is done in it, since
not all is known of it, until it can be listed again. What is known of it still holds room for one resync; then it is
forgotten: what may not be seen limits nothing.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

import structlog

from penstock.engine import metrics
from penstock.engine.client import Client, Refused, Unreachable
from penstock.engine.resources import COMPONENTS, KNOWN, Resource
from penstock.engine.scope import Scope
from penstock.engine.store import Key, Store

log = structlog.get_logger(__name__)

AGAIN_SECONDS = 30
"""Until namespaces that could not be listed, and catalogues that are not watched, are listed again."""
PATIENCE = 2.0
WAKES = 200
"""Pipelines a second that are looked at again after a comparison, so that it costs others nothing."""


class WentBack(Exception):
    """The API server shows an earlier state than it did before."""


class Lister:
    """Compares the store with the cluster."""

    def __init__(self, client: Client, store: Store, scope: Scope, wake: Callable[[Key], None]) -> None:
        self.client = client
        self.store = store
        self.seconds = scope.resync_seconds
        self.namespaces: tuple[str | None, ...] = scope.namespaces or (None,)
        watched = scope.namespaces
        self.catalogues = tuple(one for one in scope.catalogue_namespaces if watched and one not in watched)
        self.wake = wake
        self.completed: float | None = None
        self.versions: dict[tuple[Resource, str | None], int] = {}
        """Of the last list of each kind in each namespace."""
        self._told: dict[str | None, str] = {}
        self._denied: dict[str | None, float] = {}
        self._doubts = asyncio.Event()
        store.unlisted.update(self.namespaces)

    @property
    def age(self) -> float:
        """Seconds since everything that may be listed was compared; 0 before the first time."""
        return 0.0 if self.completed is None else time.monotonic() - self.completed

    async def first(self) -> None:
        """Lists everything, for as long as it takes: until the definitions are installed and the cluster answers."""
        while self.completed is None:
            await self._guarded(self.compare())
            if self.completed is None:
                await asyncio.sleep(PATIENCE)

    async def run(self) -> None:
        """Compares every `resyncSeconds`, never in step with other operators."""
        again = 0.0
        while True:
            pause = self.seconds * random.uniform(0.9, 1.1)  # noqa: S311 - spreads load, no secret
            until = time.monotonic() + pause
            while (left := until - time.monotonic()) > 0 and not self._doubts.is_set():
                metrics.RESYNC_AGE.set(self.age)
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(left, 5.0)):
                        await self._doubts.wait()
                if time.monotonic() > again:
                    again = time.monotonic() + AGAIN_SECONDS
                    await self._guarded(self.look_again())
            self._doubts.clear()
            await self._guarded(self.compare())

    def doubt(self) -> None:
        """Something shows that what is known may not be so: compares at once."""
        self._doubts.set()

    async def _guarded(self, work: Awaitable[object]) -> None:
        try:
            await work
        except Unreachable as error:
            self._tell("", "the cluster cannot be listed", error)

    async def compare(self) -> None:
        """Lists everything once, takes in what is new, drops what is gone, and has all that lives looked at."""
        listed = [await self._namespace(namespace) for namespace in self.namespaces]
        await self._catalogues()
        self._told.pop("", None)
        if any(listed):
            self.completed = time.monotonic()
            metrics.RESYNC_AGE.set(0)

    async def look_again(self) -> None:
        """Lists what could not be listed, and the catalogues, of which no watch tells."""
        for namespace in self.namespaces:
            if namespace in self.store.unlisted:
                await self._namespace(namespace)
        await self._catalogues()

    async def _catalogues(self) -> None:
        for namespace in self.catalogues:
            try:
                await self.list(COMPONENTS, namespace)
            except Refused as error:
                self._tell(namespace, "the Components of a catalogue cannot be listed", error)
            else:
                self._told.pop(namespace, None)

    async def _namespace(self, namespace: str | None) -> bool:
        """Everything in a namespace; returns whether it could be listed."""
        try:
            for resource in KNOWN:
                await self.list(resource, namespace)
        except Refused as error:
            await self._refused(namespace, error)
            return False
        everything = namespace in self.store.unlisted
        self.store.unlisted.discard(namespace)
        metrics.UNLISTED.set(len(self.store.unlisted))
        self._denied.pop(namespace, None)
        if self._told.pop(namespace, None):
            log.info("listed again", namespace=namespace or "all")
        if self.completed is not None:
            await self._wake(namespace, everything)
        return True

    async def _refused(self, namespace: str | None, error: Refused) -> None:
        hint = "; apply the CustomResourceDefinitions" if error.code == 404 else ""
        self._tell(namespace, "cannot be listed" + hint, error)
        if error.code != 403:
            return  # what is known stays true as far as the watches tell
        now = time.monotonic()
        if now - self._denied.setdefault(namespace, now) > self.seconds:
            self.store.forget(namespace)
        known = namespace not in self.store.unlisted
        self.store.unlisted.add(namespace)
        metrics.UNLISTED.set(len(self.store.unlisted))
        if known:
            await self._wake(namespace, everything=True)  # so that they are let go

    def _tell(self, namespace: str | None, what: str, error: Exception) -> None:
        words = str(error)
        if self._told.get(namespace) != words:
            self._told[namespace] = words
            log.warning(what, namespace=namespace or "all", error=words)

    async def _wake(self, namespace: str | None, everything: bool) -> None:
        """Has all that lives in a namespace looked at, or everything in it."""
        keys = self.store.keys()
        for key in keys:
            if namespace in (None, key.namespace) and (everything or self._lives(key)):
                self.store.doubt(key)
                self.wake(key)
                await asyncio.sleep(1 / WAKES)

    def _lives(self, key: Key) -> bool:
        """Whether there may be something to do about it. An ended Pipeline's time to live has an alarm of its own."""
        if key.schedule:
            return True
        view = self.store.step(key) if key.alone else self.store.pipeline(key)
        if view is None or view.deleting:
            return False
        status = view.status
        return "completionTime" not in status or status.get("observedGeneration", view.generation) != view.generation

    async def list(self, resource: Resource, namespace: str | None) -> int:
        """Compares one kind in a namespace; returns the version of its list.

        A list that takes too long to page through (410) starts over once.

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
        self.versions[resource, namespace] = version
        return version

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
            if self.completed is not None and self.store.complete(key.namespace):
                metrics.MISSED.labels(resource.kind).inc()
            self.wake(key)


def _words(resource: Resource, words: str) -> str:
    return f"the API server shows an earlier state of {resource.plural}: {words}; was etcd restored from a backup?"
