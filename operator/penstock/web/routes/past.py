"""What the page may ask for about the past of a Pipeline, and the way back."""

from collections.abc import Callable

from aiohttp import web

from penstock.cluster.api import PIPELINES, Cluster, Refused
from penstock.cluster.history import NotKept, by_number, compared, pipeline_of, preview, roll_back, wanted
from penstock.cluster.revisions import kept
from penstock.core.asked.history import revisions, spec_lines
from penstock.web.access.guard import VIEWER, refuse
from penstock.web.access.turns import Turns
from penstock.web.http.answers import answer
from penstock.web.http.bodies import json_of
from penstock.web.http.paths import ONE
from penstock.web.threads import in_thread
from penstock.web.told import Comparison, History, Preview, RolledBack
from penstock.web.wire import Message

EDITED = "the Pipeline has changed since you looked; look again at what a rollback would do"
TRIES = 3
WHOLE = "[1-9][0-9]{0,8}"


class PastRoutes:
    """The handlers."""

    def __init__(self) -> None:
        self._turns = Turns()

    def add_to(self, app: web.Application) -> None:
        """Adds them to an application."""
        app.router.add_get(f"{ONE}/history", self.history)
        app.router.add_get(f"{ONE}/history/{{old:{WHOLE}}}/{{new:{WHOLE}}}", self.compare)
        app.router.add_get(f"{ONE}/rollback/{{to:{WHOLE}}}", self.preview)
        app.router.add_post(f"{ONE}/rollback/{{to:{WHOLE}}}", self.roll_back)

    async def history(self, request: web.Request) -> web.StreamResponse:
        """Its revisions."""
        return await self._answer(_history, request)

    async def compare(self, request: web.Request) -> web.StreamResponse:
        """What made one of them another."""
        return await self._answer(_compared, request)

    async def preview(self, request: web.Request) -> web.StreamResponse:
        """What a rollback would do."""
        return await self._answer(_previewed, request)

    async def roll_back(self, request: web.Request) -> web.StreamResponse:
        """Rolls it back, if it is still of the version that was looked at."""
        sent = json_of(request)
        if isinstance(sent, web.Response):
            return sent
        generation = sent.get("generation") if sent else None
        if not isinstance(generation, int):
            return refuse(400, 'say which generation of the Pipeline you looked at: {"generation": 3}')
        return await self._answer(_rolled_back, request, generation=generation)

    async def _answer(self, ask: Callable[..., Message], request: web.Request, **more: int) -> web.StreamResponse:
        viewer = request[VIEWER]
        async with self._turns.of(viewer):
            try:
                told = await in_thread(ask, viewer.cluster, **request.match_info, **more)
            except NotKept as missing:
                return refuse(404, str(missing))
        return answer(told)


def _history(cluster: Cluster, namespace: str, name: str) -> History:
    pipeline = pipeline_of(cluster, namespace, name)
    specs = {number: one.spec for number, one in by_number(kept(cluster, pipeline)).items()}
    return History(revisions(pipeline.get("status") or {}, specs), cluster.may("update", PIPELINES, namespace))


def _compared(cluster: Cluster, namespace: str, name: str, old: str, new: str) -> Comparison:
    pipeline = pipeline_of(cluster, namespace, name)
    found = kept(cluster, pipeline)
    before, after = (wanted(pipeline, found, int(one)) for one in (old, new))
    tasks = compared(cluster, pipeline, before, after)
    return Comparison(before.revision, after.revision, tasks, spec_lines(before.spec, after.spec))


def _previewed(cluster: Cluster, namespace: str, name: str, to: str) -> Preview:
    pipeline = pipeline_of(cluster, namespace, name)
    revision = wanted(pipeline, kept(cluster, pipeline), int(to))
    changes = preview(cluster, pipeline, revision)
    generation = pipeline["metadata"].get("generation", 1)
    return Preview(revision.revision, generation, revision.spec == pipeline["spec"], changes)


def _rolled_back(cluster: Cluster, namespace: str, name: str, to: str, generation: int) -> RolledBack:
    for tries in range(1, TRIES + 1):
        pipeline = pipeline_of(cluster, namespace, name)
        if pipeline["metadata"].get("generation", 1) != generation:
            break
        revision = wanted(pipeline, kept(cluster, pipeline), int(to))
        try:
            return RolledBack(revision.revision, roll_back(cluster, pipeline, revision))
        except Refused as refused:  # its status has changed in between, which is no edit
            if refused.status != 409 or tries == TRIES:
                raise
    raise Refused(409, EDITED, "")
