"""Composes the status of a Pipeline from the verdicts on its Steps."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from penstock.api import durations
from penstock.api.pipeline import PipelinePhase
from penstock.api.step import StepPhase
from penstock.core.clock import instant, stamp
from penstock.core.graph.ranks import Ranks
from penstock.core.graph.world import Verdict
from penstock.core.pipeline.lateness import Late, estimated_end
from penstock.core.pipeline.lifecycle import Standing
from penstock.core.pipeline.tally import Kind, Tally
from penstock.core.problems import Problem
from penstock.core.reasons import Reason
from penstock.core.seen.views import PipelineView, StepView
from penstock.core.values import shorten

Status = dict[str, Any]

_KEPT = ("history", "outputs", "collected", "usage")
_BEGUN = ("startTime", "suspendedSeconds", "eta", "criticalPath")
_GOES_ON = (*_BEGUN, "reason", "message", "completionTime", "duration", "counts", "progress", "failedSteps")
"""What the status keeps when a new generation begins: always; of a round, even if the spec was wrong in between; and if
the Pipeline just goes on."""
_PAUSES = (("Suspended", "True"), ("Accepted", "False"))
"""Conditions under which nothing new starts, so that no time runs out."""

MAX_PROBLEMS = 50
MAX_FAILED = 10
MAX_PATH = 1024
MAX_OUTPUTS = 64 * 1024
_FINAL = (PipelinePhase.SUCCEEDED, PipelinePhase.FAILED, PipelinePhase.CANCELLED, PipelinePhase.INVALID)


@dataclass(frozen=True, slots=True)
class Summary:
    """What the verdicts add up to."""

    phase: PipelinePhase
    reason: Reason
    message: str
    tally: Tally
    outputs: Mapping[str, Any]
    undone: tuple[bool, str] | None = None
    late: Late | None = None
    expected: Ranks | None = None
    late_at: float | None = None
    """When to look again: by then it may be late, or stand still (seconds since 1970)."""
    usage: Sequence[Mapping[str, Any]] = ()
    """What its Steps used; see core/step/usage.py."""


def invalid(pipeline: PipelineView, problems: Sequence[Problem], tally: Tally, now: float) -> Status:
    """The status of a Pipeline whose manifest is wrong: every problem, with its path.

    `tally`: how the Steps stand that it had before, if any: what runs of them goes on.
    """
    first = str(problems[0])
    more = f" (and {len(problems) - 1} more; see status.problems)" if len(problems) > 1 else ""
    status: Status = {
        "phase": PipelinePhase.INVALID.value,
        "reason": Reason.INVALID.value,
        "message": shorten(first, 1024) + more,
        "problems": [
            {"path": shorten(one.path, 1024), "reason": one.reason.value, "message": shorten(one.message, 2048)}
            for one in problems[:MAX_PROBLEMS]
        ],
        "observedGeneration": pipeline.generation,
    }
    for key in ("revision", "round", "rerun", "fingerprint", "counts", "progress", "history", "usage"):
        if key in pipeline.status:
            status[key] = pipeline.status[key]
    if "completionTime" not in pipeline.status:  # what it was at goes on once the spec is put right
        status.update({key: pipeline.status[key] for key in _BEGUN if key in pipeline.status})
        if pipeline.status.get("phase") != PipelinePhase.INVALID:
            status.update(_suspended(pipeline.status, now))
    if tally.phases():
        status.update(_counted(tally))
    words = "nothing new starts; what runs " + ("is stopped" if pipeline.spec.get("cancel") is True else "goes on")
    running = tally.any(lambda kind: kind.phase is StepPhase.RUNNING)
    wanted = {
        "Accepted": ("False", Reason.INVALID, status["message"]),
        "Progressing": ("False", Reason.INVALID, words if running else ""),
        "Finished": ("True", Reason.INVALID, ""),
        "Complete": ("False", Reason.INVALID, ""),
    }
    status["conditions"] = conditions(pipeline, wanted, now)
    return status


def troubled(pipeline: PipelineView, words: str) -> Status:
    """The status of a Pipeline that cannot be planned, or whose new generation cannot be taken up: as it was, and why.

    The next status says again how it stands.
    """
    return {
        "phase": PipelinePhase.PENDING.value,
        **pipeline.status,
        "reason": Reason.WRITE_REFUSED.value,
        "message": shorten(words, 2048),
    }


def taken_up(pipeline: PipelineView, standing: Standing, steps: Iterable[StepView], now: float) -> Status:
    """The status with which a new generation, revision or round begins; the revision before goes to the history."""
    old = pipeline.status
    same_round, invalid = (old.get("round") or 0) == standing.round, old.get("phase") == PipelinePhase.INVALID
    fresh = invalid or not same_round
    status: Status = {
        "phase": PipelinePhase.PENDING.value if fresh else old.get("phase", PipelinePhase.PENDING.value),
        "observedGeneration": pipeline.generation,
        "revision": standing.revision,
        "round": standing.round,
        "fingerprint": standing.fingerprint,
    }
    if fresh:
        status["reason"] = Reason.PREPARING.value
    if standing.rerun:
        status["rerun"] = standing.rerun
    if old.get("revision") and standing.revision != old["revision"]:
        past = _past(old, steps)
        status["history"] = [past, *(old.get("history") or ())][: int(pipeline.spec.get("historyLimit", 5))]
    kept = _KEPT + (_GOES_ON if not fresh else _BEGUN if same_round else ())
    status.update({key: old[key] for key in kept if key in old and key not in status})
    if same_round and (invalid or not pipeline.spec.get("suspend")):
        status.update(_suspended(old, now))
    accepted = {"Accepted": ("True", Reason.ACCEPTED, "")}
    if standing.in_vain:
        accepted["Rerun"] = ("False", Reason.UNKNOWN_STEP, shorten(standing.in_vain, 1024))
    begins = {
        "Progressing": ("True", Reason.PREPARING, ""),
        "Finished": ("False", Reason.PREPARING, ""),
        "Complete": ("False", Reason.PREPARING, ""),
        "Failed": ("False", Reason.PREPARING, ""),
    }
    status["conditions"] = conditions(pipeline, accepted | begins if fresh else accepted, now)
    if not fresh:
        past_now = {"Accepted", "Rerun"} if pipeline.spec.get("suspend") else {"Accepted", "Rerun", "Suspended"}
        others = [one for one in old.get("conditions") or () if one["type"] not in past_now]
        status["conditions"] += others
    return status


def unfinished_since(status: Mapping[str, Any]) -> float:
    """When the Pipeline began what it is at, in seconds since 1970; 0 if nobody knows."""
    finished = next((one for one in status.get("conditions") or () if one["type"] == "Finished"), None)
    return (instant(finished["lastTransitionTime"]) or 0.0) if finished and finished["status"] == "False" else 0.0


def suspended_seconds(status: Mapping[str, Any], now: float) -> float:
    """How long a Pipeline that has begun was suspended, held by Kueue, or had a wrong spec, so far."""
    known: float = status.get("suspendedSeconds") or 0
    began = instant(status.get("startTime"))
    pauses = (one for one in status.get("conditions") or () if (one["type"], one["status"]) in _PAUSES)
    paused = next(pauses, None)
    if began is None or paused is None:
        return known
    return known + max(0.0, now - max(instant(paused["lastTransitionTime"]) or now, began))


def _suspended(old: Mapping[str, Any], now: float) -> Status:
    seconds = round(suspended_seconds(old, now))
    return {"suspendedSeconds": seconds} if seconds else {}


def queued(tally: Tally, finals: bool = True) -> Verdict | None:
    """The first verdict on a suspended Job (by Kueue, or by hand) if nothing goes on because of such; else None.

    `finals`: those of `finally` count.
    """

    def suspended(kind: Kind) -> bool:
        return kind.phase is StepPhase.QUEUED and kind.reason in (Reason.QUEUED_BY_KUEUE, Reason.SUSPENDED)

    if tally.any(lambda kind: kind.phase in (StepPhase.RUNNING, StepPhase.RETRYING) and (finals or not kind.final)):
        return None
    found = tally.first(lambda kind: suspended(kind) and (finals or not kind.final))
    return found and found[1]


def _past(old: Mapping[str, Any], steps: Iterable[StepView]) -> Status:
    """The line of the history that a revision leaves behind."""
    number = old["revision"]
    states = [step.status for step in steps]
    past: Status = {
        "revision": number,
        "generation": old.get("observedGeneration", 0),
        "phase": old.get("phase", PipelinePhase.PENDING.value),
        "ran": sum(bool(one.get("attempts")) and one.get("revision") == number for one in states),
        "reused": sum(one.get("reason") == Reason.REUSED for one in states),
    }
    if "startTime" in old:
        past["time"] = old["startTime"]
    return past


def current(pipeline: PipelineView, summary: Summary, now: float) -> Status:
    """The status that the verdicts add up to."""
    old = pipeline.status
    keep = (
        "observedGeneration",
        "revision",
        "round",
        "rerun",
        "fingerprint",
        "history",
        "startTime",
        "suspendedSeconds",
        "eta",
        "criticalPath",
        "collected",
    )
    status: Status = {key: old[key] for key in keep if key in old}
    phase, reason = summary.phase, summary.reason
    status["phase"] = phase.value
    if phase is not PipelinePhase.RUNNING or reason is not Reason.RUNNING:
        status["reason"] = reason.value
    if summary.message:
        status["message"] = shorten(summary.message, 2048)
    status.update(_counted(summary.tally))
    if summary.usage:
        status["usage"] = list(summary.usage)
    if summary.outputs:
        status["outputs"] = dict(summary.outputs)
    failed = summary.tally.ordered(lambda kind: kind.phase is StepPhase.FAILED)
    if failed:
        status["failedSteps"] = [
            {
                "name": node.path,
                "reason": (verdict.reason or Reason.ERROR).value,
                "message": shorten(verdict.message, 512),
            }
            for node, verdict in failed[:MAX_FAILED]
        ]
    if "startTime" not in status and summary.tally.any(lambda kind: kind.started):
        status["startTime"] = stamp(now)
        eta = estimated_end(now, summary.expected)
        if eta is not None and summary.expected is not None:
            status["eta"] = stamp(eta)
            status["criticalPath"] = shorten(" → ".join(summary.expected.critical_path), MAX_PATH)
    finished = phase in _FINAL
    if finished:
        status.pop("eta", None)
        began = instant(status.get("startTime")) or now
        over = old.get("completionTime") if old.get("phase") == phase else None
        status["completionTime"] = over or stamp(now)
        status["duration"] = old.get("duration") if over else durations.human(round(now - began))
    wanted = _conditions(summary, finished)
    if summary.late and not finished:
        wanted["Late"] = ("True", summary.late.reason, summary.late.message)
    elif any(one["type"] == "Late" for one in old.get("conditions") or ()):
        wanted["Late"] = ("False", Reason.ON_TIME, "")
    in_vain = next((one for one in old.get("conditions") or () if one["type"] == "Rerun"), None)
    if in_vain:  # it stands until something else is asked for
        wanted["Rerun"] = ("False", Reason.UNKNOWN_STEP, in_vain["message"])
    if "Suspended" not in wanted:
        status.update(_suspended(old, now))
    status["conditions"] = conditions(pipeline, wanted, now, status.get("observedGeneration"))
    return status


def _counted(tally: Tally) -> Status:
    counts, ended = tally.phases(), tally.count(lambda kind: kind.ended)
    return {"counts": dict(sorted(counts.items())), "progress": f"{ended}/{counts.total()}"}


def _conditions(summary: Summary, finished: bool) -> dict[str, tuple[str, Reason, str]]:
    phase, reason = summary.phase, summary.reason
    message = shorten(summary.message, 1024)

    def flag(holds: bool, words: str = "") -> tuple[str, Reason, str]:
        return ("True" if holds else "False", reason, words)

    wanted = {
        "Accepted": ("True", Reason.ACCEPTED, ""),
        "Progressing": flag(not finished and phase is not PipelinePhase.SUSPENDED, "" if finished else message),
        "Finished": flag(finished, message if finished else ""),
        "Complete": flag(phase is PipelinePhase.SUCCEEDED),
        "Failed": flag(phase is PipelinePhase.FAILED, message if phase is PipelinePhase.FAILED else ""),
    }
    held = None if finished else queued(summary.tally)
    if phase is PipelinePhase.SUSPENDED:
        wanted["Suspended"] = flag(True, message)
    elif held and held.reason:
        wanted["Suspended"] = ("True", held.reason, held.message)
    if summary.undone is not None:
        done, words = summary.undone
        wanted["Undone"] = ("True" if done else "False", Reason.UNDONE if done else Reason.UNDO_FAILED, words)
    return wanted


class Conditioned(Protocol):
    """An object with conditions in its status."""

    @property
    def generation(self) -> int:
        """Generation of its spec."""
        ...

    @property
    def status(self) -> Mapping[str, Any]:
        """Its status as it is."""
        ...


def conditions(
    view: Conditioned, wanted: Mapping[str, tuple[str, Reason, str]], now: float, generation: int | None = None
) -> list[dict[str, Any]]:
    """The conditions as wanted; the time of the last transition stays where the status did not change."""
    generation = view.generation if generation is None else generation
    before = {one["type"]: one for one in view.status.get("conditions") or ()}
    found = []
    for kind, (holds, reason, message) in wanted.items():
        old = before.get(kind)
        same = old is not None and old["status"] == holds
        found.append(
            {
                "type": kind,
                "status": holds,
                "reason": reason.value,
                "message": message,
                "observedGeneration": generation,
                "lastTransitionTime": old["lastTransitionTime"] if same and old else stamp(now),
            }
        )
    return found


def differs(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether the status says anything new. What was used is no reason to write before the end."""
    ignored = () if "completionTime" in new else ("usage",)
    return any(old.get(key) != new.get(key) for key in (old.keys() | new.keys()) - {*ignored})
