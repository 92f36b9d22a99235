"""One Pipeline in a list: how it stands, in a few values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from penstock.core.asked.view.rows import moment
from penstock.core.seen.views import PipelineView


@dataclass(frozen=True, slots=True)
class Head:
    """A Pipeline in a list. Instants are seconds since 1970. `ended` of `total` steps; `counts`: steps by phase.

    `late`: why it is late, empty if it is not. `edited`: the latest edit has not been taken up yet.
    `critical`: paths of the steps that decide the end.
    """

    namespace: str
    name: str
    uid: str
    phase: str
    reason: str
    message: str
    counts: Mapping[str, int]
    ended: int
    total: int
    created: float
    start: float | None
    end: float | None
    eta: float | None
    late: str
    critical: Sequence[str]
    revision: int
    edited: bool
    suspended: bool
    scheduled: bool
    description: str


def head(pipeline: PipelineView) -> Head:
    """What the list shows of a Pipeline."""
    status, spec = pipeline.status, pipeline.spec
    counts = {str(phase): n for phase, n in _mapping(status.get("counts")).items() if isinstance(n, int) and n > 0}
    ended, _, total = _text(status.get("progress")).partition("/")
    generation = status.get("observedGeneration")
    revision = status.get("revision")
    return Head(
        namespace=pipeline.namespace,
        name=pipeline.name,
        uid=pipeline.uid,
        phase=_text(status.get("phase")) or "Pending",
        reason=_text(status.get("reason")),
        message=_text(status.get("message")),
        counts=counts,
        ended=int(ended) if ended.isdecimal() else 0,
        total=int(total) if total.isdecimal() else sum(counts.values()),
        created=pipeline.created,
        start=moment(status.get("startTime")),
        end=moment(status.get("completionTime")),
        eta=moment(status.get("eta")),
        late=_late(status),
        critical=[path for path in _text(status.get("criticalPath")).split(" → ") if path],
        revision=revision if isinstance(revision, int) else 0,
        edited=generation != pipeline.generation,
        suspended=spec.get("suspend") is True,
        scheduled=pipeline.schedule is not None,
        description=_text(spec.get("description")),
    )


def _late(status: Mapping[str, Any]) -> str:
    conditions = status.get("conditions")
    for one in conditions if isinstance(conditions, list) else ():
        if isinstance(one, Mapping) and one.get("type") == "Late" and one.get("status") == "True":
            return _text(one.get("message")) or _text(one.get("reason"))
    return ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
