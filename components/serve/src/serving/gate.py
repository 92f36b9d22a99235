"""What a model has to show before anybody meets it: labelled samples, and the requests that the live model had."""

import math
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from penstock_ml.dataset import Dataset

from serving.client import Answers, AnswersError, Pod
from serving.record import Figures
from serving.slots import POLL, PORT, LateError, Slots

REPLAYED = 200
"""Requests of the window that are asked again."""
SECONDS = 60.0
"""For the replay: a live model that hangs must not hold up the one that replaces it."""
FEWEST = 20
"""Replayed requests from which on their agreement decides."""
ALONE = 200
"""Samples that are asked one by one, for the latency."""
TOGETHER = 100
"""Samples of each request of the rest."""


class GateError(Exception):
    """The model is not good enough, or too slow; nothing was switched."""


@dataclass(frozen=True)
class Limits:
    """What is asked of a model. Latency in seconds; shares from 0 to 1."""

    floor: float
    latency: float
    agreement: float


@dataclass(frozen=True)
class Shown:
    """What was measured: the figures, and the seconds of single requests to the new model and to the live one."""

    figures: Figures = field(default_factory=Figures)
    new: tuple[float, ...] = ()
    live: tuple[float, ...] = ()
    samples: int = 0
    replayed: int = 0
    notes: tuple[str, ...] = ()


def addresses(host: str) -> list[tuple[str, int]]:
    """The addresses of a slot's ready pods; none if the name has none."""
    try:
        found = socket.getaddrinfo(host, PORT, type=socket.SOCK_STREAM)
    except socket.gaierror:
        return []
    return sorted({(str(address[0]), int(address[1])) for *_, address in found})


def met(slots: Slots, slot: str, version: str, replicas: int, seconds: float) -> list[Pod]:
    """The pods of a slot once each of them serves that version: the smoke test. LateError if they do not in time."""
    deadline = time.monotonic() + seconds
    while True:
        pods = [Pod(*one, slots.service) for one in addresses(slots.host(slot))]
        try:
            served = [pod.versions() for pod in pods]
            why = f"{len(pods)} of {replicas} pods have an address, and serve {served}"
        except AnswersError as error:
            served, why = [], str(error)
        if len(pods) == replicas and served == [[version]] * replicas:
            return pods
        if time.monotonic() > deadline:
            raise LateError(f"slot {slots.host(slot)} does not serve {version} after {seconds:.0f} s: {why}")
        time.sleep(POLL)


def shown(new: Pod, live: Sequence[Pod], version: str, samples: Dataset | None) -> Shown:
    """Measures the new model; `version` is what the live pods serve."""
    found = _labelled(new, samples) if samples else Shown()
    return _replayed(found, new, live, version) if live else found


def judged(found: Shown, limits: Limits) -> None:
    """GateError with every limit that is missed."""
    figures, missed = found.figures, []
    if figures.accuracy is not None and figures.accuracy < limits.floor:
        missed.append(f"accuracy {figures.accuracy:.4f} on {found.samples} samples is below {limits.floor} (floor)")
    if figures.accuracy is None and limits.floor > 0:
        missed.append("there is a floor, but there are no samples: wire the input 'samples', or set floor to 0")
    if figures.p99 is not None and figures.p99 > limits.latency:
        missed.append(f"p99 of {figures.p99:.3f} s is above {limits.latency} s (max-latency)")
    if figures.agreement is not None and found.replayed >= FEWEST and figures.agreement < limits.agreement:
        words = f"answers {figures.agreement:.4f} of {found.replayed} recent requests as the live model does"
        missed.append(f"{words}, less than {limits.agreement} (agreement)")
    if missed:
        raise GateError("; ".join(missed))


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values do not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def _labelled(new: Pod, samples: Dataset) -> Shown:
    rows, labels = samples.test.samples, [samples.classes[int(number)] for number in samples.test.labels]
    given: list[Any] = [row if isinstance(row, str) else row.reshape(-1).tolist() for row in rows]
    alone = [new.ask([one]) for one in given[:ALONE]]
    answers = [answer for one in alone for answer in one.predictions]
    for start in range(ALONE, len(given), TOGETHER):
        answers += new.ask(given[start : start + TOGETHER]).predictions
    right = sum(said == label for said, label in zip(answers, labels, strict=True))
    seconds = tuple(one.seconds for one in alone)
    figures = Figures(accuracy=right / len(labels), p99=quantile(seconds, 0.99))
    return Shown(figures, new=seconds, samples=len(labels))


def _replayed(found: Shown, new: Pod, live: Sequence[Pod], version: str) -> Shown:
    pairs: list[tuple[Answers, Answers | None]] = []
    notes = []
    for pod in live:
        items, said = pod.window(version)
        notes += said
        deadline = time.monotonic() + SECONDS / len(live)
        for item in items[: REPLAYED // len(live)]:
            if time.monotonic() > deadline:
                notes.insert(0, f"not all of the window was replayed in {SECONDS:.0f} s")
                break
            try:
                was = pod.ask([item])
            except AnswersError as error:
                notes.append(f"the live model does not answer what its window holds ({error})")
                continue
            try:
                pairs.append((was, new.ask([item])))
            except AnswersError:
                pairs.append((was, None))
    if not pairs:
        why = "its window was not read, or not answered" if notes else "its window is empty"
        return replace(found, notes=(*notes[:3], f"nothing was replayed of the live model: {why}"))
    same = sum(now is not None and now.predictions == was.predictions for was, now in pairs)
    seconds = (*found.new, *(now.seconds for _, now in pairs if now is not None))
    figures = replace(
        found.figures, agreement=same / len(pairs), p99=quantile(seconds, 0.99) if seconds else found.figures.p99
    )
    before = tuple(was.seconds for was, _ in pairs)
    return replace(found, figures=figures, new=seconds, live=before, replayed=len(pairs), notes=tuple(notes[:3]))
