"""One server as the gate asks it: what it serves, samples, and its window. One that hangs or lies is not believed."""

import http.client
import json
import sys
import time
from dataclasses import dataclass, field
from typing import Any

SECONDS = 10
"""For one answer."""
LARGEST = 64 * 2**20
"""Bytes of an answer that are read."""


class AnswersError(Exception):
    """A server that does not answer, or answers what it may not."""


@dataclass(frozen=True)
class Answers:
    """Predictions of samples, and how long they took."""

    predictions: list[str]
    seconds: float


@dataclass
class Pod:
    """A server, over a connection that is kept as long as it lets us."""

    host: str
    port: int
    model: str
    _connection: http.client.HTTPConnection | None = field(default=None, repr=False)

    def versions(self) -> list[str]:
        found = self._json("GET", f"/v2/models/{self.model}")
        versions = found.get("versions")
        if not isinstance(versions, list):
            raise AnswersError(f"{self.host}:{self.port} says no versions of {self.model}")
        return [str(one) for one in versions]

    def ask(self, samples: list[Any]) -> Answers:
        """What the model says of samples: lists of numbers, or texts."""
        kind, size = ("BYTES", []) if isinstance(samples[0], str) else ("FP64", [len(samples[0])])
        tensor = {"name": "samples", "datatype": kind, "shape": [len(samples), *size], "data": samples}
        start = time.perf_counter()
        found = self._json("POST", f"/v2/models/{self.model}/infer", {"inputs": [tensor]})
        seconds = time.perf_counter() - start
        for output in found.get("outputs") or ():
            if isinstance(output, dict) and output.get("name") == "prediction":
                predictions = output.get("data")
                if isinstance(predictions, list) and len(predictions) == len(samples):
                    return Answers([str(one) for one in predictions], seconds)
        raise AnswersError(f"{self.host}:{self.port} gave no prediction for each of {len(samples)} samples")

    def window(self, version: str) -> tuple[list[Any], list[str]]:
        """The inputs that the server was asked last, the latest first, and what is wrong with them.

        It is the window of another model unless it says `version`, and then counts for nothing.
        """
        try:
            found = self._json("GET", "/v2/window")
        except AnswersError as error:
            return [], [f"the window cannot be read ({error})"]
        if found.get("model") != version:
            return [], [f"the window is of {found.get('model')!r}, and not of {version}"]
        items = found.get("items")
        if not isinstance(items, list):
            return [], ["the window has no list of items"]
        good = [item for item in items if _usable(item)]
        good.sort(key=lambda item: str(item["time"]), reverse=True)
        wrong = [f"{len(items) - len(good)} items of the window are no inputs"] if len(good) < len(items) else []
        return [one["inputs"][0] if isinstance(one["inputs"][0], str) else one["inputs"] for one in good], wrong

    def _json(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        where = f"{method} http://{self.host}:{self.port}{path}"
        for again in (True, False):
            fresh = self._connection is None
            connection = self._connection or http.client.HTTPConnection(self.host, self.port, timeout=SECONDS)
            self._connection = None
            try:
                connection.request(method, path, None if body is None else json.dumps(body))
                answer = connection.getresponse()
                text = self._read(answer, where)
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                if again and not fresh:  # it was kept too long
                    continue
                raise AnswersError(f"{where}: {error or type(error).__name__}") from None
            if not answer.will_close:
                self._connection = connection
            return _read_object(text, answer.status, where)
        raise AssertionError("the second try answers or raises")

    def _read(self, answer: http.client.HTTPResponse, where: str) -> bytes:
        """The body; a server that sends it drop by drop has no longer than one that sends nothing."""
        deadline = time.monotonic() + SECONDS
        found = b""
        while chunk := answer.read1(2**16):
            found += chunk
            if len(found) > LARGEST or time.monotonic() > deadline:
                raise AnswersError(f"{where}: the answer has no end")
        return found


def _read_object(text: bytes, status: int, where: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise AnswersError(f"{where}: {status}, and no JSON") from None
    if status != 200 or not isinstance(found, dict):
        why = found.get("error") if isinstance(found, dict) else None
        raise AnswersError(f"{where}: {status} {why or ''}".rstrip())
    return found


def _usable(item: Any) -> bool:
    inputs = item.get("inputs") if isinstance(item, dict) else None
    if not isinstance(inputs, list) or not inputs or not isinstance(item.get("time"), str):
        return False
    if len(inputs) == 1 and isinstance(inputs[0], str):
        return True
    # Python compares a whole number of any size with a float; to make it one may fail.
    return all(type(one) in (int, float) and abs(one) <= sys.float_info.max for one in inputs)
