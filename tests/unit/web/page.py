"""What a page does, without a browser."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from pydantic import TypeAdapter

from penstock.web.wire import Message

WIRE = TypeAdapter[Message](Message)
Event = tuple[str, str, Any]
"""Name, id and data."""


@dataclass(frozen=True)
class Page:
    session: aiohttp.ClientSession
    place: str
    token: str

    @property
    def shown(self) -> dict[str, str]:
        """The headers that show the token."""
        return {"Authorization": f"Bearer {self.token}"}

    def ask(self, path: str, **headers: str) -> Any:
        """The answer to a request, with the token unless the headers say otherwise."""
        shown = {
            **self.shown,
            **{name.replace("_", "-"): one for name, one in headers.items()},
        }
        return self.session.get(self.place + path, headers=shown)

    async def get(self, path: str) -> Any:
        """The JSON of an answer, which is as the wire format has it."""
        async with self.ask(path) as answer:
            assert answer.status == 200, await answer.text()
            found = await answer.read()
        WIRE.validate_json(found, strict=True, extra="forbid")
        return json.loads(found)

    @asynccontextmanager
    async def stream(self, path: str, last: str) -> AsyncIterator[AsyncIterator[Event]]:
        """The events after a state."""
        async with self.ask(path, Last_Event_ID=last) as answer:
            assert answer.headers["Content-Type"] == "text/event-stream"
            yield _events(answer)


async def _events(answer: aiohttp.ClientResponse) -> AsyncIterator[Event]:
    fields: dict[str, str] = {}
    async for line in answer.content:
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name:
            fields[name] = value
        elif "event" in fields:
            yield fields["event"], fields.get("id", ""), json.loads(fields["data"])
            fields = {}
