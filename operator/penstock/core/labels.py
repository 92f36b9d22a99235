"""Names, labels and annotations of what the operator creates."""

import hashlib

from penstock.api.base import GROUP

MANAGED_BY = "app.kubernetes.io/managed-by"
PENSTOCK = "penstock"
PIPELINE = f"{GROUP}/pipeline"
STEP = f"{GROUP}/step"
INDEX = f"{GROUP}/index"
ATTEMPT = f"{GROUP}/attempt"
GANG = f"{GROUP}/gang"
SCHEDULE = f"{GROUP}/schedule"
BACKFILL = f"{GROUP}/backfill"
SCHEDULED_TIME = f"{GROUP}/scheduled-time"

QUEUE = "kueue.x-k8s.io/queue-name"
RUN = f"{GROUP}/run"
PURPOSE = f"{GROUP}/purpose"
FINGERPRINT = f"{GROUP}/fingerprint"
PRODUCERS = f"{GROUP}/producers"
REVISION = f"{GROUP}/revision"
ROUND = f"{GROUP}/round"
RERUN = f"{GROUP}/rerun"
ESTIMATE = f"{GROUP}/estimate"
APPROVED_BY = f"{GROUP}/approved-by"
REJECTED_BY = f"{GROUP}/rejected-by"

LABEL_LENGTH = 63
JOB_LENGTH = LABEL_LENGTH - len("-1023")


def label_value(text: str) -> str:
    """The text as a label value: itself up to 63 characters, else its beginning and a hash."""
    if len(text) <= LABEL_LENGTH:
        return text
    return f"{text[: LABEL_LENGTH - 11].rstrip('.-')}-{short_hash(text)}"


def short_hash(text: str) -> str:
    """Ten characters that are safe in every name, from BLAKE2b."""
    return hashlib.blake2b(text.encode(), digest_size=5).hexdigest()


def step_name(pipeline: str, path: str) -> str:
    """Name of a Step object: Pipeline, dot, path. Neither contains dots of its own, so names never collide."""
    return f"{pipeline}.{path}"


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
