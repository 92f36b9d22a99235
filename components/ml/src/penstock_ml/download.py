"""Data that no image may hold: fetched from where the user says, and used only if it is what the user meant."""

import hashlib
import re
import urllib.error
import urllib.request

from penstock_ml.wire import InputError

PATIENCE = 60.0
"""Seconds without a byte after which a server counts as lost."""
AGAIN = (408, 429)
"""Client's errors that may be over the next time (RFC 9110, RFC 6585)."""
_DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{64})")


class UnreachableError(Exception):
    """What could not be fetched now; another attempt may."""


def fetch(name: str, url: str, digest: str, *, most: int) -> bytes:
    """The content behind an HTTP(S) address, at most `most` bytes, whose SHA-256 is `digest`.

    `name` is the input that errors are about. An InputError says what no retry can mend: an address that is none, a
    client's error (4xx), content that is longer or other than it should be.
    """
    if not (wanted := _DIGEST.fullmatch(digest)):
        raise InputError(f"the digest of '{name}' is '{digest}', but must be 64 digits as `sha256sum FILE` prints them")
    if not url.startswith(("http://", "https://")):
        raise InputError(f"input '{name}' is '{url}', but must begin with http:// or https://")
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            content: bytes = answer.read(most + 1)
    except urllib.error.HTTPError as error:
        if error.code < 500 and error.code not in AGAIN:
            raise InputError(f"{url} answers {error.code} ({error.reason}): correct input '{name}'") from None
        raise UnreachableError(f"{url} answers {error.code} ({error.reason})") from None
    except (OSError, ValueError) as error:  # http.client tells an address that is none by a ValueError
        raise UnreachableError(f"cannot fetch {url}: {error}") from None
    if len(content) > most:
        raise InputError(f"{url} has more than {most} bytes: is input '{name}' what you meant?")
    if (found := hashlib.sha256(content).hexdigest()) != wanted[1]:
        raise InputError(
            f"{url} has SHA-256 {found}, but the digest of '{name}' says {wanted[1]}: nothing of it is used"
        )
    return content
