"""Whose token it is that a request shows."""

import asyncio
import hashlib
import hmac
import re
import time
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from penstock.cluster.api import Refused
from penstock.cluster.failure import Failure
from penstock.web.access.reviews import NO_SECONDS, YES_SECONDS, Answers
from penstock.web.access.rights import Reviewed
from penstock.web.access.viewer import Viewer
from penstock.web.followed.looks import Looks
from penstock.web.surveyed.surveys import Surveying
from penstock.web.threads import in_thread

TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,8000}")
"""RFC 6750."""
MOST = 1_000
"""Tokens that are known at once, and those that are known to be none."""
AT_ONCE = 32
"""Tokens that the API server is asked about at once, of those that are known, and as many of the others."""
UNUSED_SECONDS = 600.0
"""A token is forgotten that nobody has shown for so long, and with it all that was found for whoever showed it."""
STREAM_SECONDS = 60.0
"""A stream ends after so long; the page asks for another, with the same questions as at first."""
OTHER = "the token is missing or is not that of this server; open the address that it printed"
UNKNOWN = (
    "this needs a token that the cluster knows: sign in with your proxy, or paste one, for instance that of "
    "`kubectl create token ACCOUNT`"
)


class Stranger(Failure):
    """Nobody that is known here. What the API server makes of the credentials of one who is known is another matter."""


class Visitors(Protocol):
    """Those who may come in."""

    async def who(self, token: str) -> Viewer:
        """Whose token that is. Raises Stranger if it is nobody's."""

    def forget(self, token: str) -> None:
        """It has turned out to be nobody's (any more)."""


class Host:
    """The only one who may come in: whoever has the address that `penstock ui` printed."""

    def __init__(self, viewer: Viewer, token: str) -> None:
        self._viewer = viewer
        self._token = token

    async def who(self, token: str) -> Viewer:
        """The user of the kubeconfig."""
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            raise Stranger(OTHER)
        return self._viewer

    def forget(self, token: str) -> None:
        """There is one token, for as long as the command runs."""


@dataclass(frozen=True, slots=True)
class _Answer:
    until: float
    viewer: Viewer | None


class Guests:
    """Whoever the API server knows. It is asked again after half a minute; few tokens are known at once.

    A token is kept in memory for as long as it is used, and found by its digest.
    """

    def __init__(self, looks: Looks, homes: Collection[str], catalogues: Collection[str]) -> None:
        self._looks = looks
        self._homes = frozenset(homes)
        self._catalogues = frozenset(catalogues)
        self._answers = Answers()
        self._account = Reviewed(looks.cluster, catalogues, self._answers)
        self._surveying = Surveying()
        self._known: OrderedDict[bytes, _Answer] = OrderedDict()
        self._unknown: OrderedDict[bytes, _Answer] = OrderedDict()  # apart: who guesses drives nobody out
        self._asking = asyncio.Semaphore(AT_ONCE)
        self._asking_again = asyncio.Semaphore(AT_ONCE)  # apart, too: who guesses keeps nobody waiting

    async def who(self, token: str) -> Viewer:
        """Who the API server says it is. Raises Stranger, or Failure if it cannot be asked."""
        if not TOKEN.fullmatch(token):
            raise Stranger(UNKNOWN)
        digest = _digest(token)
        found = self._fresh(digest)
        if found is None:
            async with self._asking_again if digest in self._known else self._asking:
                found = self._fresh(digest) or await self._ask(digest, token)
        if found.viewer is None:
            raise Stranger(UNKNOWN)
        return found.viewer

    def forget(self, token: str) -> None:
        """The API server does not know it any more, though it did a moment ago."""
        self._known.pop(_digest(token), None)

    def _fresh(self, digest: bytes) -> _Answer | None:
        found = self._known.get(digest) or self._unknown.get(digest)
        return found if found and time.monotonic() < found.until else None

    async def _ask(self, digest: bytes, token: str) -> _Answer:
        own = self._looks.cluster.bearing(token)
        asked = time.monotonic()
        try:
            name = await in_thread(own.user)
        except Refused as refused:
            if refused.status != 401:
                raise
            self._known.pop(digest, None)
            return self._keep(self._unknown, digest, _Answer(asked + NO_SECONDS, None))
        before = self._known.get(digest)
        viewer = before.viewer if before else None
        if viewer is None or viewer.name != name:
            rights = Reviewed(own, self._catalogues, self._answers, self._account)
            viewer = Viewer(own, self._looks, self._surveying, rights, name, self._homes, lasts=STREAM_SECONDS)
        return self._keep(self._known, digest, _Answer(asked + YES_SECONDS, viewer))

    @staticmethod
    def _keep(kept: OrderedDict[bytes, _Answer], digest: bytes, answer: _Answer) -> _Answer:
        kept[digest] = answer
        kept.move_to_end(digest)
        while len(kept) > MOST or next(iter(kept.values())).until + UNUSED_SECONDS < time.monotonic():
            kept.popitem(last=False)
        return answer


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
