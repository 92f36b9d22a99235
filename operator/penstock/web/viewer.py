"""Who looks. Rows of objects reach a route only through here.

With `penstock ui` there is one viewer, whose kubeconfig all requests are made with: the API server itself decides what
is in a list, so nothing has to be left out here.
"""

from contextlib import AbstractAsyncContextManager

from penstock.cluster.api import STEPS, Cluster
from penstock.core.asked.view.cluster import ClusterView
from penstock.core.asked.view.detail import Detail, detail
from penstock.core.asked.view.outlook import Outlook
from penstock.core.names import step_name
from penstock.core.wording import Reader
from penstock.web.lists import ListState
from penstock.web.look import Look
from penstock.web.looks import Looks
from penstock.web.outlooks import cluster, outlook, why
from penstock.web.pipelines import PipelineState
from penstock.web.surveys import Surveys
from penstock.web.wire import Why


class Viewer:
    """The user of a kubeconfig."""

    def __init__(self, cluster: Cluster, looks: Looks) -> None:
        self.cluster = cluster
        self._looks = looks
        self._surveys = Surveys(cluster)

    def pipelines(self) -> AbstractAsyncContextManager[Look[ListState]]:
        """All Pipelines that they may list."""
        return self._looks.at("list", lambda: ListState(self.cluster))

    def pipeline(self, namespace: str, name: str) -> AbstractAsyncContextManager[Look[PipelineState]]:
        """One Pipeline with its Steps."""
        key = ("pipeline", namespace, name)
        return self._looks.at(key, lambda: PipelineState(self.cluster, namespace, name))

    async def why(self, namespace: str, name: str, path: str) -> Why:
        """Why a step stands as it does. Raises Failure if the API server cannot be asked."""
        reader = Reader.of_all(namespace)  # what is seen was listed with the user's own rights
        return await self._surveys.find(lambda survey: why(survey, reader, name, path))

    async def outlook(self, namespace: str, name: str, look: Look[PipelineState]) -> Outlook | None:
        """One Pipeline against its plan, None if it has none. Raises Failure if the API server cannot be asked."""
        id_, rows = look.topic.id, look.state.rows
        return await self._surveys.find(lambda survey: outlook(survey, namespace, name, id_, rows))

    async def capacity(self) -> ClusterView:
        """All Pipelines on all nodes. Raises Failure if the API server cannot be asked."""
        return await self._surveys.find(cluster)

    def step(self, namespace: str, name: str, path: str) -> Detail:
        """One step, read anew. Blocks; raises Refused, or Failure if the API server cannot be asked."""
        found = self.cluster.json("GET", STEPS.path(namespace, step_name(name, path)))
        return detail(path, found.get("spec"), found.get("status"))
