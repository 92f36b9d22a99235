"""What kopf calls: at the beginning and the end of the process, for probes, and for what happens to what users write.

kopf only watches here. It has no handler that would need finalizers, annotations or a status of ours, nor posts Events.
"""

import errno
from collections.abc import Iterator
from itertools import repeat
from typing import Any

import kopf
import structlog

from penstock.api.base import GROUP
from penstock.engine.resources import WRITTEN
from penstock.engine.watching import PAUSE
from penstock.shell.client import PAGE
from penstock.shell.process import Process
from penstock.shell.session import session

log = structlog.get_logger(__name__)

PORT_TAKEN = (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES)
"""What the system says of an address that cannot be listened on."""


async def run(process: Process, probed: str | None = None) -> int:
    """Runs the operator until it is asked to end or must; returns its exit code. `probed`: URL that answers probes."""
    try:
        await kopf.operator(
            registry=registry(process),
            standalone=True,
            clusterwide=not process.settings.namespaces,
            namespaces=process.settings.namespaces,
            liveness_endpoint=probed,
            stop_flag=process.over,
        )
    except Exception as error:
        cause = error.__cause__ or error  # that of a failed startup
        if isinstance(cause, OSError) and cause.errno in PORT_TAKEN:
            log.error("cannot answer probes and scrapes; choose other ports", error=str(cause))  # noqa: TRY400
            return 2
        log.exception("the operator cannot go on")
        return 1
    return process.code


def registry(process: Process) -> kopf.OperatorRegistry:
    """The handlers of one process."""
    found = kopf.OperatorRegistry()

    @kopf.on.startup(registry=found, errors=kopf.ErrorsMode.PERMANENT)
    async def begin(settings: kopf.OperatorSettings, **_: Any) -> None:
        configure(settings)
        await process.begin()

    @kopf.on.cleanup(registry=found)
    async def end(**_: Any) -> None:
        await process.end()

    @kopf.on.login(registry=found)
    async def login(**_: Any) -> kopf.AiohttpSession:
        await process.acting.wait()  # whoever stands by watches nothing
        operator = process.operator
        asking = session(operator.client, operator.relisted)
        return kopf.AiohttpSession(server=operator.client.server, aiohttp_session=asking)

    @kopf.on.probe(registry=found)
    async def health(**_: Any) -> str:
        if problem := process.operator.problem():
            raise kopf.PermanentError(problem)
        return "ok"

    async def seen(event: kopf.RawEvent, param: Any = None, **_: Any) -> None:
        process.operator.intake.take(param, event)

    for one in WRITTEN:
        kopf.on.event(one.group, one.version, one.plural, registry=found, id=one.plural, param=one)(seen)
    return found


def configure(settings: kopf.OperatorSettings) -> None:
    """A plain, patient watcher, without writes of its own."""
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.watching.chunk_size = PAGE
    settings.networking.error_backoffs = Forever()
    settings.queueing.idle_timeout = 0.5
    settings.persistence.diffbase_storage = NoChanges()
    settings.persistence.finalizer = f"{GROUP}/none"  # else it takes its usual one off whatever has it


class Forever:
    """Seconds between tries: kopf never gives up."""

    def __iter__(self) -> Iterator[float]:
        return repeat(PAUSE)


class NoChanges(kopf.DiffBaseStorage):
    """What was handled last, of which nobody asks here: else kopf copies each object for each event, to compare it."""

    def build(self, **_: Any) -> kopf.BodyEssence:
        """Nothing of an object is compared."""
        return kopf.BodyEssence()

    def fetch(self, **_: Any) -> None:
        """Nothing is kept."""

    def store(self, **_: Any) -> None:
        """Nothing is written."""
