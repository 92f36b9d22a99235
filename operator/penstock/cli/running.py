"""Follows a Pipeline that runs on this machine to its end."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from penstock.cli.show.live import Display
from penstock.cluster.api import PIPELINES, STEPS, Resource
from penstock.cluster.failure import INTERRUPTED
from penstock.cluster.standing import Standing
from penstock.cluster.watching import Change
from penstock.core import labels
from penstock.local.folder import Folder
from penstock.local.mounts import located
from penstock.local.objects import Object
from penstock.local.session import Session

SECONDS = 0.2
"""Between two looks at how it stands."""
_KINDS: Mapping[str, Resource] = {PIPELINES.plural: PIPELINES, STEPS.plural: STEPS}
_PRESSED = (
    "nothing new starts; what runs is waited for (Ctrl-C again cancels the Pipeline)",
    "cancelling: what runs is ended, and `finally` runs (Ctrl-C again ends all at once)",
)


class Run:
    """One Pipeline, followed. `pressed`: how often somebody pressed Ctrl-C."""

    def __init__(self, session: Session, namespace: str, name: str) -> None:
        self.session = session
        self.namespace = namespace
        self.standing = Standing(name)
        self.pressed = 0
        server = session.server
        _, steps = server.select(STEPS.plural, namespace, {"labelSelector": f"{labels.PIPELINE}={name}"})
        own = (server.find(PIPELINES.plural, namespace, name),)
        self.standing.take((Change(PIPELINES, "SYNCED", own), Change(STEPS, "SYNCED", tuple(steps))))
        server.listeners.append(self._heard)

    def _heard(self, plural: str, kind: str, obj: Object, old: Object | None) -> None:
        meta, name = obj["metadata"], self.standing.name
        mine = meta["name"] if plural == PIPELINES.plural else (meta.get("labels") or {}).get(labels.PIPELINE)
        if plural in _KINDS and mine == name and meta["namespace"] == self.namespace:
            self.standing.take((Change(_KINDS[plural], kind, (obj,)),))  # type: ignore[arg-type]

    async def follow(self, view: Display) -> int:
        """Shows it until it ends; returns the exit code."""
        while True:
            began = time.monotonic()
            if self._is_news:
                view.show(self.standing, time.time())
            if (code := self._code()) is not None:
                return code
            now = time.monotonic()
            until = began + max(SECONDS, 5 * (now - began))  # what is shown is not to take more than what runs
            while (left := until - time.monotonic()) > 0 and self._code() is None:
                await self.session.wait(left)

    @property
    def _is_news(self) -> bool:
        """Whether the status tells of this run, and not of how the one before it ended."""
        assert self.standing.pipeline is not None
        begun = "observedGeneration" in (self.standing.pipeline.get("status") or {})
        return self.standing.taken_up or not begun

    def _code(self) -> int | None:
        if self.pressed > len(_PRESSED):
            return INTERRUPTED
        code = self.standing.exit_code
        return INTERRUPTED if code is None and self.pressed == 1 and self._rests() else code

    def _rests(self) -> bool:
        """Whether the Pipeline has taken up that it is suspended, and nothing of it runs."""
        assert self.standing.pipeline is not None
        pipeline = self.standing.pipeline
        status = pipeline.get("status") or {}
        seen = status.get("observedGeneration") == pipeline["metadata"]["generation"]
        return seen and bool(pipeline["spec"].get("suspend")) and not self.session.runner.busy

    def press(self, view: Display) -> None:
        """Somebody pressed Ctrl-C: once suspends, twice cancels, three times ends what runs at once."""
        self.pressed += 1
        self.session.changed.set()
        if self.pressed > len(_PRESSED):
            return
        view.note(_PRESSED[self.pressed - 1])
        assert self.standing.pipeline is not None
        fields = {"suspend": True} if self.pressed == 1 else {"suspend": False, "cancel": True}
        self.session.change(self.standing.pipeline, fields)


def results(pipeline: Mapping[str, Any], folder: Folder) -> Iterator[str]:
    """The outputs of a Pipeline, artifacts as their paths on this machine."""
    namespace = pipeline["metadata"]["namespace"]
    for name, value in ((pipeline.get("status") or {}).get("outputs") or {}).items():
        yield f"{name}: {located(value, namespace, folder, lambda path: str(path.relative_to(folder.project)))}"
