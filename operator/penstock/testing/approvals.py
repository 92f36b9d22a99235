"""Decides approvals, as somebody would."""

import asyncio
from collections.abc import Iterable, Mapping
from functools import partial

from penstock.core import labels
from penstock.core.graph.graph import Graph
from penstock.core.names import task_of
from penstock.core.reasons import Reason
from penstock.local.objects import Object
from penstock.local.server import Server

Steps = Iterable[str] | Mapping[str, float]
"""Names of approvals, or for each how many seconds somebody takes to decide."""
WHO = "penstock.testing"
"""Who decides."""


class Approvals:
    """Who is asked decides so. Raises ValueError for a step that is no approval."""

    def __init__(self, graph: Graph, approve: Steps, reject: Steps) -> None:
        self._answers = {name: (labels.APPROVED_BY, after) for name, after in _after(approve).items()}
        self._answers |= {name: (labels.REJECTED_BY, after) for name, after in _after(reject).items()}
        known = [name for name, task in graph.tasks.items() if task.work.approval is not None]
        wrong = [name for name in self._answers if name not in known and task_of(name) not in known]
        if wrong:
            raise ValueError(f"no approval is called {', '.join(wrong)}; there is: {', '.join(known) or 'none'}")
        self._asked: set[tuple[str, str]] = set()

    def follow(self, server: Server) -> None:
        """Answers as soon as a Step of the server asks, or the given time later."""
        server.listeners.append(partial(self._heard, server))

    def _heard(self, server: Server, plural: str, kind: str, obj: Object, old: Object | None) -> None:
        if plural != "steps" or (obj.get("status") or {}).get("reason") != Reason.WAITING_FOR_APPROVAL:
            return
        meta = obj["metadata"]
        path = meta["name"].partition(".")[2]
        answer = self._answers.get(path) or self._answers.get(task_of(path, meta["labels"][labels.STEP]))
        question = meta["name"], obj["status"].get("startTime", "")
        if answer and question not in self._asked:
            self._asked.add(question)
            asyncio.get_running_loop().call_later(answer[1], _decide, server, obj, answer[0])


def _decide(server: Server, step: Object, decision: str) -> None:
    meta = step["metadata"]
    known = server.objects.get(("steps", meta["namespace"], meta["name"]))
    if known and (known.get("status") or {}).get("reason") == Reason.WAITING_FOR_APPROVAL:
        server.patch("steps", meta["namespace"], meta["name"], {"metadata": {"annotations": {decision: WHO}}})


def _after(given: Steps) -> dict[str, float]:
    return {name: float(given[name]) if isinstance(given, Mapping) else 0.0 for name in given}
