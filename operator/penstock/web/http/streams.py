"""Streams of events in the framing of server-sent events, which the page reads with fetch: that can show a token."""

import asyncio
import time

from aiohttp import web

from penstock.web.access.guard import refuse
from penstock.web.access.viewer import Viewer
from penstock.web.followed.look import Look, State
from penstock.web.followed.topics import frame

HEARTBEAT_SECONDS = 15.0
MOST = 300
"""Streams at once,"""
MOST_EACH = 6
"""of one viewer, and one of each of their tabs."""
TAB = "X-Penstock-Tab"
"""The header that says of which tab a stream is: whatever the page chose when it was opened."""
SEND_SECONDS = 30.0
"""A reader that takes nothing for so long has gone."""

Key = tuple[str, str]
"""Viewer and tab."""


class Streams:
    """The streams that are open, by whose they are."""

    def __init__(self) -> None:
        self._open: dict[Key, asyncio.Task[object]] = {}

    def refused(self, who: str, tab: str) -> web.Response | None:
        """Why there may be no more; None if there may. A tab that has one already may have another in its place."""
        mine = sum(one == who for one, _ in self._open)
        if (who, tab) in self._open or (mine < MOST_EACH and len(self._open) < MOST):
            return None
        words = f"{MOST_EACH} tabs are open already" if mine >= MOST_EACH else "too many pages are open"
        return refuse(503, f"{words}; close one, or try again", Retry_After="15")

    async def run(self, request: web.Request, viewer: Viewer, tab: str, look: Look[State]) -> web.StreamResponse:
        """Tells what happens after the state that the page has, until it goes, begins another or has to ask anew."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
        ends, key = time.monotonic() + viewer.lasts, (viewer.name, tab)
        older, task = self._open.get(key), asyncio.current_task()
        assert task is not None
        if older is not None:
            older.cancel()
        self._open[key] = task
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
            if self._open.get(key) is task:
                del self._open[key]
        return response
