"""One HTTP request and its answer, within a time and a size.

What may work the next time ends the program with exit code 1, so that the step is tried again; what never will is an
InputError.
"""

import http.client
import os
import signal
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from penstock_ml.wire import InputError

AGAIN = {408, 429}
"""What a later request may find otherwise, besides 5xx (RFC 9110, RFC 6585)."""
PIECE = 2**16


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, and tells no other host who asks."""

    def redirect_request(self, request, *answer):
        found = super().redirect_request(request, *answer)
        if found is not None and _origin(found.full_url) != _origin(request.full_url):
            found.remove_header("Authorization")
        return found


def send(request: urllib.request.Request, *, patience: float, longest: int) -> tuple[int, bytes]:
    """Status and content of the answer, of a longer one `longest` + 1 bytes. `patience`: seconds for all of it."""
    words = f"{request.get_method()} {request.full_url}"
    try:
        with within(patience), urllib.request.build_opener(_Redirects).open(request) as answer:
            return answer.status, _content(answer, longest)
    except urllib.error.HTTPError as error:
        words = f"{words}: {error.code} {error.reason}"
        if error.code >= 500 or error.code in AGAIN:
            sys.exit(f"error: {words}")
        raise InputError(words) from None
    except (urllib.error.URLError, OSError) as error:
        sys.exit(f"error: {words}: {getattr(error, 'reason', error)}")
    except (http.client.InvalidURL, ValueError) as error:
        raise InputError(f"{words} cannot be sent: {error}") from None
    except http.client.HTTPException as error:
        sys.exit(f"error: {words}: {error!r}")


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """TimeoutError if what is done takes longer; in the main thread only.

    A socket's timeout is for each read: who sends a byte now and then, even of a header, would be listened to for ever.
    """

    def over(*_: object) -> None:
        raise TimeoutError("the answer takes too long")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def checked(name: str, url: str) -> str:
    """The URL, which the input `name` gives, if it is one of HTTP."""
    try:
        parts = urllib.parse.urlsplit(url)
        whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError as error:
        raise InputError(f"input '{name}' is '{url}': {error}") from None
    if not whole:
        raise InputError(f"input '{name}' is '{url}', but must begin with http:// or https:// and a host")
    return url


def authorize(request: urllib.request.Request, secret: str) -> None:
    """Adds the header that the named Secret of the step holds under `authorization`; none if none is named."""
    value = os.environ.get("AUTHORIZATION", "").strip()
    if not (value.isascii() and value.isprintable()):  # what refuses it later would print it
        raise InputError("key 'authorization' of the Secret must be one line of ASCII, as a header is")
    if secret and not value:
        raise InputError(f"Secret '{secret}' is not there, or has nothing in its key 'authorization'; create it")
    if value:
        request.add_header("Authorization", value)


def _content(answer: http.client.HTTPResponse, longest: int) -> bytes:
    found = bytearray()
    while len(found) <= longest:
        piece = answer.read1(min(PIECE, longest + 1 - len(found)))
        if not piece:
            break
        found += piece
    if answer.length and len(found) <= longest:
        raise http.client.IncompleteRead(bytes(found), answer.length)
    return bytes(found)


def _origin(url: str) -> tuple[str, str]:
    parts = urllib.parse.urlsplit(url)
    return parts.scheme, parts.netloc
