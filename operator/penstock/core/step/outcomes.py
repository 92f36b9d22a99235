"""How far an attempt got, read from its Job and pods.

The pod is the fast path: the Job controller batches its status for a second. What a pod cannot tell (it is gone, or
is being deleted by the Job controller) follows the Job's conditions.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from penstock.api import durations
from penstock.api.base import Json
from penstock.api.plain import TOO_DEEP
from penstock.api.wiring import Output
from penstock.core.pod.contents import MESSAGE_BYTES, Contents, heard
from penstock.core.pod.transfer import INVALID_OUTPUTS
from penstock.core.reasons import Reason
from penstock.core.seen.views import ContainerView, JobView, PodView
from penstock.core.values import mismatch, normalise, shorten

WATCH_LAG = 5.0
"""Seconds by which what is seen of pods may be behind what is seen of their Job: two watches keep no common order."""

ENDED_PODS = ("Succeeded", "Failed")
"""Phases of pods that run no more."""

_REFUSED_BY_KUBELET = ("OutOf", "NodeAffinity", "UnexpectedAdmissionError", "TopologyAffinityError", "Shutdown")
"""What kubelet says of a pod that it does not take, since the scheduler did not know better: nobody's fault."""
_HOPELESS = ("InvalidImageName", "ErrImageNeverPull")
_NO_ROOM = re.compile(
    r"Insufficient |Too many pods|were unschedulable|\{node\.kubernetes\.io/|free ports|free storage|max volume count"
    r"|in-use by another pod"
)
"""What kube-scheduler says of nodes that may take the pod later, as things are now."""
_NO_VOLUME = re.compile(
    r"persistentvolumeclaim |unbound immediate PersistentVolumeClaims|persistent volumes to bind|non-existent pv"
)
"""What it says where a claim is missing, or has no volume."""
_VOLUME_ELSEWHERE = re.compile(r"volume node affinity|PersistentVolume's node affinity|volume zone")
"""What it says of nodes that the volume is not on. A taint may be what keeps the pod from the node that it is on."""
_OWN_FAULT = re.compile(r"exceed(s|ed) (the|its local|the total) .*limit")
"""What kubelet says of a pod that it evicts for its own use of disk, which another attempt would only repeat."""


@dataclass(frozen=True, slots=True)
class Starting:
    """The container has not started; `detail` is what the cluster says about it."""

    detail: str = ""
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Queued:
    """The Job is suspended: Kueue, or whoever suspended it, lets it run later. That is waiting, not failing."""


@dataclass(frozen=True, slots=True)
class Running:
    """The container runs. `detail`: that the cluster is about to end it, and why."""

    started: float
    node: str | None
    detail: str = ""
    until: float | None = None
    """When to look again at the latest."""


@dataclass(frozen=True, slots=True)
class Success:
    """The container exited 0 and left valid outputs."""

    outputs: dict[str, Json]
    node: str | None
    started: float | None
    ended: float
    image: str = ""
    contents: Mapping[str, Contents] = field(default_factory=dict)
    """Of the artifacts that were published, by name."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The attempt failed, or was lost through no fault of its own (`disrupted`)."""

    reason: Reason
    message: str
    ended: float
    node: str | None = None
    started: float | None = None
    exit_code: int | None = None
    disrupted: bool = field(default=False)
    image: str = ""


Progress = Queued | Starting | Running | Success | Failure


def read_attempt(
    job: JobView,
    pods: Sequence[PodView],
    outputs: Sequence[Output],
    replicas: int,
    start_timeout: float,
    now: float,
    trouble: str = "",
) -> Progress:
    """Progress of an attempt from its Job and pods at an instant. Pure."""
    pods = sorted(_present(job, pods), key=lambda pod: (pod.index, pod.created, pod.uid))
    # One that is being deleted for no reason given may have been stopped by the Job controller.
    failed = [pod for pod in pods if pod.phase == "Failed" and (pod.disrupted or not pod.deleting)]
    if failed:  # who of a gang has lost another one fails, too
        pod = min(failed, key=lambda pod: (not pod.disrupted, pod.ended or now))
        failure = replace(_pod_failure(pod, now), image=pod.image)
        return _gang_failure(job, pods, failure) if replicas > 1 else failure
    if job.finished == "Failed" and not _unseen(job, pods, now):
        return _job_failure(job, pods)
    done = {pod.index: pod for pod in pods if pod.phase == "Succeeded"}
    if 0 in done and (len(done) == replicas or job.finished == "Complete"):
        return _success(job, done, outputs)
    if job.gone:
        return _deleted(job, pods, now)
    if job.finished and _unseen(job, pods, now):
        until = (job.finished_at or now) + WATCH_LAG
        started, node = next(((pod.started, pod.node) for pod in pods), (None, None))
        return Running(started or job.created, node, until=until)
    if job.finished == "Complete":
        return Failure(Reason.LOST, "the pod was deleted before its outputs were read", now, disrupted=True)
    live = [pod for pod in pods if pod.phase == "Running" or pod.started]
    if not live:
        return _starting(job, pods, start_timeout, now, trouble)
    again: float | None = None
    late = [pod for pod in pods if pod.phase == "Pending" and not pod.started]
    if late:  # of a gang that is to run together
        rest = _starting(job, late, start_timeout, now, trouble)
        if isinstance(rest, Failure):
            return rest
        again = rest.until if isinstance(rest, Starting) else None
    first = min(live, key=lambda pod: pod.started or now)
    leaving = next((pod for pod in live if pod.deleting and pod.disrupted), None)
    detail = f"the pod is being ended: {leaving.disrupted}" if leaving else ""
    return Running(first.started or first.created, first.node, detail, again)


def _gang_failure(job: JobView, pods: Sequence[PodView], failure: Failure) -> Running | Failure:
    """One pod of a gang has failed: so has the attempt, but not before the Job controller has ended the others.

    Until then they may still write what the next step reads.
    """
    left = [pod for pod in pods if pod.phase not in ENDED_PODS]
    if not left or job.finished == "Failed":
        return failure
    first = min(left, key=lambda pod: pod.started or failure.ended)
    words = f"{failure.message}; the other pods have not ended yet"
    return Running(first.started or first.created, first.node, words)


def _deleted(job: JobView, pods: Sequence[PodView], now: float) -> Running | Failure:
    """A Job that somebody deleted: lost, but not before its pods are gone, beside which nothing else may run."""
    words = f"Job {job.name} was deleted"
    left = [pod for pod in pods if pod.phase not in ENDED_PODS]
    if left:
        first = min(left, key=lambda pod: pod.started or now)
        return Running(first.started or first.created, first.node, f"{words}; its pods have not ended yet")
    node, started = next(((pod.node, pod.started) for pod in pods), (None, None))
    return Failure(Reason.LOST, words, now, node, started, disrupted=True)


def _present(job: JobView, pods: Sequence[PodView]) -> Sequence[PodView]:
    """Pods that count: however those end that a suspension of the Job stops, it is no success and no failure.

    The Job controller deletes them and does not count them; once the Job is resumed, it makes new ones.
    """
    return [
        pod
        for pod in pods
        if not pod.deleting or pod.disrupted or not (job.suspended or pod.created < (job.resumed or 0.0))
    ]


def _unseen(job: JobView, pods: Sequence[PodView], now: float) -> bool:
    """Whether the end of the pods may just not have been seen yet, though that of their Job has."""
    ended = any(pod.phase in ENDED_PODS or pod.deleting for pod in pods)
    told = ended if job.finished == "Failed" else False
    return job.finished_at is not None and now < job.finished_at + WATCH_LAG and not told


def may_run(job: JobView, pods: Sequence[PodView]) -> bool:
    """Whether a container of the Job runs or may come to run.

    A Job whose pods have ended is over, though its controller has not said so yet.
    """
    if job.finished:
        return False
    if job.gone:
        return any(pod.phase not in ENDED_PODS for pod in pods)
    pods = _present(job, pods)
    ended = [pod.phase for pod in pods if pod.phase in ENDED_PODS]
    return len(ended) < len(pods) or not ("Failed" in ended or len(ended) == job.completions)


def _starting(job: JobView, pods: Sequence[PodView], start_timeout: float, now: float, trouble: str) -> Progress:
    if job.suspended:
        return Queued()
    if pods and all(pod.deleting for pod in pods):  # by somebody else: the Job will say how that ends
        return Starting("the pod is being deleted")
    unschedulable = next((pod.unschedulable for pod in pods if pod.unschedulable), "")
    if unschedulable:
        waiting = f"kube-scheduler finds no node: {unschedulable}"
        if not _volume_trouble(unschedulable):  # somebody took the room that there was
            return Starting(waiting)
    else:
        waiting = next((pod.waiting for pod in pods if pod.waiting), "") or trouble
    hopeless = waiting.startswith(_HOPELESS)
    fetches = [pod.fetch for pod in pods if pod.fetch and pod.fetch.started]
    if any(fetch.ended is None for fetch in fetches):
        return Starting("artifacts are being fetched")
    since = [job.created, job.resumed or 0.0, *(pod.scheduled or 0.0 for pod in pods)]
    deadline = max(*since, *(fetch.ended or 0.0 for fetch in fetches)) + start_timeout
    if now < deadline and not hopeless:
        return Starting(waiting, deadline)
    limit = "" if hopeless else f" within {durations.render(start_timeout)} (startTimeout)"
    detail = waiting or ("no pod was created" if not pods else "the pod is not ready to start")
    node = next((pod.node for pod in pods if pod.node), None)
    return Failure(Reason.START_FAILED, f"the container did not start{limit}: {detail}", now, node)


def _volume_trouble(words: str) -> bool:
    """Whether kube-scheduler finds no node for want of a volume, which no room on any node would mend."""
    if _NO_ROOM.search(words):
        return False
    return bool(_NO_VOLUME.search(words) or (_VOLUME_ELSEWHERE.search(words) and "taint" not in words))


def _pod_failure(pod: PodView, now: float) -> Failure:
    # A lost node tells no end: what ran there held it until now.
    ended = pod.ended or (now if pod.started else pod.created)
    lost = pod.reason in ("Evicted", "NodeLost", "Preempting", "Terminated", "NodeShutdown")
    if pod.disrupted or lost or (pod.started is None and pod.reason.startswith(_REFUSED_BY_KUBELET)):
        message = pod.disrupted or f"{pod.reason}: {pod.message}"
        if _OWN_FAULT.search(message):
            return Failure(Reason.ERROR, message, ended, pod.node, pod.started, pod.exit_code)
        return Failure(Reason.DISRUPTED, message, ended, pod.node, pod.started, pod.exit_code, disrupted=True)
    said = pod.message.strip("\n")
    tail = f": {said}" if said and pod.exit_code != 0 else ""
    if pod.reason == "DeadlineExceeded":
        words = f"ran longer than its timeout{tail}"
        return Failure(Reason.DEADLINE, words, ended, pod.node, pod.started, pod.exit_code)
    for container, reason in ((pod.fetch, Reason.FETCH_FAILED), (pod.publish, Reason.PUBLISH_FAILED)):
        if container and container.exit_code:
            return _transfer_failure(pod, container, reason)
    if pod.reason == "OOMKilled":
        message = f"the container used more memory than its limit{tail}"
        return Failure(Reason.OOM_KILLED, message, ended, pod.node, pod.started, pod.exit_code)
    if pod.started is None or pod.reason in ("StartError", "ContainerCannotRun"):
        return Failure(Reason.START_FAILED, f"the container did not start: {pod.reason}{tail}", ended, pod.node)
    return Failure(Reason.ERROR, f"exit code {pod.exit_code}{tail}", ended, pod.node, pod.started, pod.exit_code)


def _transfer_failure(pod: PodView, container: ContainerView, reason: Reason) -> Failure:
    """The exit code is the courier's, not the user's, and so is no part of the failure."""
    ended = container.ended or pod.ended or pod.created
    message = container.message or f"{container.reason or 'Error'}, exit code {container.exit_code}"
    if reason is Reason.PUBLISH_FAILED and container.exit_code == INVALID_OUTPUTS:
        reason = Reason.OUTPUTS_INVALID
    return Failure(reason, message, ended, pod.node, pod.started or container.started)


def _job_failure(job: JobView, pods: Sequence[PodView]) -> Failure:
    ended = job.finished_at or job.created
    if job.reason == "DeadlineExceeded":
        return Failure(Reason.DEADLINE, f"ran longer than its timeout: {job.message}", ended)
    pod = next((pod for pod in pods if pod.phase == "Failed"), None)
    where = f" on node {pod.node}" if pod and pod.node else ""
    why = pod.disrupted if pod and pod.disrupted else f"the pod was deleted{where}"
    return Failure(
        Reason.DISRUPTED if pod and pod.disrupted else Reason.LOST,
        why,
        ended,
        pod.node if pod else None,
        pod.started if pod else None,
        pod.exit_code if pod else None,
        disrupted=True,
    )


def _success(job: JobView, done: dict[int, PodView], declared: Sequence[Output]) -> Success | Failure:
    pod = done[0]
    ended = max((one.publish and one.publish.ended) or one.ended or one.created for one in done.values())
    if len(done) < job.completions:  # somebody deleted a pod that had nothing more to say
        ended = max(ended, job.finished_at or 0.0)
    found = read_outputs(pod.message, declared)
    if isinstance(found, tuple):
        reason, message = found
        return Failure(reason, message, ended, pod.node, pod.started, pod.exit_code, image=pod.image)
    artifacts = [output.name for output in declared if output.type.value == "Artifact"]
    contents = heard(pod.publish.message, artifacts) if pod.publish else {}
    return Success(found, pod.node, pod.started, ended, pod.image, contents)


def read_outputs(message: str, declared: Sequence[Output]) -> dict[str, Json] | tuple[Reason, str]:
    """The value outputs in a termination message, with defaults filled in; or why they are not valid."""
    wanted = {output.name: output for output in declared if output.type.value != "Artifact"}
    given: Json = {}
    if message.strip():
        try:
            given = json.loads(message, parse_constant=_no_constant)
        except RecursionError:
            return Reason.OUTPUTS_INVALID, f"PENSTOCK_OUTPUTS {TOO_DEEP}: {shorten(message, 200)}"
        except ValueError as error:
            if _cut(message):
                return _TOO_LARGE
            if not wanted:
                return {}
            return Reason.OUTPUTS_INVALID, f"PENSTOCK_OUTPUTS is not JSON ({error}): {shorten(message, 200)}"
    if not wanted:
        return {}
    if not isinstance(given, dict):
        if _cut(message):  # the end of a long number is a number
            return _TOO_LARGE
        return Reason.OUTPUTS_INVALID, f"PENSTOCK_OUTPUTS must hold one JSON object, not {shorten(message, 200)}"
    found: dict[str, Json] = {}
    problems = []
    for name, output in wanted.items():
        if name in given:
            try:
                found[name] = normalise(given[name])
            except ValueError as error:
                problems.append(f"output {name!r}: {error}")
                continue
            wrong = mismatch(output.type, found[name])
            if wrong:
                problems.append(f"output {name!r}: {wrong}")
        elif output.has_default:
            found[name] = output.default
        elif not output.optional:
            problems.append(f"output {name!r} is missing")
    if problems:
        return Reason.OUTPUTS_INVALID, "; ".join(problems)
    return found


_TOO_LARGE = (
    Reason.OUTPUTS_TOO_LARGE,
    f"the outputs exceed {MESSAGE_BYTES:,} bytes; write large results to an Artifact",
)


def _cut(message: str) -> bool:
    """Whether kubelet may have kept only the end. Each byte that is no UTF-8 has become U+FFFD, which has three."""
    return len(message.encode()) - 2 * message.count("\ufffd") >= MESSAGE_BYTES


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is no JSON number")
