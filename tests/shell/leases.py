"""One Lease in memory, and the ways of replicas to it: slow, cut, or losing what is answered."""

import asyncio
import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from penstock.engine.client import Refused, Unreachable
from penstock.shell.lease import Lease

Object = dict[str, Any]


class Api:
    """One Lease, changed by whoever knows its version."""

    def __init__(self) -> None:
        self.found: Object | None = None
        self.version = 0
        self.written: Callable[[Object], None] = lambda obj: None

    def read(self) -> Object:
        if self.found is None:
            raise Refused(404, "NotFound", "there is none")
        return copy.deepcopy(self.found)

    def write(self, obj: Object, *, new: bool) -> Object:
        if new and self.found is not None:
            raise Refused(409, "AlreadyExists", "there is one")
        if not new and (self.found is None or obj["metadata"]["resourceVersion"] != str(self.version)):
            raise Refused(404 if self.found is None else 409, "Conflict", "it is another version")
        self.version += 1
        self.found = copy.deepcopy(obj)
        self.found["metadata"]["resourceVersion"] = str(self.version)
        self.written(self.found)
        return self.read()


@dataclass
class Way:
    """A replica's way to the API server and back: seconds that a request and its answer take, and what gets lost."""

    api: Api
    there: float = 0.01
    back: float = 0.01
    cut: bool = False
    lose_answers: int = 0

    async def _go(self, verb: str, work: Callable[[], Object]) -> Object:
        cut, lost = self.cut, verb != "GET" and self.lose_answers > 0
        self.lose_answers -= lost
        await asyncio.sleep(self.there)
        if cut:
            raise Unreachable("no route")
        # What is under way arrives, whether or not anybody still waits for it.
        try:
            return work()
        finally:
            await asyncio.sleep(self.back)
            if lost:
                raise Unreachable("the connection was closed")

    async def get(self, *_: Any) -> Object:
        return await asyncio.shield(asyncio.ensure_future(self._go("GET", self.api.read)))

    async def create(self, _: Any, obj: Object) -> Object:
        return await asyncio.shield(asyncio.ensure_future(self._go("POST", lambda: self.api.write(obj, new=True))))

    async def replace(self, _: Any, obj: Object) -> Object:
        return await asyncio.shield(asyncio.ensure_future(self._go("PUT", lambda: self.api.write(obj, new=False))))


def lease(way: Way, identity: str) -> Lease:
    return Lease(way, "ns", identity, clock=asyncio.get_running_loop().time)  # type: ignore[arg-type]
