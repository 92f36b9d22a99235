"""What the pods of a live model answered of late, read by HTTP and believed only where it fits the model."""

import json
import math
import re
import socket
import sys
import urllib.parse
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from drift import Window
from penstock_ml import exchange, wire
from penstock_ml.sketch import Sketch
from penstock_ml.wire import InputError

LONGEST = 32 * 2**20
"""Bytes of a pod's window: 2,000 images of 64 pixels take about 1 MiB."""
MOST = 2**53
"""Requests that a pod may have seen: a larger number is no count."""
AHEAD = timedelta(minutes=5)
"""By how much a pod's clock may be ahead of ours."""
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@dataclass(frozen=True)
class Pod:
    """What one pod told: a uniform sample of the `seen` requests that it answered."""

    place: str
    model: str
    seen: int
    items: tuple[dict[str, Any], ...]


def addresses(urls: Sequence[str], *, all_there: bool = True) -> list[tuple[str, str]]:
    """URL and Host header of each address that the names have: a headless Service's name has one for each pod.

    With https the name is asked itself, for its certificate is no address's. A name without an address ends the program
    with exit code 1; unless `all_there`, only if no other name has one.
    """
    found: dict[str, str] = {}
    lost = ""
    for url in urls:
        parts = urllib.parse.urlsplit(exchange.checked("urls", url))
        if parts.scheme == "https":
            found[url] = parts.netloc
            continue
        try:
            known = socket.getaddrinfo(parts.hostname, parts.port or 80, type=socket.SOCK_STREAM)
        except OSError as error:
            lost = f"error: {url}: {error}; no pod of the model is there, or its Service has another name"
            if all_there:
                sys.exit(lost)
            continue
        for family, *_, address in known:
            host = f"[{address[0]}]" if family == socket.AF_INET6 else str(address[0])
            found[parts._replace(netloc=f"{host}:{address[1]}").geturl()] = parts.netloc
    if not found:
        sys.exit(lost)
    return sorted(found.items())


def read(urls: Sequence[str], patience: float, live: str = "") -> list[Pod]:
    """The windows of all pods, which have to serve one model; with the URL `live`, of those that serve what it does.

    A pod that does not answer, and pods between two models, end the program with exit code 1: later it may be
    otherwise. What is no window is an InputError.
    """
    if live:
        model = _read(exchange.checked("live", live), urllib.parse.urlsplit(live).netloc, patience).model
        pods = [_read(url, host, patience) for url, host in addresses(urls, all_there=False)]
        if not (pods := [pod for pod in pods if pod.model == model]):
            sys.exit(
                f"error: none of the pods serves {model}, which is live: a switch goes on, or 'urls' lacks its slot"
            )
        return pods
    pods = [_read(url, host, patience) for url, host in addresses(urls)]
    if len(models := sorted({pod.model for pod in pods})) > 1:
        sys.exit(f"error: the pods serve {' and '.join(models)}; wait until one model is live everywhere")
    return pods


def gather(pods: Sequence[Pod], *, after: str, most: int, seed: int) -> list[dict[str, Any]]:
    """At most `most` items later than the time `after`, each answer of any pod as likely to be among them."""
    random = np.random.default_rng(seed)
    rates = [len(pod.items) / pod.seen for pod in pods if pod.seen]
    found = []
    for pod in pods:
        # A pod that answered more keeps a smaller part: all are thinned to the smallest.
        keep = min(rates) * pod.seen / len(pod.items) if pod.items else 0
        found += [item for item in pod.items if random.random() < keep and item["time"] > after]
    if len(found) > most:
        found = [found[index] for index in sorted(random.choice(len(found), most, replace=False))]
    return found


def window(items: Sequence[dict[str, Any]], sketch: Sketch) -> Window:
    """The items as numbers, if they can be answers of the model that the sketch is of."""
    classes = tuple(str(item["prediction"]) for item in items)
    if strange := sorted(set(classes) - set(sketch.classes)) if sketch.classes else []:
        raise InputError(f"the window tells of the answer '{strange[0][:40]}', which is no class of the model")
    confidence = np.array([float(item["confidence"]) for item in items])
    width = len(sketch.features.mean)
    if not width or not items:
        return Window(classes, confidence, np.empty((len(items), 0)))
    try:
        inputs = np.array([np.ravel(np.asarray(item["inputs"], dtype=np.float64)) for item in items])
    except (ValueError, TypeError, OverflowError):
        raise InputError(
            "the window tells of inputs that are not all numbers and as many, as the model takes"
        ) from None
    if inputs.shape[1] != width or not np.isfinite(inputs).all():
        raise InputError(f"the window tells of inputs of {inputs.shape[1]} numbers, but the model takes {width}")
    return Window(classes, confidence, inputs)


def _read(url: str, host: str, patience: float) -> Pod:
    request = urllib.request.Request(url, headers={"Host": host, "Accept": "application/json"})
    _, content = exchange.send(request, patience=patience, longest=LONGEST)
    if len(content) > LONGEST:
        raise InputError(f"{url} answers with more than {LONGEST} bytes, so it is no window: check the URL")
    try:
        found = json.loads(content)
        pod = Pod(url, found["model"], found["seen"], tuple(found["items"]))
        complaint = _complaint(pod)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        complaint = f"{type(error).__name__}: {error}"
    if complaint:
        raise InputError(f"{url} answers with no window ({complaint[:200]}): check the URL and the server's version")
    return pod


def _complaint(pod: Pod) -> str:
    if not isinstance(pod.model, str) or type(pod.seen) is not int or not len(pod.items) <= pod.seen <= MOST:
        return "'model' has to be a text, and 'seen' a whole number, no smaller than there are items"
    # Nothing is looked at that is older than what was: one time of next year would end the watch till then.
    latest = wire.stamp(datetime.now(UTC) + AHEAD)
    for number, item in enumerate(pod.items):
        sure = item["confidence"]
        if type(sure) not in (int, float) or not (math.isfinite(sure) and 0 <= sure <= 1):
            return f"items[{number}].confidence is {sure!r}, no number from 0 to 1"
        if not TIME.fullmatch(item["time"]):
            return f"items[{number}].time is {item['time']!r}, no time such as 2026-11-30T12:00:00Z"
        if item["time"] > latest:
            return f"items[{number}].time is {item['time']}, later than now: set the clock of the pod's node"
        if not isinstance(item["prediction"], str | int | float | bool) or "inputs" not in item:
            return f"items[{number}] lacks inputs, or its prediction is no value"
    return ""
