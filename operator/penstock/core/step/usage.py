"""What Steps used of extended resources such as GPUs: held, busy and lost, each attempt counted once.

The rule. An attempt holds what the pods of its Job ask for from the Job's creation (or since it was last let run, if it
was suspended) until the attempt ends: nobody else could have it. Of that it is busy while containers of the step run,
and all of it is lost unless the attempt succeeded. It is counted in the very status that says that it is over, and
`counted` there names it: so no plan counts it again, however often plans are made and whatever is lost between them.
What an attempt under way holds is noted in `allocation`, because its Job may be gone when it is over.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from penstock.core.clock import instant, stamp
from penstock.core.seen.snapshot import Observed
from penstock.core.seen.views import RUN, JobView, PodView, StepView
from penstock.core.step.status import Status

_Key = tuple[int, int, int]
"""Run, round of the Pipeline if it is undone there (else 0), attempt: later attempts of a Step have higher keys."""


@dataclass(frozen=True, slots=True)
class _Hold:
    """What an attempt holds (amounts over all its pods) and since when: by its Job, or by the status."""

    since: float
    amounts: Mapping[str, int]
    job: JobView | None = None


def account(observed: Observed, statuses: Mapping[str, Status]) -> list[tuple[StepView, Status]]:
    """New statuses of Steps (by path), with what those attempts used that are over by them."""
    found = []
    for path, status in statuses.items():
        step = observed.steps[path]
        jobs = [job for job in observed.jobs.get(step.uid, ()) if job.devices]
        settled = _settled(step.status, status, jobs, observed) if jobs or "allocation" in step.status else status
        found.append((step, settled))
    return found


class Total:
    """The sum of what Steps used, kept by difference. Seconds are whole, so nothing is lost by that."""

    def __init__(self) -> None:
        self._of: dict[str, Sequence[Mapping[str, Any]]] = {}
        self._count: Counter[str] = Counter()
        self._sum: dict[str, Status] = {}

    def put(self, path: str, status: Mapping[str, Any]) -> None:
        """What the Step at a path used is what this status of it says."""
        before, now = self._of.pop(path, ()), status.get("usage") or ()
        if now:
            self._of[path] = now
        if before == now:
            return
        for used, sign in ((before, -1), (now, 1)):
            for one in used:
                self._count[one["resource"]] += sign
                seconds = (sign * one[key] for key in ("reservedSeconds", "busySeconds", "lostSeconds"))
                _add(self._sum, one["resource"], *seconds)

    def of_each(self) -> list[Status]:
        """It, by resource."""
        return [self._sum[name] for name in sorted(self._sum) if self._count[name]]


def total(statuses: Iterable[Mapping[str, Any]]) -> list[Status]:
    """The sum of what Steps used, by their statuses."""
    found = Total()
    for number, status in enumerate(statuses):
        found.put(str(number), status)
    return found.of_each()


def _add(used: dict[str, Status], resource: str, reserved: int, busy: int, lost: int) -> None:
    one = used.get(resource) or {"resource": resource, "reservedSeconds": 0, "busySeconds": 0, "lostSeconds": 0}
    used[resource] = {
        "resource": resource,
        "reservedSeconds": one["reservedSeconds"] + reserved,
        "busySeconds": one["busySeconds"] + busy,
        "lostSeconds": one["lostSeconds"] + lost,
    }


def _settled(old: Mapping[str, Any], new: Status, jobs: Sequence[JobView], observed: Observed) -> Status:
    """The new status with all counted that is over by it, and with what the attempt under way holds."""
    used = {one["resource"]: dict(one) for one in old.get("usage") or ()}
    counted, allocation = _counted(old), None
    halted = {_key(job) for job in jobs if job.reserved is None}
    for key, hold in sorted(_holds(old, jobs).items(), key=lambda one: one[0]):
        if key <= counted:
            continue
        over = _over(old, new, key)
        if over or key in halted:  # what a Job did that Kueue halts is lost, and it holds nothing until it goes on
            _count(used, hold, {**(_record(old, key) or {}), **(_record(new, key) or {})}, observed)
        elif _open(new, key):
            allocation = {"since": stamp(hold.since), "resources": dict(hold.amounts)}
        if over:
            counted = key
    settled = {key: value for key, value in new.items() if key != "allocation"}
    if used:
        settled["usage"] = [used[name] for name in sorted(used)]
    if any(counted):
        run, undo_round, attempt = counted
        settled["counted"] = {"run": run, "attempt": attempt, **({"undoRound": undo_round} if undo_round else {})}
    if allocation:
        settled["allocation"] = allocation
    return settled


def _count(used: dict[str, Status], hold: _Hold, record: Mapping[str, Any], observed: Observed) -> None:
    pods = observed.pods.get(hold.job.uid, ()) if hold.job else ()
    end = instant(record.get("end")) or _seen_end(hold, pods, observed.now)
    end = max(end, hold.since)  # a clock may have jumped back
    busy = _busy(hold, instant(record.get("start")), pods, end)
    succeeded = "end" in record and "reason" not in record
    for resource, amount in hold.amounts.items():
        reserved = round(amount * (end - hold.since))
        _add(used, resource, reserved, min(reserved, round(amount * busy)), 0 if succeeded else reserved)


def _seen_end(hold: _Hold, pods: Sequence[PodView], now: float) -> float:
    """When an attempt ended that was stopped: as its pods or its Job tell, if they are still there, else now."""
    ends = [pod.ended for pod in pods if pod.ended is not None]
    if hold.job and len(ends) == hold.job.completions:
        return max(ends)
    return (hold.job and hold.job.finished_at) or now


def _busy(hold: _Hold, start: float | None, pods: Sequence[PodView], end: float) -> float:
    """Seconds for which the step's containers ran, on average over its pods."""
    if not pods:
        return end - max(start, hold.since) if start is not None and start < end else 0.0
    spans = [(max(pod.started, hold.since), min(pod.ended or end, end)) for pod in pods if pod.started is not None]
    completions = hold.job.completions if hold.job else 1
    return sum(max(0.0, over - began) for began, over in spans) / completions


def _holds(old: Mapping[str, Any], jobs: Sequence[JobView]) -> dict[_Key, _Hold]:
    """What is known of attempts: by Jobs that were let run; by the status if there is no such Job."""
    found = {
        _key(job): _Hold(job.reserved, {name: amount * job.completions for name, amount in job.devices}, job)
        for job in jobs
        if job.reserved is not None
    }
    noted = old.get("allocation")
    if noted:
        found.setdefault(_latest(old), _Hold(instant(noted["since"]) or 0.0, noted["resources"]))
    return found


def _key(job: JobView) -> _Key:
    return job.run, 0 if job.purpose == RUN else job.round, job.attempt


def _latest(status: Mapping[str, Any]) -> _Key:
    return status.get("run") or 0, 0, status.get("attempt") or 0


def _counted(status: Mapping[str, Any]) -> _Key:
    found = status.get("counted") or {}
    return found.get("run") or 0, found.get("undoRound") or 0, found.get("attempt") or 0


def _over(old: Mapping[str, Any], new: Mapping[str, Any], key: _Key) -> bool:
    """Whether an attempt is over by the new status: closed, of a run that has ended, or not the one under way."""
    if _open(new, key):
        return False
    run, undo_round, _ = key
    ended = not undo_round and run <= (new.get("lastRun") or 0)
    return ended or _record(new, key) is not None or key <= max(_latest(old), _latest(new))


def _open(status: Mapping[str, Any], key: _Key) -> bool:
    record = _record(status, key)
    return record is not None and "end" not in record and key[0] > (status.get("lastRun") or 0)


def _record(status: Mapping[str, Any], key: _Key) -> Mapping[str, Any] | None:
    """What the status says of an attempt."""
    run, undo_round, number = key
    of = (status.get("undo") or {}) if undo_round else status
    if of.get("run") != run or (undo_round and of.get("round") != undo_round):
        return None
    return next((one for one in of.get("attempts") or () if one["number"] == number), None)
