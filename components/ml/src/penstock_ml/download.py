"""Data that no image may hold: fetched from where the user says, and used only if it is what the user meant."""

import csv
import hashlib
import io
import re
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from penstock_ml import exchange
from penstock_ml.wire import InputError

PATIENCE = 300.0
"""Seconds for a whole file."""
_DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{64})")


def fetch(name: str, url: str, digest: str, *, most: int) -> bytes:
    """The content behind an HTTP(S) address, at most `most` bytes, whose SHA-256 is `digest`; or of a file on a claim.

    A file is one that `url` names by its path, from `/` on. `name` is the input that errors are about. What another
    attempt may mend ends the program as `exchange.send` says.
    """
    if not (wanted := _DIGEST.fullmatch(digest)):
        raise InputError(f"the digest of '{name}' is '{digest}', but must be 64 digits as `sha256sum FILE` prints them")
    if url.startswith("/"):
        content = _file(name, Path(url), most)
    else:
        request = urllib.request.Request(exchange.checked(name, url))
        _, content = exchange.send(request, patience=PATIENCE, longest=most)
    if len(content) > most:
        raise InputError(f"{url} has more than {most} bytes: is input '{name}' what you meant?")
    if (found := hashlib.sha256(content).hexdigest()) != wanted[1]:
        raise InputError(
            f"{url} has SHA-256 {found}, but the digest of '{name}' says {wanted[1]}: nothing of it is used"
        )
    return content


def table(name: str, url: str, digest: str, columns: Sequence[str], *, most: int) -> list[tuple[str, ...]]:
    """The rows of a CSV file that `fetch` gets, with these columns in this order, their cells stripped."""
    content = fetch(name, url, digest, most=most)
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8"), newline=""))
        rows = [tuple(row[column].strip() for column in columns) for row in reader]
    except (UnicodeDecodeError, csv.Error, KeyError, AttributeError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise InputError(f"{url} is no CSV file with the columns {', '.join(columns)} ({reason})") from None
    if not rows:
        raise InputError(f"{url} has no rows")
    return rows


def _file(name: str, path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        raise InputError(f"input '{name}' is '{path}', which cannot be read ({error.strerror}): mount it") from None
