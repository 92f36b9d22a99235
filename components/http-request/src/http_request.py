"""Sends one HTTP request: what may work the next time ends with exit code 1, what never will with exit code 2."""

import json
import sys
import urllib.request

from penstock_ml import exchange, wire

MOST = 3000
"""Bytes of an answer that travel as an output, beside the others."""
LONGEST = 2**16
"""Bytes of an answer that are read: of a longer one nothing fits, whatever it is."""


def main() -> None:
    """Inputs: url, method, headers, body, type, patience, secret. Outputs: status, body, json."""
    patience = wire.integer("patience", default=30, low=1, high=3600)
    status, content = exchange.send(_request(), patience=patience, longest=LONGEST)
    wire.write({"status": status, **_answer(content)})


def _request() -> urllib.request.Request:
    url = exchange.checked("url", wire.text("url"))
    raw = wire.text("headers", default="{}")
    try:
        headers = json.loads(raw)
    except json.JSONDecodeError as error:
        raise wire.InputError(f"input 'headers' is not JSON ({error}), but must be an object") from None
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise wire.InputError(f"input 'headers' is {raw[:80]}, but must be an object of texts")
    body = wire.text("body", default="")
    made = urllib.request.Request(
        url, data=body.encode() if body else None, headers=headers, method=wire.text("method", default="GET")
    )
    kind = wire.text("type", default="")
    if body and (kind or not made.has_header("Content-type")):
        made.add_header("Content-Type", kind or _type_of(body))
    exchange.authorize(made, wire.text("secret", default=""))
    return made


def _type_of(body: str) -> str:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    return "application/json" if isinstance(found, (dict, list)) else "text/plain; charset=utf-8"


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
