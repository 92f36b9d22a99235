"""The object store: objects in and out in pieces, and its errors in words that a user can act on."""

import os
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, S3Store

from penstock.core.pod.transfer import Transfer
from penstock.courier.problems import CourierError

PIECE = 8 * 1024 * 1024
"""Bytes that move at a time; larger objects are moved in several pieces."""
AHEAD = 4
"""Pieces of one object under way at once."""
DELETED_AT_ONCE = 1_000
MAX_PIECES = 9_000
"""S3 takes 10,000 parts an upload."""

_REFUSED = {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"}


class Missing(CourierError):
    """There is no such object."""


def connect(transfer: Transfer, environment: Mapping[str, str]) -> "Store":
    """The store of a transfer. Credentials are the usual AWS_* variables of the environment."""
    given: dict[str, Any] = {"endpoint": transfer.endpoint} if transfer.endpoint else {}
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION"):
        if environment.get(name):
            given[name.lower()] = environment[name]
    parts = urlsplit(transfer.uri)
    plain = (transfer.endpoint or "").startswith("http://")
    inner = S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        client_options={"allow_http": plain, "timeout": "120s"},
        retry_config={"max_retries": 8, "retry_timeout": timedelta(seconds=60)},
        **given,
    )
    return Store(inner, transfer)


class Store:
    """Objects below the URI of a transfer. Every method raises CourierError in words that a user can act on."""

    def __init__(self, inner: ObjectStore, transfer: Transfer) -> None:
        self._store = inner
        self.uri = transfer.uri
        self.bucket = urlsplit(transfer.uri).netloc
        self.endpoint = transfer.endpoint
        self.secret = transfer.secret

    def put(self, key: str, data: bytes) -> None:
        """Stores a small object."""
        with self._words("write", key):
            obstore.put(self._store, key, data, use_multipart=False)

    def upload(self, key: str, pieces: Iterator[bytes], size: int) -> None:
        """Stores an object of about that many bytes from its pieces, of which few are in memory at a time."""
        with self._words("write", key):
            chunk = max(PIECE, -(-size // MAX_PIECES))
            obstore.put(self._store, key, pieces, use_multipart=True, chunk_size=chunk, max_concurrency=AHEAD)

    def get(self, key: str, most: int) -> tuple[int, bytes]:
        """Bytes that an object has, and the object itself unless it has more than `most`."""
        with self._words("read", key):
            answer = obstore.get(self._store, key)
            size = answer.meta["size"]
            return size, bytes(answer.bytes()) if size <= most else b""

    def size(self, key: str) -> int:
        """Bytes of an object."""
        with self._words("read", key):
            return obstore.head(self._store, key)["size"]

    def download(self, key: str, size: int) -> Iterator[bytes]:
        """An object of that many bytes in pieces, the next ones asked for ahead."""
        with self._words("read", key), ThreadPoolExecutor(AHEAD) as pool:
            coming: deque[Future[Any]] = deque()
            for start in range(0, size, PIECE):
                if len(coming) == AHEAD:
                    yield bytes(coming.popleft().result())
                end = min(start + PIECE, size)
                coming.append(pool.submit(obstore.get_range, self._store, key, start=start, end=end))
            while coming:
                yield bytes(coming.popleft().result())

    def list(self, prefix: str) -> Iterator[tuple[str, float]]:
        """Keys below a prefix, and when each was last changed (seconds since 1970)."""
        with self._words("list", prefix):
            for page in obstore.list(self._store, prefix=prefix):
                yield from ((one["path"], one["last_modified"].timestamp()) for one in page)

    def delete(self, keys: Sequence[str]) -> None:
        """Deletes objects; those that are not there are no error."""
        with self._words("delete", keys[0] if keys else ""):
            for start in range(0, len(keys), DELETED_AT_ONCE):
                obstore.delete(self._store, keys[start : start + DELETED_AT_ONCE])

    def at(self, key: str) -> str:
        """Where an object is, as `s3://BUCKET/KEY`."""
        return f"{self.uri}/{key}"

    @contextmanager
    def _words(self, verb: str, key: str) -> Iterator[None]:
        try:
            yield
        except (BaseError, FileNotFoundError, ValueError) as error:
            raise self._explain(verb, key, error) from error

    def _explain(self, verb: str, key: str, error: Exception) -> CourierError:
        """The server's code and message. The rest of its answer may hold signatures, and is kept out of statuses."""
        text = str(error)
        code, message = _tag("Code", text), _tag("Message", text)
        status = re.search(r"status code: (\d{3})", text)
        said = f"{code}: {message}" if code else text.splitlines()[0][-300:]
        what = f"cannot {verb} {self.at(key)}"
        server = self.endpoint or "Amazon S3"
        if code in _REFUSED or "AccessKey" in code or (status and status[1] in ("401", "403")):
            words = f"{server} refused the credentials of Secret {self.secret!r} ({said}); check its"
            return CourierError(f"{what}: {words} AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and what they may do")
        if code == "NoSuchBucket":
            return CourierError(f"{what}: {server} has no bucket {self.bucket!r}; create it or correct storage.uri")
        if isinstance(error, FileNotFoundError) and code in ("", "NoSuchKey"):
            return Missing(f"{what}: there is no such object")
        return CourierError(f"{what}: {server}: {said}")


def _tag(name: str, text: str) -> str:
    found = re.search(rf"<{name}>([^<]*)</{name}>", text)
    return found[1].strip() if found else ""


def pieces_of(path: Path) -> Iterator[bytes]:
    """A file in pieces. A link in its place is not followed."""
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb", buffering=0) as file:
        while piece := file.read(PIECE):
            yield piece
