"""What the proxy does to requests and watches, as data: which ones, and what befalls them.

Every request has an ordinal among those of its verb and resource, every watch event one among those of its resource.
Chances are drawn from the seed, the rule and the ordinal, so that the order in which requests of different kinds
happen to come does not matter, and one integer replays them all.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

WRITES = ("create", "update", "patch", "delete")
READS = ("get", "list")


@dataclass(frozen=True)
class Call:
    """A request: its verb as the API server's audit log has it, resource with subresource, and place."""

    verb: str
    resource: str
    namespace: str = ""
    name: str = ""
    ordinal: int = 1

    @property
    def writes(self) -> bool:
        return self.verb in WRITES


# --- what befalls a request


@dataclass(frozen=True)
class Answer:
    """Not forwarded; answered with an error. `body`: instead of a Status, e.g. the HTML of something in between."""

    code: int
    reason: str = "InternalError"
    after: int | None = None
    body: str = ""


@dataclass(frozen=True)
class Delay:
    """Forwarded after so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Hang:
    """Not forwarded, and not answered for so many seconds; then the connection is closed."""

    seconds: float = 120.0


@dataclass(frozen=True)
class Drop:
    """Not forwarded; the connection is closed."""


@dataclass(frozen=True)
class Cut:
    """Forwarded and done; the connection is closed before the answer."""


@dataclass(frozen=True)
class Truncate:
    """Forwarded and done; half of the answer comes. `honest`: its length says so, so that only the JSON is broken."""

    honest: bool = False


@dataclass(frozen=True)
class Duplicate:
    """Forwarded twice; the second answer is given if `second`, else the first."""

    second: bool = False


@dataclass(frozen=True)
class Stale:
    """A read is answered with what was true so many versions ago."""

    versions: int


@dataclass(frozen=True)
class Kill:
    """The operator is killed: before the request is forwarded, or `after` it was done and before its answer."""

    after: bool = False


# --- what befalls a watch


@dataclass(frozen=True)
class Freeze:
    """From this event on nothing comes for so many seconds, though the connection stays; then all of it."""

    seconds: float = 600.0


@dataclass(frozen=True)
class Lag:
    """The event, and so those behind it, comes so many seconds later."""

    seconds: float


@dataclass(frozen=True)
class Reorder:
    """The event comes after the one that follows it."""


@dataclass(frozen=True)
class Repeat:
    """The event comes twice."""


@dataclass(frozen=True)
class Lose:
    """The event does not come."""


@dataclass(frozen=True)
class Gone:
    """Instead of the event comes an error, 410 Expired, and the watch ends."""

    code: int = 410


@dataclass(frozen=True)
class Tear:
    """Half of the event's line comes, then the connection is closed."""


@dataclass(frozen=True)
class End:
    """The watch ends, as the API server ends it now and then."""


OfRequests = Answer | Delay | Hang | Drop | Cut | Truncate | Duplicate | Stale | Kill
OfEvents = Freeze | Lag | Reorder | Repeat | Lose | Gone | Tear | End
Fault = OfRequests | OfEvents


@dataclass(frozen=True)
class Rule:
    """A fault, and what it befalls.

    `verbs` and `resources`: none means any; a resource is that of the path with its subresource, `steps/status`. A
    fault of events befalls the events of watches of these resources. `first` to `last`: ordinals, counted from 1.
    `every`: only each so-manieth of them. `times`: so often at most. `chance`: between 0 and 1.
    """

    fault: Fault
    resources: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    first: int = 1
    last: int | None = None
    every: int = 1
    chance: float = 1.0
    times: int | None = None

    @property
    def of_events(self) -> bool:
        return isinstance(self.fault, OfEvents)

    def means(self, call: Call, seed: str) -> bool:
        """Whether it befalls this request or event, however often it has struck."""
        if self.resources and call.resource not in self.resources:
            return False
        if self.verbs and call.verb not in self.verbs:
            return False
        if call.ordinal < self.first or (self.last is not None and call.ordinal > self.last):
            return False
        if (call.ordinal - self.first) % self.every:
            return False
        if self.chance >= 1:
            return True
        drawn = random.Random(f"{seed}/{self}/{call.verb}/{call.resource}/{call.ordinal}").random()
        return drawn < self.chance


@dataclass
class Book:
    """The rules that hold now, and what they have done so far. Leases are spared unless a rule names them."""

    seed: str
    rules: Sequence[Rule] = ()
    struck: Counter[Rule] = field(default_factory=Counter)
    _ordinals: Counter[tuple[str, str]] = field(default_factory=Counter)

    def number(self, verb: str, resource: str) -> int:
        """The next ordinal of such requests; verb `event`: of such events."""
        self._ordinals[verb, resource] += 1
        return self._ordinals[verb, resource]

    def request(self, call: Call) -> OfRequests | None:
        """What befalls the request."""
        found = self._find(call, of_events=False)
        return found if isinstance(found, OfRequests) else None

    def event(self, call: Call) -> OfEvents | None:
        """What befalls the event; its verb is `event`."""
        found = self._find(call, of_events=True)
        return found if isinstance(found, OfEvents) else None

    def _find(self, call: Call, of_events: bool) -> Fault | None:
        for rule in self.rules:
            if rule.of_events != of_events or (call.resource == "leases" and "leases" not in rule.resources):
                continue
            if rule.times is not None and self.struck[rule] >= rule.times:
                continue
            if rule.means(call, self.seed):
                self.struck[rule] += 1
                return rule.fault
        return None
