"""What the page may do: what each action would do, then the same writes as the verbs of the command line make.

Whether it may be done is the API server's to say, and so is why not.
"""

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from aiohttp import web

from penstock.cluster import acting
from penstock.cluster.api import PIPELINES, STEPS, Cluster, Refused, Unreachable
from penstock.cluster.compiling import graph_of
from penstock.cluster.failure import Failure
from penstock.core import labels
from penstock.core.asked import foreseen
from penstock.core.asked.foreseen import Foreseen
from penstock.core.pipeline.lifecycle import unknown_step
from penstock.core.seen.reading import step_view
from penstock.web.access.guard import VIEWER, refuse
from penstock.web.access.turns import Turns
from penstock.web.http.answers import answer
from penstock.web.http.bodies import json_of
from penstock.web.http.paths import ONE, is_name
from penstock.web.threads import in_thread
from penstock.web.wire import Actions, Done, Message

DECISIONS = ("approve", "reject")
VERB = "rerun|suspend|resume|cancel|approve|reject"
_HOW = 'say of which step: {"step": "train"}, and for a rerun whether "only" of that'


class ActRoutes:
    """The handlers."""

    def __init__(self) -> None:
        self._turns = Turns()

    def add_to(self, app: web.Application) -> None:
        """Adds them to an application."""
        app.router.add_get(f"{ONE}/actions", self.actions)
        app.router.add_get(f"{ONE}/actions/{{verb:{VERB}}}", self.foresee)
        app.router.add_post(f"{ONE}/actions/{{verb:{VERB}}}", self.act)

    async def actions(self, request: web.Request) -> web.StreamResponse:
        """What may be done."""
        return await self._answer(request, _actions)

    async def foresee(self, request: web.Request) -> web.StreamResponse:
        """What it would do, which is nothing yet. `step`, and `only` of that for a rerun."""
        wanted = _wanted(request, {"step": request.query.get("step", ""), "only": "only" in request.query})
        if isinstance(wanted, web.Response):
            return wanted
        async with self._turns.of(request[VIEWER]):
            return await self._answer(request, partial(_foreseen, **wanted))

    async def act(self, request: web.Request) -> web.StreamResponse:
        """Does it."""
        sent = json_of(request)
        if isinstance(sent, web.Response):
            return sent
        wanted = _wanted(request, sent)
        return wanted if isinstance(wanted, web.Response) else await self._answer(request, partial(_done, **wanted))

    async def _answer(self, request: web.Request, ask: Callable[[Cluster, str], Message]) -> web.StreamResponse:
        cluster = request[VIEWER].within(request.match_info["namespace"])
        try:
            return answer(await in_thread(ask, cluster, request.match_info["name"]))
        except (Refused, Unreachable):
            raise
        except Failure as failure:
            return refuse(409, str(failure))


def _wanted(request: web.Request, given: Mapping[str, Any] | None) -> dict[str, Any] | web.Response:
    """What is to be done of what was sent, if that makes sense."""
    verb = request.match_info["verb"]
    step, only = (given.get("step", ""), given.get("only", False)) if given is not None else (None, None)
    if not isinstance(step, str) or not isinstance(only, bool) or (step and not is_name(step)):
        return refuse(400, _HOW)
    if (verb in DECISIONS or only) and not step:
        return refuse(400, _HOW)
    return {"verb": verb, "step": step, "only": only}


def _actions(cluster: Cluster, name: str) -> Actions:
    pipeline = cluster.json("GET", PIPELINES.path(cluster.namespace, name))
    may = partial(cluster.may, "patch", namespace=cluster.namespace)
    verbs = acting.possible(pipeline)
    return Actions([*(verbs if verbs and may(PIPELINES) else ()), *(DECISIONS if may(STEPS) else ())])


def _foreseen(cluster: Cluster, name: str, verb: str, step: str, only: bool) -> Foreseen:
    pipeline = cluster.json("GET", PIPELINES.path(cluster.namespace, name))
    steps = [] if verb in DECISIONS else list(cluster.list(STEPS, cluster.namespace, f"{labels.PIPELINE}={name}"))
    graph = graph_of(cluster, pipeline, steps)
    if verb in DECISIONS:
        return foreseen.decision(graph, step)
    if verb == "rerun":
        wrong = unknown_step(name, step, graph.tasks) if step else ""
        if wrong:
            raise Failure(wrong)
        return foreseen.rerun(graph, pipeline, steps, time.time(), step or None, only)
    mine = (one for one in map(step_view, steps) if one.owner == pipeline["metadata"]["uid"])
    return {"cancel": foreseen.cancel, "suspend": foreseen.suspend, "resume": foreseen.resume}[verb](graph, mine)


def _done(cluster: Cluster, name: str, verb: str, step: str, only: bool) -> Done:
    match verb:
        case "rerun":
            acting.rerun(cluster, name, step or None, only)
        case "suspend":
            acting.suspend(cluster, name)
        case "resume":
            acting.resume(cluster, name)
        case "cancel":
            acting.cancel(cluster, name)
        case "approve":
            return Done(verb, acting.decide(cluster, name, step, cluster.user(), "approved"))
        case "reject":
            return Done(verb, acting.decide(cluster, name, step, cluster.user(), "rejected"))
    return Done(verb, name)
