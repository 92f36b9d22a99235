"""What a status tells of its revisions. Loads nothing, for processes that are to stay small."""

from collections.abc import Mapping
from typing import Any


def lines(status: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a status tells of each revision, the present one first."""
    present: dict[str, Any] = {key: status[key] for key in ("revision", "phase") if key in status}
    present |= {"time": status.get("startTime"), "generation": status.get("observedGeneration")}
    return [one for one in (present, *(status.get("history") or ())) if one.get("revision")]
