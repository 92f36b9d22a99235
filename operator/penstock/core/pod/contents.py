"""SHA-256 and size of artifacts, on the way from the container that has read them to the status of the Step.

That container tells them in its termination message, of which kubelet keeps 4,096 bytes. So they are told in the order
of the outputs' names and not with them: 64 artifacts, as many as a step may have, fit whatever they are called. Plain
Python only: it is imported by a process that should start at once.
"""

import base64
import binascii
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

MESSAGE_BYTES = 4096
"""Most that a container may leave in its termination message; kubelet cuts the rest."""
LIMIT = 2**63
"""The API server has whole numbers of 64 bits; it would refuse all of a status in which there is a larger one."""


@dataclass(frozen=True, slots=True)
class Contents:
    """SHA-256 of an artifact, 64 hexadecimal digits (of a directory see courier/manifest.py); bytes of its files."""

    sha256: str
    size: int


def told(contents: Mapping[str, Contents | None]) -> str:
    """The termination message about artifacts by name; None stands for one that is not there, or was not read."""
    found = [None if one is None else [_short(one.sha256), one.size] for _, one in sorted(contents.items())]
    text = json.dumps(found, separators=(",", ":"))
    return text if len(text) <= MESSAGE_BYTES else ""  # 64 of more than 100 TB each


def heard(message: str, names: Collection[str]) -> dict[str, Contents]:
    """What a termination message says of the artifacts of these names; nothing if it is about something else."""
    try:
        found = json.loads(message) if message else None
        if not isinstance(found, list) or len(found) != len(names):
            return {}
        pairs = zip(sorted(names), found, strict=True)
        return {name: Contents(_long(one[0]), _size(one[1])) for name, one in pairs if one is not None}
    except (ValueError, TypeError, LookupError, RecursionError):
        return {}


def _short(sha256: str) -> str:
    return base64.b64encode(bytes.fromhex(sha256)).decode().rstrip("=")


def _long(text: str) -> str:
    digest = base64.b64decode(f"{text}=", validate=True)
    if len(digest) != 32:
        raise binascii.Error("no SHA-256")
    return digest.hex()


def _size(given: object) -> int:
    if type(given) is not int or not 0 <= given < LIMIT:
        raise ValueError("no size")
    return given
