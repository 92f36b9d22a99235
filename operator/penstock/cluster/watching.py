"""Lists objects and follows their changes, across the API server's time limits and short interruptions."""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Generic, Literal, TypeVar

from penstock.cluster.api import Cluster, Object, Refused, Resource, Unreachable
from penstock.cluster.failure import Failure

Told = TypeVar("Told")

PATIENCE_SECONDS = 60.0
"""How long the API server may be away."""


@dataclass(frozen=True, slots=True)
class Change:
    """What happened: `SYNCED` brings all objects anew, the others one."""

    resource: Resource
    kind: Literal["SYNCED", "ADDED", "MODIFIED", "DELETED"]
    objects: tuple[Object, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Some of all objects. `uids`: with the last part, those of all that are there; None: more parts come."""

    resource: Resource
    objects: tuple[Object, ...]
    uids: frozenset[str] | None


class Stop:
    """Ends a stream of changes from another thread, also while it waits for one."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._response: Any = None

    @property
    def asked(self) -> bool:
        """Whether the stream is to end."""
        return self._asked.is_set()

    def __call__(self) -> None:
        """Asks for the end."""
        self._asked.set()
        self._shut()

    def pause(self, seconds: float) -> None:
        """Waits that long, or until the end is asked for."""
        self._asked.wait(seconds)

    def watch(self, response: Any) -> None:
        """What is being read now; None: nothing."""
        self._response = response
        if self.asked:
            self._shut()

    def _shut(self) -> None:
        with suppress(Exception):  # there may be none, or it may have come to its own end meanwhile
            self._response.shutdown()


def follow(
    cluster: Cluster,
    resource: Resource,
    namespace: str | None,
    stop: Stop | None = None,
    patience: float = PATIENCE_SECONDS,
    **selectors: str,
) -> Iterator[Change]:
    """All objects of a namespace (None: of all) that match, then every change. Ends by `stop` or a Failure.

    `patience`: for so many seconds the API server may be away. `selectors`: labelSelector, fieldSelector.
    """
    for told in follow_in_parts(cluster, resource, namespace, None, stop, patience, selectors):
        yield Change(resource, "SYNCED", told.objects) if isinstance(told, Part) else told


def follow_in_parts(
    cluster: Cluster,
    resource: Resource,
    namespace: str | None,
    limit: int | None,
    stop: Stop | None = None,
    patience: float = PATIENCE_SECONDS,
    selectors: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Part | Change]:
    """The same for who would not hold all objects at once: in parts of so many (None: in one)."""
    stop = stop or Stop()
    path = resource.path(namespace)
    away_since = 0.0
    version: str | None = None
    while not stop.asked:
        try:
            if version is None:
                uids: list[str] = []
                for page in cluster.pages(path, {**selectors, **({"limit": limit} if limit else {})}):
                    objects, more = tuple(page.get("items") or ()), page["metadata"].get("continue")
                    uids += [one["metadata"].get("uid", "") for one in objects]
                    version = None if more else page["metadata"]["resourceVersion"]
                    yield Part(resource, objects, None if more else frozenset(uids))
            response = _watch(cluster, path, {**selectors, "resourceVersion": version})
            away_since = 0.0
            for event in _events(response, stop):
                if event["type"] == "ERROR":
                    version = None  # too old: begin anew
                    break
                version = event["object"]["metadata"]["resourceVersion"]
                if event["type"] != "BOOKMARK":
                    yield Change(resource, event["type"], (event["object"],))
        except (Unreachable, Refused) as failure:
            if isinstance(failure, Refused):
                if failure.status not in (410, 429, 500, 502, 503, 504):
                    raise
                version = None
            away_since = away_since or time.monotonic()
            if time.monotonic() - away_since > patience:
                raise
            stop.pause(1)


def _watch(cluster: Cluster, path: str, query: dict[str, Any]) -> Any:
    options = {"watch": "true", "allowWatchBookmarks": "true", "timeoutSeconds": 240}
    return cluster.request("GET", path, {**query, **options}, read_seconds=300)


def _events(response: Any, stop: Stop) -> Iterator[Object]:
    import urllib3

    from penstock.api.plain import decode

    rest = b""
    try:
        stop.watch(response)
        for chunk in response.stream(65536, decode_content=True):
            *lines, rest = (rest + chunk).split(b"\n")
            yield from (decode(line) for line in lines if line)
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        raise Unreachable(f"the API server broke off: {error}") from error
    finally:
        stop.watch(None)
        response.close()


class _Weighed(queue.Queue["Told | Failure"], Generic[Told]):
    """A queue that is full when what is in it weighs so much, not when it is so many."""

    def __init__(self, most: int, weight: Callable[[Told], int]) -> None:
        super().__init__(maxsize=most)
        self._weight = weight
        self._all = 0

    def _qsize(self) -> int:
        return self._all

    def _put(self, item: Told | Failure) -> None:
        super()._put(item)
        self._all += self._of(item)

    def _get(self) -> Told | Failure:
        item = super()._get()
        self._all -= self._of(item)
        return item

    def _of(self, item: Told | Failure) -> int:
        return 1 if isinstance(item, Failure) else max(1, self._weight(item))


class Changes(Generic[Told]):
    """The changes of several streams in one queue, each followed by a thread of its own.

    `most`: so much waits to be taken; then the streams wait. `weight`: how much of that a change is.
    """

    def __init__(
        self, *streams: Iterator[Told], most: int = 10_000, weight: Callable[[Told], int] = lambda _: 1
    ) -> None:
        self._queue: _Weighed[Told] = _Weighed(most, weight)
        for stream in streams:
            threading.Thread(target=self._pump, args=(stream,), daemon=True).start()

    def _pump(self, stream: Iterator[Told]) -> None:
        try:
            for change in stream:
                self._queue.put(change)
        except Failure as failure:
            self._queue.put(failure)
        except Exception as error:  # nobody sees the traceback of a thread
            self._queue.put(Failure(f"unexpected {type(error).__name__}: {error}"))

    def get(self, seconds: float) -> list[Told]:
        """What comes in within so long, all at once. Raises the Failure that ended a stream."""
        time.sleep(seconds)
        found: list[Told] = []
        for _ in range(len(self._queue.queue)):  # what comes meanwhile comes next
            item = self._queue.get()
            if isinstance(item, Failure):
                raise item
            found.append(item)
        return found
