"""Every route that tells data, and what kubectl would have to be asked for the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from penstock.cluster.api import PIPELINES, STEPS
from penstock.web.application import application
from penstock.web.guard import API, Door
from penstock.web.looks import Looks
from penstock.web.rights import Need
from penstock.web.store import Store

ONE = "/api/pipelines/{namespace}/{name}"
_LISTED = (("list", PIPELINES), ("list", STEPS))
_WATCHED = (*_LISTED, ("watch", PIPELINES), ("watch", STEPS))
KUBECTL = {
    "GET /api/hello": (),
    "GET /api/pipelines": (("list", PIPELINES),),
    "GET /api/pipelines/stream": (("list", PIPELINES), ("watch", PIPELINES)),
    f"GET {ONE}": _LISTED,
    f"GET {ONE}/stream": _WATCHED,
    f"GET {ONE}/graph": _LISTED,
    f"GET {ONE}/steps/{{path}}": (("get", STEPS),),
}
"""By route: what one has to be allowed in the namespace, all of it, to be answered. A new route has its line here."""


class Route(NamedTuple):
    """A route; `path` has the names of its parts in braces."""

    method: str
    path: str

    @property
    def everywhere(self) -> bool:
        """Whether it is about no namespace of its own."""
        return "{namespace}" not in self.path

    def at(self, namespace: str, **names: str) -> str:
        """Its path for some object, without the slash before it."""
        return self.path.format(namespace=namespace, **names).lstrip("/")

    def needs(self, namespace: str) -> list[Need]:
        """What kubectl would have to be allowed."""
        return [Need(verb, resource, namespace) for verb, resource in KUBECTL[f"{self.method} {self.path}"]]


def routes() -> Iterator[Route]:
    """Those that the server has, not those that somebody thought of."""
    app = application(Door(frozenset(), None), Looks(Store(None)))  # type: ignore[arg-type]
    for route in app.router.routes():
        found = Route(route.method, route.resource.canonical if route.resource else "")
        if found.path.startswith(API) and found.method != "HEAD":
            yield found
