"""Where events go: an address by HTTP, or a file. What is not taken is away, or refused for good."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import urllib3

from penstock.cluster.failure import Failure

SECONDS = 10.0
"""So long a receiver may take for one answer."""
_REFUSED = (400, 413, 422)
"""Answers that say that the content is at fault."""
_LATER = (408, 425, 429, 502, 503, 504)
"""Those that say that the moment is. All others may be about either."""
_SHOWN = 200
"""Bytes of an answer that are read."""


class AwayError(Exception):
    """Nothing is taken now; the text says why."""


class UnclearError(AwayError):
    """This was not taken; another may be."""


class RefusedError(Exception):
    """This is never taken; the text says why."""


class Place(Protocol):
    """Who takes what is sent."""

    def put(self, body: bytes) -> None:
        """Returns once it was taken. Raises AwayError or RefusedError."""


class Address:
    """POSTs JSON to a URL over one connection that is kept."""

    def __init__(self, url: str, token: str = "") -> None:
        authorized = {"Authorization": f"Bearer {token}"} if token else {}
        self._url = url
        self._headers: Mapping[str, str] = {"Content-Type": "application/json", "User-Agent": "penstock", **authorized}
        self._pool = urllib3.PoolManager(maxsize=1, timeout=SECONDS, retries=False)

    def put(self, body: bytes) -> None:
        try:
            answer = self._pool.request(
                "POST", self._url, body=body, headers=self._headers, redirect=False, preload_content=False
            )
        except urllib3.exceptions.HTTPError as error:
            raise AwayError(str(error)) from error
        said = _begins(answer)
        if answer.status < 300:
            return
        told = f"HTTP {answer.status} {said}".strip()
        if answer.status in _REFUSED:
            raise RefusedError(told)
        raise AwayError(told) if answer.status in _LATER else UnclearError(told)


def _begins(answer: urllib3.BaseHTTPResponse) -> str:
    """How its text begins. One that goes on is not waited for, and its connection is not used again."""
    try:
        return answer.read(_SHOWN, decode_content=False).decode("utf-8", "replace").strip()
    except urllib3.exceptions.HTTPError:
        return ""
    finally:
        answer.close()


class File:
    """Appends a line for each. One that was cut short, by a full disk or a kill, stays alone on its line."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def put(self, body: bytes) -> None:
        try:
            begun = b"\n" if self._cut() else b""
            with self._path.open("ab") as file:
                file.write(begun + body + b"\n")
        except OSError as error:
            raise AwayError(str(error)) from error

    def _cut(self) -> bool:
        if not self._path.is_file() or not self._path.stat().st_size:
            return False
        with self._path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read() != b"\n"


def place_of(url: str, what: str, token: str = "") -> tuple[Place, str]:
    """The place that a URL names, and how it is called in the database and in logs: without who asks and how. Raises
    Failure for a URL that is none."""
    example = f"write one such as http://receiver:8080/path or file:///data/{what}.jsonl"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise Failure(f"the URL for {what} cannot be read: {error}; {example}") from error
    if parts.scheme == "file" and not host and parts.path not in ("", "/"):
        return File(Path(parts.path)), f"{what} {url}"
    if parts.scheme in ("http", "https") and host:
        return Address(url, token), f"{what} {parts.scheme}://{host}{f':{port}' if port else ''}{parts.path}"
    raise Failure(f"the URL for {what} leads nowhere; {example}")
