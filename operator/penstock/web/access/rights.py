"""What one viewer may. Of a shared server the API server is asked, with the viewer's own token.

A SelfSubjectAccessReview that the viewer's token is shown for says at once who they are and what they may, and needs no
right of the server's own.
"""

import asyncio
import time
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol

from penstock.cluster.api import (
    COMPONENTS,
    JOBS,
    NODES,
    PIPELINES,
    PODS,
    QUOTAS,
    RANGES,
    STEPS,
    Cluster,
    Refused,
)
from penstock.cluster.revisions import CONTROLLER_REVISIONS
from penstock.web.access.limited import Limited
from penstock.web.access.reviews import Answers, Need
from penstock.web.threads import in_thread

AT_ONCE = 8
"""Questions that one viewer may have open."""


NEEDED = (PIPELINES, STEPS, JOBS, PODS)
"""Without which nothing is seen of a namespace at an instant,"""
USEFUL = (COMPONENTS, CONTROLLER_REVISIONS, QUOTAS, RANGES)
"""and without which less."""


class Rights(Protocol):
    """What one viewer may."""

    async def may(self, need: Need) -> bool:
        """Whether they may that. Raises Failure if it cannot be found out."""

    async def reads(self, cluster: Cluster, namespace: str) -> tuple[Hashable, Cluster]:
        """With what a Pipeline of that namespace is compiled for them, and what tells apart for whom it is."""

    async def sees(self, cluster: Cluster, homes: Sequence[str]) -> "Sees":
        """With what the whole cluster is looked at for them, or at least those namespaces."""


@dataclass(frozen=True, slots=True)
class Sees:
    """How much somebody sees of the cluster.

    `key`: who has the same sees the same. `cluster`: asks for it. `homes`: the namespaces to be content with where all
    may not be listed.
    """

    key: Hashable
    cluster: Cluster
    homes: Sequence[str]


class Owner:
    """Whoever runs `penstock ui`: all is asked with their kubeconfig, so the API server leaves out what has to be."""

    async def may(self, need: Need) -> bool:
        """The API server says so itself."""
        return True

    async def reads(self, cluster: Cluster, namespace: str) -> tuple[Hashable, Cluster]:
        """Their own rights."""
        return (), cluster

    async def sees(self, cluster: Cluster, homes: Sequence[str]) -> Sees:
        """What their own rights show."""
        return Sees(tuple(homes), cluster, homes)


class Reviewed:
    """Whoever has shown a token to a shared server.

    `catalogues`: other namespaces whose Components Pipelines use. `account`: what the server may itself.
    """

    def __init__(
        self, own: Cluster, catalogues: Collection[str], answers: Answers, account: Rights | None = None
    ) -> None:
        self._own = own
        self._account = account or self
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

    async def sees(self, cluster: Cluster, homes: Sequence[str]) -> Sees:
        """What the server's own account sees, as far as the viewer may, so that who may the same share it.

        Where it sees less than they may, they ask with their own token, for themselves alone.
        """
        everywhere = [Need("list", resource, None) for resource in (NODES, *NEEDED, *USEFUL)]
        lacks = set(await lacking(self, everywhere))
        narrow = [need.resource for need in everywhere if need in lacks and need.resource is not NODES]
        catalogues = [one for one in sorted(self._catalogues) if one not in homes and COMPONENTS in narrow]
        places = [Need("list", resource, home) for resource in narrow for home in homes]
        places += [Need("list", COMPONENTS, home) for home in catalogues]
        refused = set(await lacking(self, places))
        half = {need.namespace for need in refused if need.resource in NEEDED}
        homes = [home for home in homes if home not in half] or homes if narrow else ()
        allowed = [need for need in (*everywhere, *places) if need not in lacks | refused]
        if await lacking(self._account, allowed):
            return Sees((self._who, tuple(homes)), self._own, homes)
        key = frozenset((need.resource, need.namespace) for need in allowed)
        return Sees((key, tuple(homes)), Limited(cluster, key), homes)


async def demand(rights: Rights, *needs: Need) -> None:
    """Raises Refused (403) for the first that they may not."""
    for need in await lacking(rights, needs):
        raise Refused(403, need.sentence, "")


async def lacking(rights: Rights, needs: Sequence[Need]) -> list[Need]:
    """Those of the needs that they may not."""
    answers = await asyncio.gather(*(rights.may(need) for need in needs))
    return [need for need, yes in zip(needs, answers, strict=True) if not yes]
