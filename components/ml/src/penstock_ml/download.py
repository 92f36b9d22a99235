"""Data that no image may hold: fetched from where the user says, and used only if it is what the user meant."""

import hashlib
import re
import urllib.request

from penstock_ml import exchange
from penstock_ml.wire import InputError

PATIENCE = 300.0
"""Seconds for a whole file."""
_DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{64})")


def fetch(name: str, url: str, digest: str, *, most: int) -> bytes:
    """The content behind an HTTP(S) address, at most `most` bytes, whose SHA-256 is `digest`.

    `name` is the input that errors are about. What another attempt may mend ends the program as `exchange.send` says.
    """
    if not (wanted := _DIGEST.fullmatch(digest)):
        raise InputError(f"the digest of '{name}' is '{digest}', but must be 64 digits as `sha256sum FILE` prints them")
    request = urllib.request.Request(exchange.checked(name, url))
    _, content = exchange.send(request, patience=PATIENCE, longest=most)
    if len(content) > most:
        raise InputError(f"{url} has more than {most} bytes: is input '{name}' what you meant?")
    if (found := hashlib.sha256(content).hexdigest()) != wanted[1]:
        raise InputError(
            f"{url} has SHA-256 {found}, but the digest of '{name}' says {wanted[1]}: nothing of it is used"
        )
    return content
