"""Names of what the operator creates, and the paths in them. Loads nothing, for commands that are to answer at once."""

import hashlib
from itertools import combinations, islice

LABEL_LENGTH = 63
JOB_LENGTH = LABEL_LENGTH - len("-1023")

_READINGS = 4096
"""Of a path, that are tried at most: nobody writes such paths, but anybody could to keep the operator busy."""


def label_value(text: str) -> str:
    """The text as a label value: itself up to 63 characters, else its beginning and a hash."""
    if len(text) <= LABEL_LENGTH:
        return text
    return f"{text[: LABEL_LENGTH - 11].rstrip('.-')}-{short_hash(text)}"


def short_hash(text: str) -> str:
    """Ten characters that are safe in every name, from BLAKE2b."""
    return hashlib.blake2b(text.encode(), digest_size=5).hexdigest()


def step_name(pipeline: str, path: str) -> str:
    """Name of a Step object: Pipeline, dot, path. No Pipeline has a dot in its name, so names never collide."""
    return f"{pipeline}.{path}"


def task_of(path: str, label: str = "") -> str:
    """The task of a Step: its path without indices, `select.score` of `select.3.score`.

    A part of digits is an index unless a step is called so, which `label` tells: the value of `penstock.dev/step` on
    the Step. Without it, and in a path of very many such parts, all of them are indices but the first, which never is.
    """
    parts = path.split(".")
    digits = [at for at, part in enumerate(parts) if at and part.isdecimal()]
    indices = (left for count in range(len(digits), -1, -1) for left in combinations(digits, count))
    readings = (".".join(part for at, part in enumerate(parts) if at not in left) for left in indices)
    task = next(readings)
    if not label or label_value(task) == label:
        return task
    return next((other for other in islice(readings, _READINGS) if label_value(other) == label), task)


def index_of(path: str, task: str) -> tuple[int, ...]:
    """The indices in the path of a Step of that task: `(3,)` of `select.3.score`, which is of `select.score`."""
    names = iter(task.split("."))
    wanted = next(names, None)
    found: list[int] = []
    for part in path.split("."):
        if part == wanted:
            wanted = next(names, None)
        elif part.isdecimal():
            found.append(int(part))
    return tuple(found)


def scheduled_name(schedule: str, tick: float) -> str:
    """Name of the Pipeline of a tick: the schedule and the minutes since 1970, so that no tick can have two."""
    return f"{schedule}-{int(tick // 60)}"


def job_name(step: str, uid: str, run: int, attempt: int, purpose: str = "run") -> str:
    """Name of the Job of an attempt: a readable slug and a hash of what it belongs to, at most 58 characters.

    Not of the fingerprint, which may come back while its old Job still exists. It leaves room for the index of a pod,
    whose host name is a DNS label (KEP-2214).
    """
    return _slug(step, f"{short_hash(f'{uid}/{run}/{purpose}')}-{attempt}")


def service_name(step: str, uid: str) -> str:
    """Name of the Service of a Step: the domain in which the pods of all its attempts have their names."""
    return _slug(step, short_hash(uid))


def _slug(step: str, suffix: str) -> str:
    """A DNS label that begins with a letter, as names of Services must: what there is room for of a Step's name first.

    All names of a gang's pods, in their domain, have to fit into one variable (128 KiB).
    """
    slug = step.replace(".", "-")
    slug = slug if slug[0].isalpha() else f"p-{slug}"
    return f"{slug[: JOB_LENGTH - len(suffix) - 1].strip('-')}-{suffix}"
