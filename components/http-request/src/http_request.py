"""Sends one HTTP request: what may work the next time ends with exit code 1, what never will with exit code 2."""

import http.client
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

from penstock_ml import wire

MOST = 3000
"""Bytes of an answer that travel as an output, beside the others."""
LONGEST = 2**16
"""Bytes of an answer that are read: of a longer one nothing fits, whatever it is."""
AGAIN = {408, 429}
"""What a later request may find otherwise, besides 5xx (RFC 9110, RFC 6585)."""


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, and tells no other host who asks."""

    def redirect_request(self, request, *answer):
        found = super().redirect_request(request, *answer)
        if found is not None and _origin(found.full_url) != _origin(request.full_url):
            found.remove_header("Authorization")
        return found


def main() -> None:
    """Inputs: url, method, headers, body, type, patience, secret. Outputs: status, body, json."""
    request = _request()
    opener = urllib.request.build_opener(_Redirects)
    try:
        with opener.open(request, timeout=wire.integer("patience", default=30, low=1, high=3600)) as answer:
            status, content = answer.status, answer.read(LONGEST + 1)
    except urllib.error.HTTPError as error:
        words = f"{request.method} {request.full_url}: {error.code} {error.reason}"
        if error.code >= 500 or error.code in AGAIN:
            sys.exit(f"error: {words}")
        raise wire.InputError(words) from None
    except (urllib.error.URLError, OSError) as error:
        sys.exit(f"error: {request.method} {request.full_url}: {getattr(error, 'reason', error)}")
    except (http.client.InvalidURL, ValueError) as error:
        raise wire.InputError(f"{request.method} {request.full_url} cannot be sent: {error}") from None
    except http.client.HTTPException as error:
        sys.exit(f"error: {request.method} {request.full_url}: {error!r}")
    wire.write({"status": status, **_answer(content)})


def _request() -> urllib.request.Request:
    url = wire.text("url")
    try:
        parts = urllib.parse.urlsplit(url)
        whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError as error:
        raise wire.InputError(f"input 'url' is '{url}': {error}") from None
    if not whole:
        raise wire.InputError(f"input 'url' is '{url}', but must begin with http:// or https:// and a host")
    raw = wire.text("headers", default="{}")
    try:
        headers = json.loads(raw)
    except json.JSONDecodeError as error:
        raise wire.InputError(f"input 'headers' is not JSON ({error}), but must be an object") from None
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise wire.InputError(f"input 'headers' is {raw[:80]}, but must be an object of texts")
    authorization = os.environ.get("AUTHORIZATION", "").strip()
    if not (authorization.isascii() and authorization.isprintable()):  # what refuses it later would print it
        raise wire.InputError("key 'authorization' of the Secret must be one line of ASCII, as a header is")
    secret = wire.text("secret", default="")
    if secret and not authorization:
        raise wire.InputError(f"Secret '{secret}' is not there, or has nothing in its key 'authorization'; create it")
    body = wire.text("body", default="")
    made = urllib.request.Request(
        url, data=body.encode() if body else None, headers=headers, method=wire.text("method", default="GET")
    )
    kind = wire.text("type", default="")
    if body and (kind or not made.has_header("Content-type")):
        made.add_header("Content-Type", kind or _type_of(body))
    if authorization:
        made.add_header("Authorization", authorization)
    return made


def _type_of(body: str) -> str:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    return "application/json" if isinstance(found, (dict, list)) else "text/plain; charset=utf-8"


def _origin(url: str) -> tuple[str, str]:
    parts = urllib.parse.urlsplit(url)
    return parts.scheme, parts.netloc


def _answer(content: bytes) -> dict[str, object]:
    """The answer as outputs, as far as it is a text that fits."""
    if len(content) > LONGEST:
        print(f"the answer has more than {LONGEST} bytes, and stays away", file=sys.stderr)
        return {}
    try:
        text = content.decode()
    except UnicodeDecodeError:
        print("the answer is no text, and stays away", file=sys.stderr)
        return {}
    found: dict[str, object] = {"body": text}
    try:
        value = json.loads(text)
        _size(value)  # Python reads what nobody can write: NaN, half of a surrogate pair
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict):
        found = {"json": value}
    if _size(found) > MOST:
        print(f"the answer has {len(content)} bytes, more than outputs may have, and stays away", file=sys.stderr)
        return {}
    return found


def _size(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False, allow_nan=False).encode())


if __name__ == "__main__":
    wire.run(main)
