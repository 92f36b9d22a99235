"""Views of raw objects, as the API server gives them. What is not as it should be raises KeyError or ValueError."""

from collections.abc import Sequence

from penstock.api import quantities
from penstock.core import labels
from penstock.core.clock import instant
from penstock.core.names import task_of
from penstock.core.seen.views import (
    FETCH_CONTAINER,
    PUBLISH_CONTAINER,
    RUN,
    STEP_CONTAINER,
    ContainerView,
    JobView,
    Object,
    PipelineView,
    PodView,
    StepView,
)
from penstock.core.values import lenient_digest


def owner_uid(obj: Object, kind: str) -> str | None:
    """Uid of the controlling owner of that kind."""
    for reference in obj["metadata"].get("ownerReferences") or ():
        if reference.get("controller") and reference.get("kind") == kind:
            uid: str = reference["uid"]
            return uid
    return None


def step_view(obj: Object) -> StepView:
    """The view of a Step object."""
    meta = obj["metadata"]
    annotations = meta.get("annotations") or {}
    spec = obj.get("spec") or {}
    owner = owner_uid(obj, "Pipeline")
    alone = owner is None and "fingerprint" not in spec and "." not in meta["name"]
    pipeline, _, path = (None, "", meta["name"]) if alone else meta["name"].partition(".")
    return StepView(
        uid=meta["uid"],
        name=meta["name"],
        namespace=meta["namespace"],
        version=meta["resourceVersion"],
        generation=meta.get("generation", 1),
        pipeline=pipeline,
        owner=owner,
        path=path,
        task=path if alone else task_of(path, (meta.get("labels") or {}).get(labels.STEP, "")),
        created=instant(meta["creationTimestamp"]) or 0.0,
        spec=spec if alone else {},
        spec_digest="" if alone else lenient_digest(spec),
        fingerprint=spec.get("fingerprint", ""),
        min_run=spec.get("minRun", 1),
        rerun=spec.get("rerun", ""),
        status=obj.get("status") or {},
        deleting="deletionTimestamp" in meta,
        approved_by=annotations.get(labels.APPROVED_BY),
        rejected_by=annotations.get(labels.REJECTED_BY),
    )


def job_view(obj: Object) -> JobView:
    """The view of a Job that the operator created; raises KeyError or ValueError for one that it did not."""
    meta, status = obj["metadata"], obj.get("status") or {}
    annotations = meta["annotations"]
    owner = owner_uid(obj, "Step")
    if owner is None:
        raise ValueError("no Step owns this Job")
    conditions = {one["type"]: one for one in status.get("conditions") or () if one.get("status") == "True"}
    terminal = conditions.get("Complete") or conditions.get("Failed")
    why = conditions.get("Failed") or conditions.get("FailureTarget") or {}
    spec = obj.get("spec") or {}
    created, resumed = instant(meta["creationTimestamp"]) or 0.0, instant(status.get("startTime"))
    # What was let run stays suspended until its controller has noticed, which then sets the start time anew.
    suspended = bool(spec.get("suspend")) or "Suspended" in conditions
    ever_suspended = any(one["type"] == "Suspended" for one in status.get("conditions") or ())
    return JobView(
        uid=meta["uid"],
        name=meta["name"],
        namespace=meta["namespace"],
        version=meta["resourceVersion"],
        step=owner,
        run=int(annotations[labels.RUN]),
        attempt=int(meta["labels"][labels.ATTEMPT]),
        purpose=annotations.get(labels.PURPOSE, RUN),
        fingerprint=annotations[labels.FINGERPRINT],
        producers=annotations.get(labels.PRODUCERS, ""),
        revision=int(annotations.get(labels.REVISION, "0")),
        round=int(annotations.get(labels.ROUND, "0")),
        created=created,
        completions=spec.get("completions", 1),
        finished=terminal["type"] if terminal else None,
        finished_at=instant(terminal.get("lastTransitionTime")) if terminal else None,
        reason=why.get("reason", ""),
        message=why.get("message", ""),
        deleting="deletionTimestamp" in meta,
        suspended=suspended,
        resumed=resumed,
        reserved=None if suspended else (ever_suspended and resumed) or created,
        devices=_devices(spec),
    )


def _devices(job: Object) -> tuple[tuple[str, int], ...]:
    """Extended resources that the step's container in one pod of a Job asks for: nothing else in it asks for any."""
    pod = (job.get("template") or {}).get("spec") or {}
    containers = (*(pod.get("containers") or ()), *(pod.get("initContainers") or ()))
    asked = next((one.get("resources") or {} for one in containers if one["name"] == STEP_CONTAINER), {})
    amounts = {**(asked.get("limits") or {}), **(asked.get("requests") or {})}
    whole = {name: quantities.parse(amount) // quantities.MILLI for name, amount in amounts.items() if _extended(name)}
    return tuple(sorted((name, amount) for name, amount in whole.items() if amount))


def _extended(resource: str) -> bool:
    """Whether Kubernetes takes a name for that of an extended resource."""
    return "/" in resource and "kubernetes.io/" not in resource


def pod_view(obj: Object) -> PodView:
    """The view of a pod of a Job; raises ValueError for one that no Job owns."""
    meta, status = obj["metadata"], obj.get("status") or {}
    job = owner_uid(obj, "Job")
    if job is None:
        raise ValueError("no Job owns this pod")
    conditions = {one["type"]: one for one in status.get("conditions") or ()}
    inits = status.get("initContainerStatuses") or ()
    containers = {one["name"]: one for one in (*inits, *(status.get("containerStatuses") or ()))}
    container = containers.get(STEP_CONTAINER) or {}
    state = container.get("state") or {}
    ended = state.get("terminated") or {}
    running = state.get("running") or {}
    disruption = conditions.get("DisruptionTarget") or {}
    scheduled = conditions.get("PodScheduled") or {}
    return PodView(
        uid=meta["uid"],
        name=meta["name"],
        namespace=meta["namespace"],
        version=meta["resourceVersion"],
        job=job,
        phase=status.get("phase", "Pending"),
        index=int((meta.get("annotations") or {}).get("batch.kubernetes.io/job-completion-index", "0")),
        node=(obj.get("spec") or {}).get("nodeName"),
        created=instant(meta["creationTimestamp"]) or 0.0,
        started=instant(running.get("startedAt") or ended.get("startedAt")),
        ended=instant(ended.get("finishedAt")),
        exit_code=ended.get("exitCode"),
        reason=status.get("reason") or ended.get("reason", ""),
        message=ended.get("message") or status.get("message", ""),
        image=container.get("imageID") or "",
        waiting=_waiting(state, inits),
        disrupted=_words(disruption) if disruption.get("status") == "True" else "",
        unschedulable=scheduled.get("message", "") if scheduled.get("status") == "False" else "",
        scheduled=instant(scheduled.get("lastTransitionTime")) if scheduled.get("status") == "True" else None,
        deleting="deletionTimestamp" in meta,
        fetch=_container_view(containers.get(FETCH_CONTAINER)),
        publish=_container_view(containers.get(PUBLISH_CONTAINER)),
    )


def _container_view(status: Object | None) -> ContainerView | None:
    if status is None:
        return None
    state = status.get("state") or {}
    ended = state.get("terminated") or {}
    return ContainerView(
        started=instant((state.get("running") or {}).get("startedAt") or ended.get("startedAt")),
        ended=instant(ended.get("finishedAt")),
        exit_code=ended.get("exitCode"),
        reason=ended.get("reason", ""),
        message=(ended.get("message") or "").strip(),
    )


def _waiting(state: Object, inits: Sequence[Object]) -> str:
    states = [state, *((one.get("state") or {}) for one in inits)]
    words = [_words(one["waiting"]) for one in states if one.get("waiting")]
    return next((word for word in words if word and not word.startswith(("PodInitializing", "ContainerCreating"))), "")


def _words(condition: Object) -> str:
    return ": ".join(part for part in (condition.get("reason"), condition.get("message")) if part)


def pipeline_view(obj: Object) -> PipelineView:
    """The view of a Pipeline object."""
    meta = obj["metadata"]
    return PipelineView(
        uid=meta["uid"],
        name=meta["name"],
        namespace=meta["namespace"],
        version=meta["resourceVersion"],
        generation=meta.get("generation", 1),
        created=instant(meta["creationTimestamp"]) or 0.0,
        spec=obj.get("spec") or {},
        status=obj.get("status") or {},
        rerun=(meta.get("annotations") or {}).get(labels.RERUN),
        deleting="deletionTimestamp" in meta,
        schedule=owner_uid(obj, "PipelineSchedule"),
        backfill=labels.BACKFILL in (meta.get("labels") or {}),
    )
