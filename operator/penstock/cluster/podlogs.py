"""Chooses the pods whose logs are asked for, and reads them."""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from penstock.cluster.api import PIPELINES, PODS, STEPS, Cluster, Object, Refused
from penstock.cluster.failure import Failure
from penstock.cluster.reading import lines
from penstock.cluster.steps import Leaf, leaf, path_of, task_of, why

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
    keys = {_key(one): leaf(one) for one in chosen}
    return Chosen(keys, _selector(name, keys))


def _selector(name: str, keys: Collection[Key]) -> str:
    """What the pods of these Steps of a Pipeline have in common."""
    selector = f"{_PIPELINE}={name}"
    tasks = {task for task, _ in keys}
    if len(tasks) == 1:
        selector += f",{_STEP}={tasks.pop()}"
    if len(keys) == 1:
        (index,) = {index for _, index in keys}
        selector += f",{_INDEX}={index}" if index else f",!{_INDEX}"
    return selector


def pods_of(cluster: Cluster, name: str, step: Object) -> list[Object]:
    """All pods of one Step of a Pipeline, of its undo too, the latest attempt first, replicas in their order."""
    found = cluster.list(PODS, cluster.namespace, _selector(name, [_key(step)]))
    return sorted(sorted(found, key=replica_of), key=_began, reverse=True)


def _began(pod: Object) -> tuple[str, int]:
    return str(pod["metadata"].get("creationTimestamp", "")), attempt_of(pod)


def attempt_of(pod: Object) -> int:
    """The attempt that a pod runs."""
    return int((pod["metadata"].get("labels") or {}).get(_ATTEMPT, "0"))


def replica_of(pod: Object) -> int:
    """Which of the pods of an attempt it is, from 0."""
    return int((pod["metadata"].get("labels") or {}).get(_REPLICA, "0"))


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
    number = wanted.number if wanted.number is not None else max(map(attempt_of, pods), default=0) - wanted.back
    of_attempt = sorted((pod for pod in pods if attempt_of(pod) == number), key=replica_of)
    for pod in of_attempt:
        replica = f"#{replica_of(pod)}" if len(of_attempt) > 1 else ""
        yield Source(pod["metadata"]["name"], f"{step.path}{replica}", step.path)


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
