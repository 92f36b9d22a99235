"""When a Pipeline rests: it has ended, and its status and those of its Steps tell that nothing is to be done about it.

To know that takes neither its graph nor its kept revisions, so that Pipelines which are only kept cost nothing when the
operator starts. Whoever rests by this has a plan without any action; the converse need not hold. An edit is carried out
once all conditions are of its generation: they are the last that is written.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from penstock.api import durations
from penstock.api.storage import Storage
from penstock.core.clock import instant
from penstock.core.pipeline.collection import due
from penstock.core.pipeline.lifecycle import ENDED, new_rerun
from penstock.core.seen.views import JobView, PipelineView, StepView
from penstock.core.step import status as step_status


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing is to be done before `until` (seconds since 1970; None: ever), unless something changes."""

    until: float | None


def rest(
    pipeline: PipelineView, steps: Collection[StepView], jobs: Mapping[str, Sequence[JobView]], now: float
) -> Rest | None:
    """The rest of a Pipeline, if it rests. `steps`: those that it owns; `jobs`: theirs, by the uid of the Step."""
    status = pipeline.status
    if (
        pipeline.deleting
        or status.get("phase") not in ENDED
        or status.get("observedGeneration") != pipeline.generation
        or not all(one.get("observedGeneration") == pipeline.generation for one in status.get("conditions") or ())
        or new_rerun(pipeline)
        or sum((status.get("counts") or {}).values()) != len(steps)
        or not all(_over(step, jobs.get(step.uid, ())) for step in steps)
    ):
        return None
    alarms = [at for at in (_expiry(pipeline), _collection(pipeline, steps)) if at is not None]
    until = min(alarms, default=None)
    return None if until is not None and now >= until else Rest(until)


def _over(step: StepView, jobs: Sequence[JobView]) -> bool:
    """Whether a Step has ended as the operator left it, and its Jobs with it."""
    status = step.status
    as_written = status.get("observedGeneration") == step.generation and not (step.deleting or step.decided)
    last = status.get("lastRun") or 0
    return as_written and step_status.ended(status) and all(_past(job) and job.run <= last for job in jobs)


def _past(job: JobView) -> bool:
    return bool(job.finished or job.gone)


def _expiry(pipeline: PipelineView) -> float | None:
    kept, ended = pipeline.spec.get("ttlAfterFinished"), instant(pipeline.status.get("completionTime"))
    return ended + durations.parse(kept) if kept and ended is not None else None


def _collection(pipeline: PipelineView, steps: Collection[StepView]) -> float | None:
    written = pipeline.spec.get("storage")
    return due(Storage.model_validate(written), pipeline.status, steps) if written else None
