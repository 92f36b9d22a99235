"""Who looks. Rows of objects reach a route only through `Viewer.rows`, which is told what has to be allowed for them.

With `penstock ui` there is one viewer, with whose kubeconfig everything is asked. In the cluster there are many: what
they look at is followed once, by the server's own account, so the API server is asked for each of them what they may.
All else (one step in full, and whatever is written) is asked with the viewer's own token, and kept nowhere.
"""

import math
from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from penstock.cluster.api import PIPELINES, STEPS, Cluster, Refused
from penstock.cluster.failure import Failure
from penstock.cluster.sources import ToldStep
from penstock.core.asked.view.cluster import ClusterView
from penstock.core.asked.view.detail import Detail, detail
from penstock.core.asked.view.outlook import Outlook
from penstock.core.names import step_name
from penstock.core.wording import Reader
from penstock.web.access.reviews import Need
from penstock.web.access.rights import Rights, demand, lacking
from penstock.web.followed.lists import ListState
from penstock.web.followed.look import PATIENCE_SECONDS, SLOW, Look, Of
from penstock.web.followed.looks import Looks
from penstock.web.followed.pipelines import PipelineState
from penstock.web.surveyed.outlooks import cluster, outlook, why
from penstock.web.surveyed.surveys import Found, Survey, Surveying
from penstock.web.threads import in_thread
from penstock.web.wire import Why

NOWHERE = "you may not list pipelines in any namespace that has some; ask who looks after one for the right"


class Viewer:
    """One who looks.

    `name`: who the API server says they are; empty if there is one only. `cluster`: asks as they do. `homes`: the
    namespaces that are followed; none: all, or `instead` if all may not be listed. `lasts`: seconds after which an open
    stream has to be asked for anew, and with it for the right to see it.
    """

    def __init__(
        self,
        cluster: Cluster,
        looks: Looks,
        surveying: Surveying,
        rights: Rights,
        name: str = "",
        homes: frozenset[str] = frozenset(),
        instead: str | None = None,
        lasts: float = math.inf,
    ) -> None:
        self.cluster = cluster
        self.name = name
        self.lasts = lasts
        self._shared = looks
        self._surveying = surveying
        self._rights = rights
        self._homes = homes
        self._instead = instead

    def within(self, namespace: str) -> Cluster:
        """The API server as they may ask it, for what is read and written anew each time."""
        return self.cluster.within(namespace)

    async def demand(self, *needs: Need) -> None:
        """Raises Refused (403) for the first that they may not."""
        await demand(self._rights, *needs)

    @asynccontextmanager
    async def rows(self, key: Hashable, make: Callable[[], Of], *needs: Need) -> AsyncIterator[Look[Of]]:
        """What is followed under that key, for who may all that it needs. Raises Refused, or Failure."""
        await demand(self._rights, *needs)
        async with self._shared.at(key, make) as look:
            yield look

    @asynccontextmanager
    async def pipelines(self, watch: bool = False) -> AsyncIterator[Look[ListState]]:
        """All Pipelines that they may list, and watch if they want to."""
        verbs = ("list", "watch") if watch else ("list",)
        among = await self._among(verbs)
        shown = self._homes if among is None else among
        places: list[str | None] = [*sorted(shown)] or [None]
        needs = [Need(verb, PIPELINES, home) for verb in verbs for home in places]
        asking = await self._asking(verbs, places)
        async with self.rows(("list", shown, asking), lambda: self._list(shown, asking), *needs) as look:
            yield look

    async def _asking(self, verbs: tuple[str, ...], places: list[str | None]) -> frozenset[str | None]:
        """Where they may see Steps that wait for a decision; None: in all namespaces."""
        needs = [Need(verb, STEPS, home) for home in places for verb in verbs]
        return frozenset(places) - {need.namespace for need in await lacking(self._rights, needs)}

    async def _among(self, verbs: tuple[str, ...]) -> frozenset[str] | None:
        """The namespaces in which they may, of those that have Pipelines; None: they may in all."""
        if not await lacking(self._rights, [Need(verb, PIPELINES, None) for verb in verbs]):
            return None
        async with self._shared.at(("list", self._homes), lambda: self._list(self._homes)) as look:
            if not await look.known(PATIENCE_SECONDS):
                raise Failure(look.trouble.message or SLOW)
            homes = sorted(self._homes or look.state.namespaces)
        needs = [Need(verb, PIPELINES, home) for home in homes for verb in verbs]
        found = frozenset(homes) - {need.namespace for need in await lacking(self._rights, needs)}
        if not found:
            raise Refused(403, NOWHERE, "")
        return found

    def _list(self, shown: frozenset[str], asking: frozenset[str | None] = frozenset()) -> ListState:
        return ListState(self._instead, self._homes, shown, asking)

    @asynccontextmanager
    async def pipeline(self, namespace: str, name: str, watch: bool = False) -> AsyncIterator[Look[PipelineState]]:
        """One Pipeline with its Steps."""
        verbs = ("list", "watch") if watch else ("list",)
        needs = [Need(verb, resource, namespace) for verb in verbs for resource in (PIPELINES, STEPS)]
        await demand(self._rights, *needs)
        if self._homes and namespace not in self._homes:
            raise Refused(404, f"this server does not follow namespace {namespace}", "")
        known, cluster = await self._rights.reads(self._shared.cluster, namespace)
        key = ("pipeline", namespace, name, known)
        async with self.rows(key, lambda: PipelineState(cluster, namespace, name), *needs) as look:
            yield look

    async def why(self, namespace: str, name: str, path: str) -> Why:
        """Why a step stands as it does. Raises Refused, or Failure if the API server cannot be asked."""
        await demand(self._rights, Need("list", PIPELINES, namespace), Need("list", STEPS, namespace))
        reader = Reader.of_all(namespace)  # what is seen was listed with the user's own rights
        found = await self._survey([namespace], lambda survey: why(survey, reader, name, path))
        return await in_thread(_told, found, ToldStep(self.within(namespace), name, path))

    async def outlook(self, namespace: str, name: str, look: Look[PipelineState]) -> Outlook | None:
        """One Pipeline against its plan, None if it has none. Raises Failure if the API server cannot be asked."""
        id_, rows = look.topic.id, look.state.rows
        return await self._survey([namespace], lambda survey: outlook(survey, namespace, name, id_, rows))

    async def capacity(self) -> ClusterView:
        """All Pipelines on all nodes. Raises Refused, or Failure if the API server cannot be asked."""
        return await self._survey(sorted(await self._among(("list",)) or {self.cluster.namespace}), cluster)

    async def _survey(self, homes: Sequence[str], find: Callable[[Survey], Found]) -> Found:
        """What is found in all that they may see, of those namespaces at least, shared by who may see the same."""
        seen = await self._rights.sees(self._shared.cluster, homes)
        return await self._surveying.of(seen.key, seen.cluster, seen.homes).find(find)

    def step(self, namespace: str, name: str, path: str) -> Detail:
        """One step, read anew. Blocks; raises Refused, or Failure if the API server cannot be asked."""
        found = self.cluster.json("GET", STEPS.path(namespace, step_name(name, path)))
        told = ToldStep(self.within(namespace), name, path).messages(found)
        return detail(path, told.get("spec"), told.get("status"))


def _told(found: Why, told: ToldStep) -> Why:
    """With tracebacks told at the lines of their author's file: not in the survey, which others see too."""
    return replace(found, answers=[replace(one, message=told(one.message)) for one in found.answers])
