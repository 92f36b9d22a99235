"""Streams of events in the framing of server-sent events, which the page reads with fetch: that can show a token."""

import asyncio
import time
from collections import Counter

from aiohttp import web

from penstock.web.look import Look, State
from penstock.web.topics import frame
from penstock.web.viewer import Viewer

HEARTBEAT_SECONDS = 15.0
MOST = 300
"""Streams at once; of one page there is one,"""
MOST_OF_ONE = 6
"""and of one viewer there are so many at most."""
SEND_SECONDS = 30.0
"""A reader that takes nothing for so long has gone."""


class Streams:
    """Counts the streams that are open."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    def full(self, viewer: Viewer) -> bool:
        """Whether there may be no more of theirs."""
        return self._open.total() >= MOST or self._open[viewer.name] >= MOST_OF_ONE

    async def run(self, request: web.Request, viewer: Viewer, look: Look[State]) -> web.StreamResponse:
        """Tells what happens after the state that the page has, until it goes away or has to ask anew."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
        ends = time.monotonic() + viewer.lasts
        self._open[viewer.name] += 1
        try:
            with look.topic.listen(request.headers.get("Last-Event-ID", "")) as listener:
                await response.prepare(request)
                if look.trouble.message:
                    await response.write(frame("trouble", look.trouble))
                while (left := ends - time.monotonic()) > 0:
                    told = await listener.next(min(HEARTBEAT_SECONDS, left))
                    await asyncio.wait_for(response.write(told or b": still here\n\n"), SEND_SECONDS)
        except (ConnectionError, TimeoutError):
            pass
        finally:
            self._open[viewer.name] -= 1
            if not self._open[viewer.name]:
                del self._open[viewer.name]
        return response
