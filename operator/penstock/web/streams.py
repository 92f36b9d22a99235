"""Streams of events in the framing of server-sent events, which the page reads with fetch: that can show a token."""

import asyncio

from aiohttp import web

from penstock.web.look import Look, State
from penstock.web.topics import frame

HEARTBEAT_SECONDS = 15.0
MOST = 300
"""Streams at once; of one page there is one."""
SEND_SECONDS = 30.0
"""A reader that takes nothing for so long has gone."""


class Streams:
    """Counts the streams that are open."""

    def __init__(self) -> None:
        self.open = 0

    @property
    def full(self) -> bool:
        """Whether there may be no more."""
        return self.open >= MOST

    async def run(self, request: web.Request, look: Look[State], last: str) -> web.StreamResponse:
        """Tells what happens after the state of that id, until the page goes away."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
        self.open += 1
        try:
            with look.topic.listen(last) as listener:
                await response.prepare(request)
                if look.trouble.message:
                    await response.write(frame("trouble", look.trouble))
                while True:
                    told = await listener.next(HEARTBEAT_SECONDS)
                    await asyncio.wait_for(response.write(told or b": still here\n\n"), SEND_SECONDS)
        except (ConnectionError, TimeoutError):
            return response
        finally:
            self.open -= 1
