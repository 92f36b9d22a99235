"""Takes down what runs, when and with what."""

from collections.abc import Callable

from penstock.api import quantities
from penstock.core import labels
from penstock.core.seen.views import RUN
from penstock.local.objects import Object
from penstock.local.server import Server
from penstock.testing.result import Attempt

_ENDED = ("Succeeded", "Failed")


class Recorder:
    """The attempts that ran on a server since this was made, by a clock."""

    def __init__(self, server: Server, clock: Callable[[], float]) -> None:
        self.moves: list[tuple[Attempt, int]] = []
        """Which attempt started (1) or ended (-1)."""
        self._server = server
        self._clock = clock
        self._began = clock()
        self._running: dict[str, Attempt] = {}
        server.listeners.append(self._heard)

    @property
    def attempts(self) -> list[Attempt]:
        """In the order in which they started."""
        return [one for one, sign in self.moves if sign > 0]

    @property
    def seconds(self) -> float:
        """Since it began."""
        return round(self._clock() - self._began, 3)

    def _heard(self, plural: str, kind: str, obj: Object, old: Object | None) -> None:
        if plural != "pods" or kind == "DELETED":
            return
        uid, phase = obj["metadata"]["uid"], obj["status"]["phase"]
        if kind == "ADDED" and (begun := self._begun(obj)):
            self._running[uid] = begun
            self.moves.append((begun, 1))
        if phase in _ENDED and (running := self._running.pop(uid, None)):
            states = obj["status"].get("containerStatuses") or [{}]
            ended = (states[0].get("state") or {}).get("terminated") or {}
            self.moves.append((running, -1))
            running.ended = self.seconds
            running.code, running.reason = ended.get("exitCode"), obj["status"].get("reason") or ended.get("reason")

    def _begun(self, pod: Object) -> Attempt | None:
        owner = pod["metadata"]["ownerReferences"][0]
        job = self._server.find("jobs", pod["metadata"]["namespace"], owner["name"])
        meta = job["metadata"]
        if labels.STEP not in meta["labels"]:
            return None
        container = pod["spec"]["containers"][0]
        resources = container.get("resources") or {}
        asked = {"pods": 1, **(resources.get("limits") or {}), **(resources.get("requests") or {})}
        count = job["spec"].get("parallelism", 1)
        return Attempt(
            step=next(one["value"] for one in container["env"] if one["name"] == "PENSTOCK_STEP"),
            number=int(meta["labels"][labels.ATTEMPT]),
            undo=meta["annotations"].get(labels.PURPOSE, RUN) != RUN,
            started=self.seconds,
            requests={name: quantities.parse(amount) * count for name, amount in asked.items()},
        )
