"""Chooses the pods whose logs are asked for, and reads them."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from penstock.cluster.api import PIPELINES, PODS, STEPS, Cluster, Object, Refused
from penstock.cluster.failure import Failure
from penstock.cluster.steps import Leaf, leaf, path_of, task_of, why

CONTAINER = "step"
_PIPELINE, _STEP = "penstock.dev/pipeline", "penstock.dev/step"
_INDEX, _ATTEMPT = "penstock.dev/index", "penstock.dev/attempt"
_REPLICA = "batch.kubernetes.io/job-completion-index"

Key = tuple[str, str]
"""The labels that a Step and its pods share: step, index."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which attempt: a number, or counted back from the last (0 is the last, 1 the one before)."""

    number: int | None = None
    back: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """One pod, and what its lines are to begin with if several are read."""

    pod: str
    title: str
    path: str
    """Of its step."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Steps by the labels that their pods have too, and the selector that finds those pods."""

    steps: dict[Key, Leaf]
    selector: str

    def sources(self, cluster: Cluster, wanted: Wanted) -> Iterator[Source]:
        """The pods of the wanted attempt of each Step, in the order of the Steps."""
        pods: dict[Key, list[Object]] = {}
        for pod in cluster.list(PODS, cluster.namespace, self.selector):
            pods.setdefault(_key(pod), []).append(pod)
        for key, step in self.steps.items():
            yield from _of_step(step, pods.get(key, []), wanted)

    def explain(self, wanted: Wanted) -> str:
        """Why there are no logs."""
        if not self.steps:
            return "there are no logs: the Pipeline has no steps yet"
        which = (
            f" of attempt {wanted.number}" if wanted.number else " of an attempt before the last" if wanted.back else ""
        )
        states = "; ".join(_state(one) for one in list(self.steps.values())[:5])
        return f"there are no logs{which}: {states}"


def _state(one: Leaf) -> str:
    words = f"step {one.path!r} is {one.phase}"
    if one.attempt:
        words += f", attempt {one.attempt}"
    return f"{words} ({why(one)})" if why(one) else words


def choose(cluster: Cluster, name: str, step: str | None) -> Chosen:
    """The Steps that a command line names: one, all of a fan-out or composite, all of a Pipeline, or one on its own.

    Raises Failure if there is none.
    """
    if step is None:
        alone = _alone(cluster, name)
        if alone:
            return alone
    cluster.get(PIPELINES, name)
    found = list(cluster.list(STEPS, cluster.namespace, f"{_PIPELINE}={name}"))
    chosen = [one for one in found if step is None or _belongs(one, step)]
    if step and not chosen and found:
        raise Failure(f"pipeline {name!r} has no step {step!r}{_nearest(step, found)}")
    selector = f"{_PIPELINE}={name}"
    keys = {_key(one): leaf(one) for one in chosen}
    tasks = {task for task, _ in keys}
    if len(tasks) == 1:
        selector += f",{_STEP}={tasks.pop()}"
    if len(keys) == 1:
        (index,) = {index for _, index in keys}
        selector += f",{_INDEX}={index}" if index else f",!{_INDEX}"
    return Chosen(keys, selector)


def _alone(cluster: Cluster, name: str) -> Chosen | None:
    try:
        found = cluster.json("GET", STEPS.path(cluster.namespace, name))
    except Refused as refused:
        if refused.status == 404:
            return None
        raise
    return Chosen({(name, ""): leaf(found)}, f"{_STEP}={name},!{_PIPELINE}")


def _belongs(found: Object, step: str) -> bool:
    return any(one == step or one.startswith(f"{step}.") for one in (path_of(found), task_of(found)))


def _nearest(step: str, found: Iterable[Object]) -> str:
    from difflib import get_close_matches

    known = sorted({task_of(one) for one in found})
    match = get_close_matches(step, known, n=1, cutoff=0.5)
    return f"; did you mean {match[0]}?" if match else f"; it has: {', '.join(known[:20])}" if known else ""


def _key(obj: Object) -> Key:
    labels = obj["metadata"].get("labels") or {}
    return labels.get(_STEP, ""), labels.get(_INDEX, "")


def _of_step(step: Leaf, pods: Sequence[Object], wanted: Wanted) -> Iterator[Source]:
    numbers = {int((pod["metadata"].get("labels") or {}).get(_ATTEMPT, "0")) for pod in pods}
    number = wanted.number if wanted.number is not None else max(numbers, default=0) - wanted.back
    of_attempt = [pod for pod in pods if pod["metadata"]["labels"].get(_ATTEMPT) == str(number)]
    of_attempt.sort(key=lambda pod: int(pod["metadata"]["labels"].get(_REPLICA, "0")))
    for pod in of_attempt:
        replica = pod["metadata"]["labels"].get(_REPLICA, "0") if len(of_attempt) > 1 else ""
        yield Source(pod["metadata"]["name"], f"{step.path}{'#' if replica else ''}{replica}", step.path)


def lines(cluster: Cluster, pod: str, tail: int | None, follow: bool) -> Iterator[str]:
    """The lines of a pod's log, without their ends. Raises Failure."""
    import urllib3

    query = {"container": CONTAINER, **({"tailLines": tail} if tail is not None else {})}
    if follow:
        query["follow"] = "true"
    path = f"{PODS.path(cluster.namespace, pod)}/log"
    response = cluster.request("GET", path, query, accept="*/*", read_seconds=None if follow else 60)
    rest = b""
    try:
        for chunk in response.stream(65536, decode_content=True):
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                yield line.decode("utf-8", "replace")
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise Failure(f"the log of pod {pod!r} broke off: {error}") from error
    finally:
        response.close()
    if rest:
        yield rest.decode("utf-8", "replace")


class Follower:
    """Reads the logs of pods as they come, each in a thread of its own."""

    def __init__(self, cluster: Cluster, tail: int | None, write: Callable[[Source, str], None]) -> None:
        self._cluster = cluster
        self._tail = tail
        self._write = write
        self._threads: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()

    def add(self, source: Source) -> None:
        """Begins to read a pod, unless it is being read or has been."""
        if source.pod not in self._threads:
            thread = threading.Thread(target=self._read, args=(source,), daemon=True)
            self._threads[source.pod] = thread
            thread.start()

    def _read(self, source: Source) -> None:
        try:
            for line in lines(self._cluster, source.pod, self._tail, follow=True):
                with self._lock:
                    self._write(source, line)
        except Refused as refused:
            if refused.status == 400:  # the container has not started
                del self._threads[source.pod]
        except Failure as failure:
            with self._lock:
                self._write(source, f"({failure})")

    @property
    def busy(self) -> bool:
        """Whether a pod is still being read."""
        return any(thread.is_alive() for thread in list(self._threads.values()))
