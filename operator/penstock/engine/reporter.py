"""Sends Kubernetes Events, in the background and never too many: they are for people, and never waited for."""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

import structlog

from penstock.core.cron.scheduled import ScheduleView
from penstock.core.pipeline.events import Event, pipeline_event, step_event
from penstock.core.seen.views import PipelineView, StepView
from penstock.engine import clock, metrics
from penstock.engine.client import Client, Refused, Unreachable
from penstock.engine.resources import EVENTS, PIPELINES, STEPS, Resource

log = structlog.get_logger(__name__)

QUEUED = 1000
PER_SECOND = 20.0
BURST = 100.0
CONTROLLER = "penstock.dev/operator"


class Notifier(Protocol):
    """Somebody else who wants to know what the Events tell."""

    def tell(self, resource: Resource, view: PipelineView | StepView, event: Event, status: Mapping[str, Any]) -> None:
        """Takes a change of status, and returns at once."""
        ...


class Reporter:
    """A bounded queue of Events and the task that sends them. What does not fit is dropped, and counted."""

    def __init__(self, client: Client, instance: str, notifier: Notifier) -> None:
        self.client = client
        self.notifier = notifier
        self.instance = instance
        self._queue: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue(QUEUED)
        self._dropped = 0

    def status(self, view: PipelineView | StepView, status: Mapping[str, Any]) -> None:
        """Reports a change of status, if it is worth an Event, to the API server and to who else wants to know."""
        if isinstance(view, PipelineView):
            found, resource = pipeline_event(view.status, status), PIPELINES
        else:
            found, resource = step_event(view.status, status), STEPS
        if found:
            self.send(resource, view, found)
            self.notifier.tell(resource, view, found, status)

    def send(self, resource: Resource, view: PipelineView | StepView | ScheduleView, event: Event) -> None:
        """Queues an Event about an object."""
        try:
            self._queue.put_nowait(self._manifest(resource, view, event))
        except asyncio.QueueFull:
            self._dropped += 1
            metrics.EVENTS_SENT.labels("dropped").inc()

    async def run(self) -> None:
        """Sends what is queued, a burst at once and then so many a second."""
        allowance, then = BURST, time.monotonic()
        while True:
            manifest = await self._queue.get()
            now = time.monotonic()
            allowance, then = min(BURST, allowance + (now - then) * PER_SECOND), now
            if allowance < 1:
                await asyncio.sleep((1 - allowance) / PER_SECOND)
            allowance -= 1
            await self._send(manifest)
            if self._dropped and self._queue.empty():
                log.warning("more events than may be sent; some were dropped", dropped=self._dropped)
                self._dropped = 0

    async def _send(self, manifest: Mapping[str, Any]) -> None:
        try:
            await self.client.create(EVENTS, manifest, retry=False)
        except (Refused, Unreachable) as error:
            metrics.EVENTS_SENT.labels("failed").inc()
            log.debug("an event could not be sent", error=str(error))
        else:
            metrics.EVENTS_SENT.labels("sent").inc()

    def _manifest(
        self, resource: Resource, view: PipelineView | StepView | ScheduleView, event: Event
    ) -> Mapping[str, Any]:
        moment = datetime.fromtimestamp(clock.now(), UTC)
        return {
            "apiVersion": EVENTS.api_version,
            "kind": EVENTS.kind,
            "metadata": {"name": f"{view.name[:230]}.{time.time_ns():x}", "namespace": view.namespace},
            "eventTime": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "reportingController": CONTROLLER,
            "reportingInstance": self.instance,
            "action": event.action,
            "reason": event.reason,
            "note": event.note,
            "type": "Warning" if event.warning else "Normal",
            "regarding": {
                "apiVersion": resource.api_version,
                "kind": resource.kind,
                "name": view.name,
                "namespace": view.namespace,
                "uid": view.uid,
            },
        }
