"""Composes the status of a Step. Every function returns the whole status, made from the one before.

What a status carries over: held results, the last run that ended, a decision on an approval, learned durations, and
what was used (which core/step/usage.py brings up to date).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from penstock.api.step import StepPhase
from penstock.core.clock import stamp
from penstock.core.graph.world import Ran
from penstock.core.pod.ready import RunFacts
from penstock.core.reasons import Reason
from penstock.core.seen.views import RUN, JobView, StepView
from penstock.core.step.outcomes import Failure, Success
from penstock.core.values import shorten

Status = dict[str, Any]

KEPT_ATTEMPTS = 20
MESSAGE_LENGTH = 1024
IMAGE_LENGTH = 1024
_BEGUN = ("readyTime", "startTime", "attempts", "attempt", "job", "node", "failures", "disruptions")
"""What a status says of the attempts of a run, which it goes on saying when another one is out of the question."""
_CARRIED = ("results", "lastRun", "approval", "learned", "usage", "counted", "allocation")


@dataclass(frozen=True, slots=True)
class Closed:
    """A failed attempt: Job, number, how it failed; failures and disruptions of its run so far, with it."""

    job: str
    number: int
    failure: Failure
    failures: int
    disruptions: int

    @property
    def record(self) -> Status:
        """What is written of it."""
        return closed_attempt(self.job, self.number, self.failure)

    @property
    def counts(self) -> Status:
        """What of its run counts against its budgets."""
        counts = {"failures": self.failures, "disruptions": self.disruptions}
        return {key: count for key, count in counts.items() if count}


def _base(step: StepView, phase: StepPhase, reason: Reason | None, message: str) -> Status:
    status: Status = {"phase": phase.value}
    if reason:
        status["reason"] = reason.value
    if message:
        status["message"] = shorten(message, MESSAGE_LENGTH)
    status["observedGeneration"] = step.generation
    status.update({key: step.status[key] for key in _CARRIED if key in step.status})
    return status


def _of_run(status: Status, facts: RunFacts) -> Status:
    status.update(run=facts.run, fingerprint=facts.fingerprint, round=facts.round, revision=facts.revision)
    if facts.producers:
        status["producers"] = facts.producers
    return status


def ready_time(step: StepView, run: int | None, since: float | None) -> str | None:
    """Since when the run is ready, or what waits to begin one: as was written first, for later it may seem to be later.

    `since`: as far as is known now.
    """
    known: str | None = step.status.get("readyTime")
    if known and not ended(step.status) and step.status.get("run", run) == run:
        return known
    return stamp(since) if since is not None else None


def _same_run(step: StepView, run: int) -> Mapping[str, Any]:
    return step.status if step.status.get("run") == run and not ended(step.status) else {}


def ended(status: Mapping[str, Any]) -> bool:
    """Whether the status says that the run is over."""
    return "completionTime" in status


def ran(status: Mapping[str, Any]) -> Ran:
    """What the status of a Step that has ended says of its run."""
    last: Mapping[str, Any] = (status.get("attempts") or ({},))[-1]
    return Ran(last.get("exitCode"), status.get("startTime", ""), status.get("completionTime", ""))


def closed(status: Mapping[str, Any], job: JobView) -> bool:
    """Whether the end of the attempt that a Job is for is on record."""
    if job.purpose == RUN and job.run <= (status.get("lastRun") or 0):
        return True
    of: Mapping[str, Any] = status if job.purpose == RUN else status.get("undo") or {}
    return any(one["job"] == job.name and "end" in one for one in of.get("attempts") or ())


def under_way(status: Mapping[str, Any]) -> list[str]:
    """Names of the Jobs of a run that are on record, but no end of their attempts."""
    return [] if ended(status) else [one["job"] for one in status.get("attempts") or () if "end" not in one]


def gone_job(step: StepView, name: str, uid: str, created: float) -> JobView:
    """The Job of an attempt under way of which only the record is left, and pods that name its uid."""
    status = step.status
    return JobView(
        uid=uid,
        name=name,
        namespace=step.namespace,
        version="0",
        step=step.uid,
        run=status.get("run", 0),
        attempt=next(one["number"] for one in status["attempts"] if one["job"] == name),
        purpose=RUN,
        fingerprint=status.get("fingerprint", ""),
        producers=status.get("producers", ""),
        revision=status.get("revision", 0),
        round=status.get("round", 0),
        created=created,
        gone=True,
    )


def waiting(step: StepView, phase: StepPhase, reason: Reason | None = None, message: str = "") -> Status:
    """A Step that has not started."""
    return _base(step, phase, reason, message)


def active(
    step: StepView, facts: RunFacts, job: JobView, reason: Reason, message: str, started: float | None, node: str | None
) -> Status:
    """A Step with a live Job."""
    before = _same_run(step, facts.run)
    status = _of_run(_base(step, StepPhase.RUNNING, reason, message), facts)
    attempt: Status = {"number": job.attempt, "job": job.name}
    if node:
        attempt["node"] = node
    if started:
        attempt["start"] = stamp(started)
    _carry_run(status, before, attempt, first=job.created)
    return status


def queued(step: StepView, facts: RunFacts, job: JobView, reason: Reason, message: str) -> Status:
    """A Step whose Job exists and is suspended."""
    status = active(step, facts, job, reason, message, None, None)
    status["phase"] = StepPhase.QUEUED.value
    return status


def _carry_run(status: Status, before: Mapping[str, Any], attempt: Status, first: float) -> None:
    status["startTime"] = before.get("startTime") or stamp(first)
    for key in ("failures", "disruptions"):
        if before.get(key):
            status[key] = before[key]
    others = [one for one in before.get("attempts") or () if one["number"] != attempt["number"]]
    status["attempts"] = kept([*others, attempt])
    status["attempt"], status["job"] = attempt["number"], attempt["job"]
    if "node" in attempt:
        status["node"] = attempt["node"]


def kept(attempts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """As many records of attempts as are kept: the last ones, but those first that were killed for lack of memory, for
    by their number the next attempt asks for more."""
    over = max(0, len(attempts) - KEPT_ATTEMPTS)
    left_out = sorted(attempts[:-1], key=lambda one: one.get("reason") == Reason.OOM_KILLED)[:over]
    return [one for one in attempts if one not in left_out]


def closed_attempt(job_name: str, number: int, outcome: Success | Failure) -> Status:
    """The record of an attempt that has ended."""
    attempt: Status = {"number": number, "job": job_name, "end": stamp(outcome.ended)}
    if outcome.started:
        attempt["start"] = stamp(outcome.started)
    if outcome.node:
        attempt["node"] = outcome.node
    if 0 < len(outcome.image) <= IMAGE_LENGTH:  # half of one would be another
        attempt["imageID"] = outcome.image
    if isinstance(outcome, Failure):
        attempt["reason"] = outcome.reason.value
        attempt["message"] = shorten(outcome.message, MESSAGE_LENGTH)
        if outcome.exit_code is not None:
            attempt["exitCode"] = outcome.exit_code
    else:
        attempt["exitCode"] = 0
    return attempt


def succeeded(
    step: StepView,
    facts: RunFacts,
    job: JobView,
    outcome: Success,
    artifacts: Mapping[str, str],
    now: float,
    keep: int,
    timed: bool = False,
) -> Status:
    """A Step whose attempt succeeded: outputs, and the result held for reuse, in one status.

    `timed`: somebody reads when it began, so the result tells that too.
    """
    status = _of_run(_base(step, StepPhase.SUCCEEDED, Reason.COMPLETED, ""), facts)
    _carry_run(status, _same_run(step, facts.run), closed_attempt(job.name, job.attempt, outcome), first=job.created)
    made = {"outputs": outcome.outputs, "artifacts": artifacts, "contents": _contents(outcome)}
    more: Status = {"start": status["startTime"]} if timed else {}
    if outcome.started is not None:
        more["seconds"] = max(0, round(outcome.ended - outcome.started))
    return _hold(status, facts, made, now, keep, more)


def _contents(outcome: Success) -> Status:
    return {name: {"sha256": one.sha256, "bytes": one.size} for name, one in outcome.contents.items()}


def asked(step: StepView, message: str, since: float) -> Status:
    """An approval step that waits for a decision, since an instant."""
    status = _base(step, StepPhase.QUEUED, Reason.WAITING_FOR_APPROVAL, message)
    status["startTime"] = stamp(since)
    return status


def approved(step: StepView, facts: RunFacts, by: str, now: float, keep: int) -> Status:
    """An approval step that somebody approved."""
    status = _of_run(_base(step, StepPhase.SUCCEEDED, Reason.APPROVED, f"approved by {by}"), facts)
    status["approval"] = {"by": shorten(by, 253), "at": stamp(now), "approved": True}
    status["startTime"] = step.status.get("startTime") or stamp(now)
    return _hold(status, facts, {}, now, keep)


def rejected(step: StepView, facts: RunFacts, by: str, now: float) -> Status:
    """An approval step that somebody rejected."""
    status = failed(step, facts, Reason.REJECTED, f"rejected by {by}", now)
    status["approval"] = {"by": shorten(by, 253), "at": stamp(now), "approved": False}
    return status


def _hold(
    status: Status,
    facts: RunFacts,
    made: Mapping[str, Mapping[str, Any]],
    now: float,
    keep: int,
    more: Mapping[str, Any] | None = None,
) -> Status:
    """`made`: what its run gave, by the field that tells it; `more`: what the result alone tells."""
    result: Status = {"fingerprint": facts.fingerprint, "run": facts.run, "revision": facts.revision}
    if facts.producers:
        result["producers"] = facts.producers
    for field, values in made.items():
        if values:
            status[field] = result[field] = dict(values)
    result.update(more or {})
    result["when"] = stamp(now)
    same = (facts.fingerprint, facts.producers)
    older = [one for one in status.get("results") or () if (one["fingerprint"], one.get("producers", "")) != same]
    status["results"] = [result, *older][:keep]
    status["lastRun"] = facts.run
    return _conclude(status, now)


def reused(step: StepView, result: Mapping[str, Any], round_number: int, now: float) -> Status:
    """A Step that takes a held result instead of running."""
    message = f"took the result of run {result['run']}, made {result.get('when', '')}"
    status = _base(step, StepPhase.SUCCEEDED, Reason.REUSED, message)
    facts = RunFacts(
        result["run"], result["fingerprint"], result.get("producers", ""), round_number, result.get("revision", 0)
    )
    _of_run(status, facts)
    status.update({key: result[key] for key in ("outputs", "artifacts", "contents") if key in result})
    return _conclude(status, now)


def retrying(step: StepView, facts: RunFacts, attempt: Closed, at: float) -> Status:
    """A Step whose attempt failed and that waits for its next one."""
    failure = attempt.failure
    message = f"attempt {attempt.number}: {failure.message}"
    status = _of_run(_base(step, StepPhase.RETRYING, failure.reason, message), facts)
    _carry_run(status, _same_run(step, facts.run), attempt.record, first=failure.ended)
    status.update(attempt.counts)
    status["retryTime"] = due(at)
    return status


def due(at: float) -> str:
    """When a next attempt may start, told in whole seconds: not before it may."""
    return stamp(at + 0.999)


def failed(
    step: StepView, facts: RunFacts, reason: Reason, message: str, now: float, attempt: Closed | None = None
) -> Status:
    """A Step that failed: by its last attempt, or because there can be none or no other one."""
    status = _of_run(_base(step, StepPhase.FAILED, reason, message), facts)
    before = _same_run(step, facts.run)
    if attempt:
        _carry_run(status, before, attempt.record, first=attempt.failure.ended)
        status.update(attempt.counts)
    else:
        status.update({key: before[key] for key in _BEGUN if key in before})
    status["lastRun"] = facts.run
    return _conclude(status, now)


def skipped(step: StepView, reason: Reason, message: str, round_number: int, now: float) -> Status:
    """A Step that will not run."""
    status = _base(step, StepPhase.SKIPPED, reason, message)
    status["round"] = round_number
    return _conclude(status, now)


def cancelled(
    step: StepView, facts: RunFacts | None, reason: Reason, message: str, round_number: int, now: float
) -> Status:
    """A Step that was stopped, or kept from starting."""
    status = _base(step, StepPhase.CANCELLED, reason, message)
    status["round"] = round_number
    if facts:
        _of_run(status, facts)
        before = _same_run(step, facts.run)
        status.update({key: before[key] for key in _BEGUN if key in before})
        status["lastRun"] = facts.run
    return _conclude(status, now)


def _conclude(status: Status, now: float) -> Status:
    status["completionTime"] = stamp(now)
    status["conditions"] = conditions(status)
    return status


_CONDITIONS = {"Succeeded": ("Finished", "Complete"), "Failed": ("Finished", "Failed")}


def conditions(status: Mapping[str, Any]) -> list[Status]:
    """The conditions of a Step that has ended, made from the rest of its status: nobody keeps them."""
    at, reason = status["completionTime"], status.get("reason", "")
    kinds = _CONDITIONS.get(status["phase"], ("Finished",))
    return [condition(kind, True, reason, "", at, status["observedGeneration"]) for kind in kinds]


def condition(kind: str, holds: bool, reason: str, message: str, at: str, generation: int) -> Status:
    """One condition, as of an instant."""
    return {
        "type": kind,
        "status": "True" if holds else "False",
        "reason": reason,
        "message": message,
        "lastTransitionTime": at,
        "observedGeneration": generation,
    }


_VOLATILE = ("observedGeneration", "completionTime", "conditions", "readyTime", "startTime", "round")


def differs(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether a status says something new; times and counters that merely moved do not count."""
    if old.get("phase", "Pending") != new["phase"]:
        return True
    keys = (old.keys() | new.keys()) - {"phase", *_VOLATILE}
    if ended(new) and old.get("round", 0) != new.get("round", 0) and new["phase"] in ("Failed", "Cancelled"):
        return True
    return any(old.get(key) != new.get(key) for key in keys)
