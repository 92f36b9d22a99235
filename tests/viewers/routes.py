"""Every route that tells data, and what kubectl would have to be asked for the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from penstock.cluster.api import JOBS, LOGS, PIPELINES, PODS, SCHEDULES, STEPS, Resource
from penstock.cluster.revisions import CONTROLLER_REVISIONS
from penstock.web.access.guard import API, Door
from penstock.web.access.reviews import Need
from penstock.web.followed.looks import Looks
from penstock.web.followed.store import Store
from penstock.web.server.application import application

ONE = "/api/pipelines/{namespace}/{name}"
STEP = f"{ONE}/steps/{{path}}"
_LISTED = (("list", PIPELINES), ("list", STEPS))
_WATCHED = (*_LISTED, ("watch", PIPELINES), ("watch", STEPS))
KUBECTL = {
    "GET /api/hello": (),
    "GET /api/pipelines": (("list", PIPELINES),),
    "GET /api/pipelines/stream": (("list", PIPELINES), ("watch", PIPELINES)),
    f"GET {ONE}": _LISTED,
    f"GET {ONE}/stream": _WATCHED,
    f"GET {ONE}/graph": _LISTED,
    f"GET {ONE}/times": _LISTED,
    f"GET {STEP}": (("get", STEPS),),
}
"""By route: what one has to be allowed in the namespace, all of it, to be answered. A new route has its line here,"""
_PAST = (("get", PIPELINES), ("list", CONTROLLER_REVISIONS))
ASKED = {
    f"GET {ONE}/outlook": (*_LISTED, ("list", JOBS)),
    f"GET {STEP}/why": (*_LISTED, ("list", JOBS)),
    f"GET {ONE}/history": _PAST,
    f"GET {ONE}/history/{{old}}/{{new}}": _PAST,
    f"GET {ONE}/rollback/{{to}}": _PAST,
    f"POST {ONE}/rollback/{{to}}": (("get", PIPELINES),),
    f"GET {ONE}/actions": (("get", PIPELINES),),
    f"GET {ONE}/actions/{{verb}}": (("get", PIPELINES), ("list", STEPS)),
    f"POST {ONE}/actions/{{verb}}": (("get", PIPELINES),),
    f"GET {STEP}/logs": (("get", STEPS), ("list", PODS)),
    f"GET {STEP}/log": (("get", LOGS),),
    f"GET {STEP}/log/earlier": (("get", LOGS),),
    f"POST {STEP}/log/ticket": (("get", LOGS),),
    "POST /api/plan": (),
    "GET /api/capacity": (*_LISTED, ("list", JOBS)),
    "GET /api/schedules": (("list", SCHEDULES),),
}
"""or here, if what the answer is depends on more than that: most are asked with the viewer's own token each time."""
_NAMES = {"path": "train", "old": "1", "new": "2", "to": "1", "verb": "resume"}
_BODIES = {"rollback": '{"generation": 1000000}', "actions": "{}", "plan": "{}"}


class Route(NamedTuple):
    """A route; `path` has the names of its parts in braces."""

    method: str
    path: str

    @property
    def everywhere(self) -> bool:
        """Whether it is about no namespace of its own."""
        return "{namespace}" not in self.path

    @property
    def own(self) -> bool:
        """Whether what it answers depends on more than rights."""
        return self.key in ASKED

    @property
    def key(self) -> str:
        """As the tables have it."""
        return f"{self.method} {self.path}"

    def at(self, namespace: str, **names: str) -> str:
        """Its path for some object, without the slash before it."""
        path = self.path.format(namespace=namespace, **{**_NAMES, **names}).lstrip("/")
        return f"{path}?pod=a-pod&have=0&before=&same=0" if "/log" in path else path

    @property
    def body(self) -> str | None:
        """What is sent with it; nothing that would change anything, whoever sends it: what is not held is let go on."""
        return (
            next((text for word, text in _BODIES.items() if f"/{word}" in self.path), "")
            if self.method == "POST"
            else None
        )

    @property
    def type(self) -> str:
        """The type of what is sent."""
        return "application/yaml" if self.path.endswith("/plan") else "application/json"

    def needs(self, namespace: str) -> list[Need]:
        """What kubectl would have to be allowed."""
        return [Need(verb, resource, namespace) for verb, resource in {**KUBECTL, **ASKED}[self.key]]


def can_i(verb: str, resource: Resource) -> list[str]:
    """What `kubectl auth can-i` is asked."""
    group = resource.api.split("/")[1] if resource.api.startswith("apis/") else ""
    name, _, part = resource.plural.partition("/")
    return [verb, f"{name}.{group}" if group else name, *([f"--subresource={part}"] if part else [])]


def routes() -> Iterator[Route]:
    """Those that the server has, not those that somebody thought of."""
    app = application(Door(frozenset(), None), Looks(Store(None)))  # type: ignore[arg-type]
    for route in app.router.routes():
        found = Route(route.method, route.resource.canonical if route.resource else "")
        if found.path.startswith(API) and found.method != "HEAD":
            yield Route(found.method, re.sub(r"\{(\w+):[^{}]*(\{[^{}]*\})?[^{}]*\}", r"{\1}", found.path))
