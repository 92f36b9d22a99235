"""Which Kubernetes Event a change of status deserves: one per transition of a Pipeline; of a Step, what is off the
plain way. A plain start or success is in the Job's own events."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from penstock.core.reasons import Reason
from penstock.core.values import canonical, shorten

NOTE_LENGTH = 1024
"""Most that the API server takes as the note of an Event."""
OUTPUT_BYTES = 4096
"""Most that the outputs of a Pipeline may take, as JSON, to be told with its success."""


@dataclass(frozen=True, slots=True)
class Event:
    """An Event about one object. `action` is what happened, `reason` why, both in CamelCase words."""

    action: str
    reason: str
    note: str
    warning: bool = False


_BAD_PHASES = ("Failed", "Invalid")
_DECISIONS = (Reason.APPROVED, Reason.REJECTED, Reason.WAITING_FOR_APPROVAL)
_OBSTACLES = (Reason.STARTING, Reason.QUOTA_EXCEEDED, Reason.NAME_CONFLICT)


def pipeline_event(old: Mapping[str, Any], new: Mapping[str, Any]) -> Event | None:
    """The Event for a Pipeline's change of status; None if it changes no phase. An end tells how an undo went, too."""
    phase = new["phase"]
    before = old.get("phase", "Pending")
    in_vain = _condition(new, "Rerun")
    if in_vain and new.get("rerun") != old.get("rerun"):
        return _event("Rerun", in_vain[1], in_vain[2], True)
    undone = _condition(new, "Undone")
    told = undone if undone and undone != _condition(old, "Undone") else None
    if told and (phase == before or "completionTime" not in new):
        return _event("Undone", told[1], told[2], told[0] == "False")
    if phase == before and not (phase == "Invalid" and old.get("message") != new.get("message")):
        late = _condition(new, "Late")
        new_one = late and late[0] == "True" and late != _condition(old, "Late")
        return _event("Late", late[1], late[2], True) if late and new_one else None
    if phase == "Pending" and before in ("Pending", "Invalid"):
        return None
    words = new.get("message") or f"{phase}, {new['progress']} steps ended" if "progress" in new else phase
    note = "; ".join(filter(None, (new.get("message") or words, told and told[2])))
    return _event(phase, new.get("reason") or phase, note, phase in _BAD_PHASES or bool(told and told[0] == "False"))


def step_event(old: Mapping[str, Any], new: Mapping[str, Any]) -> Event | None:
    """The Event for a Step's change of status; None for what a plain run consists of."""
    phase, reason, message = new["phase"], new.get("reason") or new["phase"], new.get("message", "")
    undo, before = new.get("undo") or {}, old.get("undo") or {}
    if undo.get("phase") in ("Succeeded", "Failed") and undo.get("phase") != before.get("phase"):
        failed = undo["phase"] == "Failed"
        return _event(
            "Undo", Reason.UNDO_FAILED if failed else Reason.UNDONE, undo.get("message") or undo["phase"], failed
        )
    if undo.get("reason") in _OBSTACLES and undo.get("reason") != before.get("reason"):
        return _event("Undo", undo["reason"], undo.get("message", ""), True)
    if phase == "Retrying" and (old.get("phase") != phase or old.get("attempts") != new.get("attempts")):
        return _event("Retrying", reason, message, True)
    if phase == "Failed" and (old.get("phase") != phase or old.get("run") != new.get("run")):
        return _event("Failed", reason, message, True)
    if phase == "Cancelled" and old.get("phase") != phase:
        return _event("Cancelled", reason, message, False)
    if reason in _DECISIONS and old.get("reason") != reason:
        return _event(phase, reason, message, False)
    if message and reason in _OBSTACLES and old.get("reason") != reason:
        return _event("Waiting", reason, message, True)
    return None


def outputs_told(event: Event, status: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is told of the outputs of a Pipeline beside the Event that it has succeeded: all of them, or that they are
    more than goes with it."""
    outputs = status.get("outputs")
    if event.action != "Succeeded" or not outputs:
        return {}
    if len(canonical(outputs).encode()) > OUTPUT_BYTES:
        return {"outputsTooLarge": True}
    return {"outputs": outputs}


def _event(action: str, reason: str, note: str, warning: bool) -> Event:
    return Event(action, str(reason), shorten(note or reason, NOTE_LENGTH), warning)


def _condition(status: Mapping[str, Any], kind: str) -> tuple[str, str, str] | None:
    for one in status.get("conditions") or ():
        if one["type"] == kind:
            return one["status"], one["reason"], one["message"]
    return None
