"""Asks the page's server, without a browser and without its client's rules about headers."""

from __future__ import annotations

import gzip
import urllib.error
import urllib.request
from typing import Any


def ask(
    place: str, path: str, token: str = "", method: str = "GET", body: str | None = None, **headers: str
) -> tuple[int, str]:
    """Status and body of an answer; of a stream its first event. `place` ends with a slash; `_` stands for `-`."""
    request = urllib.request.Request(place + path, None if body is None else body.encode(), method=method)
    shown = {"Authorization": f"Bearer {token}"} if token else {}
    for name, value in {**shown, **headers}.items():
        request.add_header(name.replace("_", "-"), value)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, _read(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def _read(answer: Any) -> str:
    if answer.headers["Content-Type"] == "text/event-stream":
        lines = []
        while line := answer.readline().strip():
            lines.append(line.decode())
        return "\n".join(lines)
    body: bytes = answer.read()
    return (gzip.decompress(body) if answer.headers.get("Content-Encoding") == "gzip" else body).decode()
