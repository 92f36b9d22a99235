"""Reads the log of one pod: as bytes, as lines, to its end or as it grows, and backwards."""

import sys
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress

from penstock.cluster.api import PODS, READ_SECONDS, Cluster
from penstock.cluster.failure import Failure

CONTAINER = "step"
CHUNK = 65_536
LINE_BYTES = 2**20
"""Of one line among earlier ones; the rest of a longer one is left out."""
CUT = " … (this line is longer than 1 MiB)".encode()
LONG_BYTES = 16_384
"""Of a line whose end is waited for."""
EARLIER_BYTES = 16 * 2**20
"""Of earlier lines together."""


class Reading:
    """The log of a pod while it is read. Raises Refused or Failure if it cannot be.

    `tail`: only so many of its last lines; `since`: only what was written at that instant (RFC 3339, of which the API
    server takes whole seconds) or later; `follow`: goes on until the container ends; `stamped`: each line begins with
    the instant at which it was written, and a space.
    """

    def __init__(
        self,
        cluster: Cluster,
        pod: str,
        tail: int | None = None,
        since: str = "",
        follow: bool = False,
        stamped: bool = False,
    ) -> None:
        query: dict[str, object] = {"container": CONTAINER}
        if tail is not None:
            query["tailLines"] = tail
        if since:
            query["sinceTime"] = since
        query.update({name: "true" for name, wanted in (("follow", follow), ("timestamps", stamped)) if wanted})
        self._pod = pod
        self._closed = False
        path = f"{PODS.path(cluster.namespace, pod)}/log"
        self._response = cluster.request(
            "GET", path, query, accept="*/*", read_seconds=None if follow else READ_SECONDS
        )

    def chunks(self) -> Iterator[bytes]:
        """What comes in, as it comes in. Raises Failure if it breaks off."""
        import urllib3

        try:
            yield from self._response.stream(CHUNK, decode_content=True)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            if not self._closed:
                raise Failure(f"the log of pod {self._pod!r} broke off: {error}") from error
        finally:
            self._response.close()

    def lines(self, most: int = sys.maxsize) -> Iterator[bytes]:
        """Its lines without their ends; one of more than `most` bytes is cut there, and ends with `CUT`."""
        line = bytearray()
        for chunk in self.chunks():
            *ends, begun = chunk.split(b"\n")
            for end in ends:
                line += end[: most + 1 - len(line)]
                yield _cut(line, most)
                line.clear()
            line += begun[: most + 1 - len(line)]
        if line:
            yield _cut(line, most)

    def close(self) -> None:
        """Ends it, from another thread too while that waits for more."""
        self._closed = True
        with suppress(Exception):  # it may have come to its own end meanwhile
            self._response.shutdown()


def whole_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in chunks that end where lines do; a line that is longer than `LONG_BYTES` as it comes in."""
    begun = b""
    for chunk in chunks:
        whole, end, begun = (begun + chunk).rpartition(b"\n")
        if len(begun) > LONG_BYTES:
            whole, end, begun = whole + end + begun, b"", b""
        if whole or end:
            yield whole + end
    if begun:
        yield begun


def _cut(line: bytearray, most: int) -> bytes:
    return bytes(line) if len(line) <= most else bytes(line[:most]) + CUT


def lines(cluster: Cluster, pod: str, tail: int | None, follow: bool) -> Iterator[str]:
    """The lines of a pod's log, without their ends. Raises Failure."""
    for line in Reading(cluster, pod, tail, follow=follow).lines():
        yield line.decode("utf-8", "replace")


def earlier(cluster: Cluster, pod: str, have: int, before: bytes, same: int, many: int) -> list[bytes]:
    """So `many` stamped lines as stand before the last ones that somebody has already, or fewer: at the beginning, or
    where they are longer than `EARLIER_BYTES` together.

    Lines have no numbers, and more come in meanwhile. So what is known is told by the instant of its first line
    (`before`) and by how many of its lines were written at that instant (`same`); `have`: how many there are in all.
    Where lines have no instants (`penstock run`), these alone tell.
    """
    reading = Reading(cluster, pod, have + many, stamped=True)
    found, size, count, met = deque[bytes](), 0, 0, False
    for line in reading.lines(LINE_BYTES):
        known = before != b"" and line.partition(b" ")[0] == before
        if met and not known:
            break
        met |= known
        count += 1
        if before or count <= many:
            found.append(line)
            size += len(line)
        while len(found) > many + same or size > EARLIER_BYTES:
            size -= len(found.popleft())
    reading.close()
    had = same if before else min(count, many) - max(0, count - have)
    return list(found)[: max(0, len(found) - max(0, had))] if met or not before else []
