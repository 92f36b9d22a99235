"""Asks the page's server, without a browser and without its client's rules about headers."""

from __future__ import annotations

import gzip
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any


def ask(
    place: str, path: str, token: str = "", method: str = "GET", body: str | None = None, **headers: str
) -> tuple[int, str]:
    """Status and body of an answer; of a stream its first event. `place` ends with a slash; `_` stands for `-`."""
    shown = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with urllib.request.urlopen(request(place + path, method, body, {**shown, **headers}), timeout=60) as answer:
            return answer.status, read(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def request(url: str, method: str, body: str | None, headers: Mapping[str, str]) -> urllib.request.Request:
    """A request; `_` stands for `-` in names of headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return urllib.request.Request(url, None if body is None else body.encode(), named, method=method)


def read(answer: Any) -> str:
    """The body of an answer; of a stream its first event."""
    if answer.headers["Content-Type"] == "text/event-stream":
        lines = []
        while line := answer.readline().strip():
            lines.append(line.decode())
        return "\n".join(lines)
    body: bytes = answer.read()
    return (gzip.decompress(body) if answer.headers.get("Content-Encoding") == "gzip" else body).decode()
