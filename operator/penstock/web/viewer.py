"""Who looks. Rows of objects reach a route only through here.

With `penstock ui` there is one viewer, whose kubeconfig all requests are made with: the API server itself decides what
is in a list, so nothing has to be left out here.
"""

from contextlib import AbstractAsyncContextManager

from penstock.cluster.api import STEPS, Cluster
from penstock.core.asked.view.detail import Detail, detail
from penstock.core.names import step_name
from penstock.web.lists import ListState
from penstock.web.look import Look
from penstock.web.looks import Looks
from penstock.web.pipelines import PipelineState


class Viewer:
    """The user of a kubeconfig."""

    def __init__(self, cluster: Cluster, looks: Looks) -> None:
        self.cluster = cluster
        self._looks = looks

    @property
    def identity(self) -> str:
        """Who they are, to count by; there is but one."""
        return ""

    def within(self, namespace: str) -> Cluster:
        """The API server as they may ask it, for what is read and written anew each time."""
        return self.cluster.within(namespace)

    def pipelines(self) -> AbstractAsyncContextManager[Look[ListState]]:
        """All Pipelines that they may list."""
        return self._looks.at("list", lambda: ListState(self.cluster))

    def pipeline(self, namespace: str, name: str) -> AbstractAsyncContextManager[Look[PipelineState]]:
        """One Pipeline with its Steps."""
        key = ("pipeline", namespace, name)
        return self._looks.at(key, lambda: PipelineState(self.cluster, namespace, name))

    def step(self, namespace: str, name: str, path: str) -> Detail:
        """One step, read anew. Blocks; raises Refused, or Failure if the API server cannot be asked."""
        found = self.cluster.json("GET", STEPS.path(namespace, step_name(name, path)))
        return detail(path, found.get("spec"), found.get("status"))
