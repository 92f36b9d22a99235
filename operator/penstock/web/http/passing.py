"""Passes bytes on from the API server to the page while they come in: a few streams at once, each of one chunk."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Protocol

from aiohttp import web

from penstock.cluster.api import Refused
from penstock.cluster.failure import Failure
from penstock.web.access.guard import failed, refuse

MOST = 4
"""Streams of one viewer at once."""
MOST_IN_ALL = 64
SEND_SECONDS = 60.0
"""A reader that takes nothing for so long has gone."""


class Source(Protocol):
    """What is passed on."""

    def chunks(self) -> Iterator[bytes]:
        """What comes in; blocks. Raises Failure if it breaks off."""

    def close(self) -> None:
        """Ends it, also from another thread while that waits."""


class Passing:
    """The streams that are open. Threads of their own wait for them, so that nothing else waits for a thread."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._threads = ThreadPoolExecutor(MOST_IN_ALL, "log")

    async def on(
        self, request: web.Request, begin: Callable[[], Source], headers: Mapping[str, str], who: str
    ) -> web.StreamResponse:
        """Passes on what `begin` opens, until either side ends it. `who`: whose it is."""
        if self._open[who] >= MOST or self._open.total() >= MOST_IN_ALL:
            return refuse(503, f"at most {MOST} logs are read at once; close one, or try again", Retry_After="5")
        self._open[who] += 1
        try:
            return await self._passed(request, begin, headers)
        finally:
            self._open -= Counter({who: 1})

    async def _passed(
        self, request: web.Request, begin: Callable[[], Source], headers: Mapping[str, str]
    ) -> web.StreamResponse:
        loop = asyncio.get_running_loop()
        beginning = loop.run_in_executor(self._threads, begin)
        try:
            source = await asyncio.shield(beginning)
        except Failure as failure:
            waits = isinstance(failure, Refused) and failure.status == 400  # the container has not started
            return refuse(202, str(failure)) if waits else failed(failure)
        except asyncio.CancelledError:
            beginning.add_done_callback(_closed)
            raise
        response = web.StreamResponse(headers=headers)
        try:
            await response.prepare(request)
            chunks = source.chunks()
            while chunk := await loop.run_in_executor(self._threads, next, chunks, b""):
                await asyncio.wait_for(response.write(chunk), SEND_SECONDS)
        except (Failure, ConnectionError, TimeoutError):
            if request.transport is not None:
                request.transport.abort()  # so that the page does not take it for the end
        finally:
            source.close()
        return response

    async def close(self, _: object = None) -> None:
        """Ends all."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _closed(beginning: "asyncio.Future[Source]") -> None:
    with suppress(Failure, asyncio.CancelledError):
        beginning.result().close()
