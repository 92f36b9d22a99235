"""Requests to the process that runs Pipelines in a folder, from others that may not write there themselves.

A request is a file that appears whole; so is its answer. Nothing listens: the folder is looked at again and again.
"""

import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

LOOK_SECONDS = 0.1
_REQUEST, _ANSWER = ".request", ".answer"


class Unanswered(Exception):
    """Nobody takes requests any more, and nobody took this one."""


class Lost(Exception):
    """Whoever took the request has ended without an answer. It may have been done."""


def send(inbox: Path, request: Any, anybody: Callable[[], bool]) -> Any:
    """The answer to a request. `anybody`: whether somebody is there to answer. Raises Unanswered or Lost."""
    mail = inbox / secrets.token_hex(8)
    _put(mail.with_suffix(_REQUEST), request)
    answer = mail.with_suffix(_ANSWER)
    while not answer.exists():
        if not anybody() and not answer.exists():
            if _taken_back(mail.with_suffix(_REQUEST)):
                raise Unanswered
            raise Lost
        time.sleep(LOOK_SECONDS)
    found = orjson.loads(answer.read_bytes())
    answer.unlink()
    return found


def take(inbox: Path, handle: Callable[[Any], Any]) -> None:
    """Answers what has come in, the oldest first. A request is taken before it is done: it is never done twice."""
    with os.scandir(inbox) as entries:
        waiting = [(entry.stat().st_mtime_ns, entry.path) for entry in entries if entry.name.endswith(_REQUEST)]
    for _, path in sorted(waiting):
        file = Path(path)
        with suppress(OSError):  # whoever sent it took it back
            request = orjson.loads(file.read_bytes())
            file.unlink()
            _put(file.with_suffix(_ANSWER), handle(request))


def _taken_back(file: Path) -> bool:
    try:
        file.unlink()
    except FileNotFoundError:
        return False
    return True


def _put(file: Path, content: Any) -> None:
    new = file.with_suffix(".new")
    new.write_bytes(orjson.dumps(content))
    new.replace(file)
