"""Logs of steps. They are read with the viewer's right whenever somebody looks, pass through, and are kept nowhere.

So is what tells the tracebacks in them: who may not read the Pipeline and the Step gets them as they were written.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from penstock.cluster.api import LOGS, STEPS, Cluster, Object
from penstock.cluster.podlogs import attempt_of, pods_of, replica_of
from penstock.cluster.reading import Reading, earlier
from penstock.cluster.sources import ToldLog, ToldStep
from penstock.core.asked.view.rows import moment
from penstock.core.names import step_name
from penstock.web.access.guard import VIEWER, refuse
from penstock.web.access.reviews import Need
from penstock.web.access.turns import Turns
from penstock.web.access.viewer import Viewer
from penstock.web.http.answers import answer
from penstock.web.http.passing import Passing
from penstock.web.http.paths import NAME, STEP, is_name
from penstock.web.http.tickets import Tickets
from penstock.web.threads import in_thread
from penstock.web.wire import Log, Logs, Ticket

FIRST = 5_000
"""Lines that are shown at first, the last of the log,"""
MORE = 1_000
"""and so many at a time of those before."""
_PLAIN = {"Content-Type": "text/plain; charset=utf-8"}
_ENDED = ("Succeeded", "Failed")


class LogRoutes:
    """What the page may ask of logs."""

    def __init__(self) -> None:
        self._passing = Passing()
        self._tickets = Tickets[tuple[str, str, Callable[[], ToldLog]]]()
        self._turns = Turns()

    def add_to(self, app: web.Application) -> None:
        """Adds them to an application."""
        app.router.add_get(f"{STEP}/logs", self.logs)
        app.router.add_get(f"{STEP}/log", self.log)
        app.router.add_get(f"{STEP}/log/earlier", self.earlier)
        app.router.add_post(f"{STEP}/log/ticket", self.ticket)
        app.router.add_get(f"/download/{{ticket:{NAME}}}", self.download, allow_head=False)  # it holds once
        app.on_shutdown.append(self._passing.close)

    async def logs(self, request: web.Request) -> web.StreamResponse:
        """Which logs a step has."""
        return answer(await in_thread(_logs_of, request[VIEWER], **request.match_info))

    async def log(self, request: web.Request) -> web.StreamResponse:
        """The last lines of the log of a pod, stamped, and what comes after. `since`: only from that instant on."""
        pod, since = request.query.get("pod", ""), request.query.get("since", "")
        if not is_name(pod):
            return refuse(400, "say of which pod: ?pod=NAME")
        cluster, told = _asked(request)
        tail = None if since else FIRST

        def begin() -> ToldLog:
            return ToldLog(Reading(cluster, pod, tail, since, follow=True, stamped=True), told)

        return await self._passing.on(request, begin, _PLAIN, request[VIEWER].name)

    async def earlier(self, request: web.Request) -> web.StreamResponse:
        """The lines before those that the page has (see `penstock.cluster.reading.earlier`)."""
        asked = request.query
        pod, counts = asked.get("pod", ""), [asked.get("have", ""), asked.get("same", "")]
        if not is_name(pod) or not all(one.isdecimal() and len(one) < 7 for one in counts):
            return refuse(400, "say before what: ?pod=NAME&have=LINES&before=INSTANT&same=LINES")
        cluster, told = _asked(request)
        have, same = map(int, counts)
        before = asked.get("before", "").encode()

        def find() -> bytes:
            return told.lines(b"".join(line + b"\n" for line in earlier(cluster, pod, have, before, same, MORE)))

        async with self._turns.of(request[VIEWER]):
            return web.Response(body=await in_thread(find), headers=_PLAIN)

    async def ticket(self, request: web.Request) -> web.StreamResponse:
        """Where the whole log of a pod can be downloaded."""
        pod = request.query.get("pod", "")
        if not is_name(pod):
            return refuse(400, "say of which pod: ?pod=NAME")
        await request[VIEWER].demand(Need("get", LOGS, request.match_info["namespace"]))
        viewer = request[VIEWER]
        cluster, told = _asked(request)

        def begin() -> ToldLog:
            return ToldLog(Reading(cluster, pod), told)

        ticket = self._tickets.sell((viewer.name, pod, begin), viewer.name)
        return answer(Ticket(f"download/{ticket}"))

    async def download(self, request: web.Request) -> web.StreamResponse:
        """The whole log, as a file."""
        wanted = self._tickets.take(request.match_info["ticket"])
        if wanted is None:
            return refuse(404, "this download is over; ask for it again on the page")
        who, pod, begin = wanted
        named = {"Content-Disposition": f'attachment; filename="{pod}.log"', "Cache-Control": "no-store", **_PLAIN}
        return await self._passing.on(request, begin, named, who)


def _asked(request: web.Request) -> tuple[Cluster, ToldStep]:
    """The API server as the viewer may ask it, and what tells the tracebacks of the step."""
    names = request.match_info
    cluster = request[VIEWER].within(names["namespace"])
    return cluster, ToldStep(cluster, names["name"], names["path"])


def _logs_of(viewer: Viewer, namespace: str, name: str, path: str) -> Logs:
    """The logs of a step of a Pipeline. Blocks; raises Refused, or Failure if the API server cannot be asked."""
    cluster = viewer.within(namespace)
    step = cluster.json("GET", STEPS.path(cluster.namespace, step_name(name, path)))
    pods = pods_of(cluster, name, step)
    undoing = _jobs((step.get("status") or {}).get("undo"))
    several = Counter(_job(pod) for pod in pods)
    return Logs([_log(pod, several[_job(pod)] > 1, _job(pod) in undoing) for pod in pods])


def _log(pod: Object, several: bool, undo: bool) -> Log:
    meta, phase = pod["metadata"], (pod.get("status") or {}).get("phase")
    replica = replica_of(pod) if several else None
    return Log(meta["name"], attempt_of(pod), replica, undo, moment(meta.get("creationTimestamp")), phase in _ENDED)


def _job(pod: Object) -> str:
    owners = pod["metadata"].get("ownerReferences") or ()
    return next((one.get("name", "") for one in owners if one.get("kind") == "Job"), "")


def _jobs(undo: Mapping[str, Any] | None) -> set[str]:
    """The Jobs of an undo."""
    return {str(one.get("job")) for one in (undo or {}).get("attempts") or ()}
