"""What one viewer may. Of a shared server the API server is asked, with the viewer's own token.

A SelfSubjectAccessReview that the viewer's token is shown for says at once who they are and what they may, and needs no
right of the server's own. A yes is good for half a minute, a no for less, since somebody is waiting for it to change.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol

from penstock.cluster.api import COMPONENTS, JOBS, Cluster, Refused, Resource
from penstock.cluster.revisions import CONTROLLER_REVISIONS
from penstock.web.access.limited import Limited
from penstock.web.threads import in_thread

YES_SECONDS = 30.0
NO_SECONDS = 5.0
KEPT = 50_000
"""Answers that are kept of all viewers: four for each namespace that one looks at who may not look at all at once."""
AT_ONCE = 8
"""Questions that one viewer may have open."""


@dataclass(frozen=True, slots=True)
class Need:
    """What one has to be allowed to see something. `namespace` None: in all."""

    verb: str
    resource: Resource
    namespace: str | None

    @property
    def sentence(self) -> str:
        """What whoever lacks it is told."""
        place = f"in namespace {self.namespace}" if self.namespace else "in all namespaces"
        return f"you may not {self.verb} {self.resource.plural} {place}; ask who looks after it for the right"


class Rights(Protocol):
    """What one viewer may."""

    async def may(self, need: Need) -> bool:
        """Whether they may that. Raises Failure if it cannot be found out."""

    async def reads(self, cluster: Cluster, namespace: str) -> tuple[Hashable, Cluster]:
        """With what a Pipeline of that namespace is compiled for them, and what tells apart for whom it is."""


class Owner:
    """Whoever runs `penstock ui`: all is asked with their kubeconfig, so the API server leaves out what has to be."""

    async def may(self, need: Need) -> bool:
        """The API server says so itself."""
        return True

    async def reads(self, cluster: Cluster, namespace: str) -> tuple[Hashable, Cluster]:
        """Their own rights."""
        return (), cluster


class Answers:
    """What the API server answered of all viewers, as long as it counts. The oldest give way."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[object, Need], tuple[float, bool]] = OrderedDict()

    def known(self, who: object, need: Need) -> bool | None:
        """What it answered of somebody; None if that is not known (any more)."""
        until, found = self._answers.get((who, need), (0.0, False))
        return found if time.monotonic() < until else None

    def keep(self, who: object, need: Need, asked: float, found: bool) -> None:
        """It answered that. `asked`: when, since an answer is as old as its question."""
        self._answers.pop((who, need), None)
        self._answers[who, need] = asked + (YES_SECONDS if found else NO_SECONDS), found
        while len(self._answers) > KEPT or next(iter(self._answers.values()))[0] < asked:
            self._answers.popitem(last=False)


class Reviewed:
    """Whoever has shown a token to a shared server. `catalogues`: other namespaces whose Components Pipelines use."""

    def __init__(self, own: Cluster, catalogues: Collection[str], answers: Answers) -> None:
        self._own = own
        self._catalogues = catalogues
        self._answers = answers
        self._who = object()  # answers that outlive a token do not keep it
        self._asking = asyncio.Semaphore(AT_ONCE)

    async def may(self, need: Need) -> bool:
        """What the API server answers, or did a moment ago. Raises Refused (401) if it does not know the token."""
        found = self._answers.known(self._who, need)
        if found is None:
            async with self._asking:
                found = self._answers.known(self._who, need)
                if found is None:
                    asked = time.monotonic()
                    found = await in_thread(self._own.may, need.verb, need.resource, need.namespace)
                    self._answers.keep(self._who, need, asked, found)
        return found

    async def reads(self, cluster: Cluster, namespace: str) -> tuple[Hashable, Cluster]:
        """The server's own rights, as far as the viewer has them too; who has the same share what is compiled."""
        homes = {namespace, *self._catalogues}
        needs = [Need("list", COMPONENTS, home) for home in sorted(homes)]
        needs += [Need("list", resource, namespace) for resource in (CONTROLLER_REVISIONS, JOBS)]
        refused = await lacking(self, needs)
        allowed = frozenset((need.resource, need.namespace) for need in needs if need not in refused)
        return allowed, Limited(cluster, allowed)


async def demand(rights: Rights, *needs: Need) -> None:
    """Raises Refused (403) for the first that they may not."""
    for need in await lacking(rights, needs):
        raise Refused(403, need.sentence, "")


async def lacking(rights: Rights, needs: Sequence[Need]) -> list[Need]:
    """Those of the needs that they may not."""
    answers = await asyncio.gather(*(rights.may(need) for need in needs))
    return [need for need, yes in zip(needs, answers, strict=True) if not yes]
