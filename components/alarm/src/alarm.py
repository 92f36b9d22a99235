"""Posts a CloudEvent of a step's own: structured JSON, with the same id however often the step is tried."""

import hashlib
import json
import os
import re
import urllib.request
from typing import Any

from penstock_ml import exchange, wire

LONGEST = 2**16
"""Bytes of the answer that are read, to take it and no more."""
TYPE = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+")
DIGITS = 32
"""Hexadecimal digits of an id."""


def main() -> None:
    """Inputs: url, type, subject, data, source, time, key, patience, secret. Outputs: id, status."""
    event = _event()
    request = urllib.request.Request(
        exchange.checked("url", wire.text("url")),
        data=json.dumps(event, ensure_ascii=False, allow_nan=False).encode(),
        headers={"Content-Type": "application/cloudevents+json; charset=UTF-8"},
        method="POST",
    )
    exchange.authorize(request, wire.text("secret", default=""))
    patience = wire.integer("patience", default=30, low=1, high=300)
    status, _ = exchange.send(request, patience=patience, longest=LONGEST)
    wire.write({"id": event["id"], "status": status})


def _event() -> dict[str, Any]:
    """The event, as CloudEvents 1.0.2 says."""
    kind = wire.text("type")
    if not TYPE.fullmatch(kind):
        raise wire.InputError(
            f"input 'type' is '{kind}', but must be words with dots, such as com.example.model.drifted"
        )
    names = ("NAMESPACE", "PIPELINE", "STEP")
    namespace, pipeline, step = (os.environ.get(f"PENSTOCK_{name}", "") for name in names)
    own = f"/namespaces/{namespace}/pipelines/{pipeline}/steps/{step}"
    event: dict[str, Any] = {"specversion": "1.0", "type": kind, "source": wire.text("source", default=own)}
    if subject := wire.text("subject", default=""):
        event["subject"] = subject
    event |= {"datacontenttype": "application/json", "data": wire.mapping("data")}
    # Two attempts of a step are one event, which receivers tell by source and id; so no time is in it.
    said = json.dumps([own, wire.text("key", default=""), event], sort_keys=True)
    event["id"] = hashlib.sha256(said.encode()).hexdigest()[:DIGITS]
    return event | {"time": wire.stamp(wire.instant("time"))}


if __name__ == "__main__":
    wire.run(main)
