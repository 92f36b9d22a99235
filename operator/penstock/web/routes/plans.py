"""What applying a manifest would do: one plan at a time, beside the loop, and not for ever."""

import asyncio
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from aiohttp import web

from penstock.cluster.api import Cluster
from penstock.cluster.documents import Unreadable, parse
from penstock.cluster.flows import NotValid
from penstock.cluster.linting import Finding, Level, Report, lint
from penstock.cluster.planning import Planning, plan
from penstock.core.admission.demands import Key
from penstock.core.asked.forecast import Forecast
from penstock.core.waits import Wait
from penstock.core.wording import Reader
from penstock.web.access.guard import PLAN, VIEWER, refuse
from penstock.web.http.bodies import body_of
from penstock.web.told import Makespan, Plan, Stuck
from penstock.web.wire import encode

MOST_SECONDS = 30.0
MOST_STUCK = 20
"""Steps that cannot start, as are told; their number is told of all."""
TOO_LONG = f"this takes longer than {MOST_SECONDS:.0f} s; `penstock plan -f` and `penstock diff -f` take their time"
BUSY = "a plan of yours is being made; try again when it is done"


class PlanRoutes:
    """The handler."""

    def __init__(self) -> None:
        self._making: dict[str, asyncio.Future[Plan]] = {}
        """By viewer."""

    def add_to(self, app: web.Application) -> None:
        """Adds it to an application."""
        app.router.add_post(PLAN, self.plan)

    async def plan(self, request: web.Request) -> web.StreamResponse:
        """The plan of the manifests that are sent."""
        body = body_of(request, "application/yaml")
        if isinstance(body, web.Response):
            return body
        viewer = request[VIEWER]
        if viewer.name in self._making:
            return refuse(429, BUSY, Retry_After="2")
        over = threading.Event()
        making = asyncio.get_running_loop().run_in_executor(
            None, planned, viewer.cluster, body, lambda: not over.is_set()
        )
        self._making[viewer.name] = making
        making.add_done_callback(lambda made: self._made(viewer.name, made))
        try:
            told = await asyncio.wait_for(asyncio.shield(making), MOST_SECONDS)
        except TimeoutError:
            return refuse(504, TOO_LONG)
        finally:
            over.set()  # nobody waits for it any more: the thread ends, too
        return web.Response(body=await asyncio.to_thread(encode, told), content_type="application/json")

    def _made(self, who: str, made: asyncio.Future[Plan]) -> None:
        """It is done; whoever asked for it may have gone meanwhile."""
        del self._making[who]
        if not made.cancelled():
            made.exception()


def planned(cluster: Cluster, body: bytes, go_on: Callable[[], bool]) -> Plan:
    """What the manifests in a text would do, or what is wrong with them. Raises GivenUp if `go_on` says no."""
    report = _read(body)
    try:
        found = plan(cluster, report, cluster.namespace, time.time(), go_on)
    except NotValid as invalid:
        rest = [one for one in report.findings if one.level is not Level.ERROR]
        return Plan([], [*invalid.findings, *rest], None, None, None, ())
    return _told(found, report.findings)


def _read(body: bytes) -> Report:
    try:
        return lint(parse(body.decode("utf-8-sig"), ""))
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        return lint([Unreadable("", line, f"is not UTF-8 (byte {body[error.start]:#04x})")])


def _told(found: Planning, findings: Sequence[Finding]) -> Plan:
    if not found.pipelines:
        return Plan([], findings, None, None, None, ())
    before = _makespan(found.before) if found.before else None
    return Plan(found.pipelines, findings, _makespan(found.whole), before, _makespan(found.left), found.notes)


def _makespan(found: Forecast) -> Makespan:
    path = [link.run.activity.key[2] for link in found.path]
    stuck = found.simulated.stuck
    return Makespan(found.makespan, len(found.simulated.runs), path, found.bottleneck or "", _stuck(stuck), len(stuck))


def _stuck(stuck: Mapping[Key, Wait]) -> Sequence[Stuck]:
    few = sorted(stuck)[:MOST_STUCK]
    return [Stuck(key[2], stuck[key].reason.value, stuck[key].words(Reader.of_all(key[0]))) for key in few]
