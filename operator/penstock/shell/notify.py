"""Tells a webhook what the Events tell: one CloudEvent (CNCF, 1.0, structured JSON) for each, by HTTP POST.

Best effort, as with Events: what is queued is lost with the process, and the status stays the truth. Signed as
Standard Webhooks says: `webhook-id`, `webhook-timestamp` and `webhook-signature: v1,<base64 of HMAC-SHA256 over
"id.timestamp.body">`. An event keeps its id over all tries, so that a receiver can drop what comes twice.

The events of one object come in order. One that is not taken holds up its own object only.
"""

import asyncio
import base64
import hashlib
import hmac
import random
import time
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import structlog
from cloudevents.core.bindings.http import to_structured_event
from cloudevents.core.v1.event import CloudEvent

from penstock.core.pipeline.events import Event, outputs_told
from penstock.core.seen.views import PipelineView, StepView
from penstock.engine import clock, metrics
from penstock.engine.resources import PIPELINES, Resource
from penstock.shell.settings import Notifications

log = structlog.get_logger(__name__)

QUEUED = 1000
POSTS = 8
"""Requests in flight at most."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
_SECRET_PREFIX = "whsec_"  # noqa: S105 - it marks a secret, and is none
_HOPELESS = range(400, 500)
_FOR_LATER = (408, 425, 429)


class Notifier:
    """A bounded number of CloudEvents, in a line for each object, and the tasks that post them."""

    def __init__(self, target: Notifications) -> None:
        self.target = target
        self._queued = 0
        self._lines: dict[str, deque[CloudEvent]] = {}
        self._begun: asyncio.Queue[str] = asyncio.Queue()
        self._posts = asyncio.Semaphore(POSTS)

    def tell(self, resource: Resource, view: PipelineView | StepView, event: Event, status: Mapping[str, Any]) -> None:
        """Queues what happened to an object, if anybody wants to know; what does not fit is dropped, and counted."""
        if not self.target.url:
            return
        if self._queued >= QUEUED:
            metrics.NOTIFICATIONS.labels("dropped").inc()
            return
        self._queued += 1
        if view.uid not in self._lines:
            self._lines[view.uid] = deque()
            self._begun.put_nowait(view.uid)
        self._lines[view.uid].append(self._cloud_event(resource, view, event, status))

    def _cloud_event(
        self, resource: Resource, view: PipelineView | StepView, event: Event, status: Mapping[str, Any]
    ) -> CloudEvent:
        told = {key: status[key] for key in ("phase", "progress", "revision", "run", "attempt") if key in status}
        if resource is PIPELINES:
            told |= outputs_told(event, status)
        attributes = {
            "type": f"dev.penstock.{resource.kind.lower()}.{event.action.lower()}",
            "source": f"{self.target.source}/namespaces/{view.namespace}/{resource.plural}/{view.name}",
            "subject": view.name,
            "id": f"{view.uid}-{time.time_ns():x}",
            "time": datetime.fromtimestamp(clock.now(), UTC),
            "datacontenttype": "application/json",
        }
        data = {
            "kind": resource.kind,
            "namespace": view.namespace,
            "name": view.name,
            "uid": view.uid,
            "reason": event.reason,
            "message": event.note,
            "warning": event.warning,
            **told,
        }
        return CloudEvent(attributes, data)

    async def run(self) -> None:
        """Posts what is queued, for ever."""
        if not self.target.url:
            await asyncio.Event().wait()
        timeout = aiohttp.ClientTimeout(total=self.target.timeout_seconds)
        async with aiohttp.ClientSession(timeout=timeout, trust_env=True) as session, asyncio.TaskGroup() as group:
            while True:
                group.create_task(self._work_off(session, await self._begun.get()))

    async def _work_off(self, session: aiohttp.ClientSession, uid: str) -> None:
        """Posts the events of one object, one after the other."""
        line = self._lines[uid]
        while line:
            try:
                sent = await self._deliver(session, line[0])
            except Exception:
                log.exception("a notification could not be made")
                sent = False
            metrics.NOTIFICATIONS.labels("sent" if sent else "failed").inc()
            line.popleft()
            self._queued -= 1
        del self._lines[uid]

    async def _deliver(self, session: aiohttp.ClientSession, event: CloudEvent) -> bool:
        pause = FIRST_PAUSE
        problem = ""
        for attempt in range(1, self.target.attempts + 1):
            async with self._posts:
                code, problem = await self._post(session, event)
            if not problem:
                return True
            if attempt == self.target.attempts or (code in _HOPELESS and code not in _FOR_LATER):
                break
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - jitter
            pause = min(LONGEST_PAUSE, pause * 2)
        log.warning("a notification was not taken", type=event.get_type(), subject=event.get_subject(), error=problem)
        return False

    async def _post(self, session: aiohttp.ClientSession, event: CloudEvent) -> tuple[int, str]:
        """One try: the HTTP status (0 if there was no answer) and what is wrong; nothing is wrong if it was taken."""
        message = to_structured_event(event)
        try:
            headers = {**message.headers, **self._signature(event.get_id(), message.body)}
            request = session.post(self.target.url, data=message.body, headers=headers, allow_redirects=False)
            async with request as answer:
                taken = 200 <= answer.status < 300
                return answer.status, "" if taken else f"the webhook answered {answer.status} {answer.reason}"
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return 0, str(error) or type(error).__name__

    def _signature(self, identity: str, body: bytes) -> dict[str, str]:
        if self.target.secret_file is None:
            return {}
        now = str(int(clock.now()))
        signed = b".".join((identity.encode(), now.encode(), body))
        digest = hmac.new(secret(self.target.secret_file), signed, hashlib.sha256).digest()
        signature = f"v1,{base64.b64encode(digest).decode()}"
        return {"webhook-id": identity, "webhook-timestamp": now, "webhook-signature": signature}


def secret(path: Path) -> bytes:
    """The key in a file, read anew each time since a mounted Secret may change: base64 after `whsec_`, else as it is.

    Raises OSError if there is no such file, ValueError if it is empty or not base64.
    """
    text = path.read_text(encoding="utf-8").strip()
    key = base64.b64decode(text.removeprefix(_SECRET_PREFIX)) if text.startswith(_SECRET_PREFIX) else text.encode()
    if not key:
        raise ValueError(f"{path} is empty; put the signing key of the webhook there")
    return key
