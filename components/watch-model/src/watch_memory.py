"""What is remembered from one look to the next, and what follows from it.

A single window that differs says little: with a rate of 1 in 100, a look each hour finds 88 of them in a quiet year. So
a model has drifted if two of its last three windows differ, and after that no alarm is given for a while.

A step whose attempt is lost after it has remembered its window (its artifacts could not be stored, say) is tried again,
and has to find what it found, or the alarm is lost with it. So what was remembered before is kept beside, with whose
look it was.
"""

import json
import os
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from penstock_ml.wire import InputError

LAST = 3
ENOUGH = 2


@dataclass(frozen=True)
class Memory:
    """`model`: version that was live; `until`: time of the newest answer looked at; `different`: of its last windows;
    `alarmed`: when an alarm was given last. Times are texts in UTC; empty if there was none.
    """

    model: str = ""
    until: str = ""
    different: tuple[bool, ...] = ()
    alarmed: str = ""


NOTHING = Memory()


def load(path: Path, look: str = "") -> Memory:
    """What `save` wrote, or what there was before if the same `look` wrote it; nothing if there is no file."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        last, before = found.pop("look", ""), found.pop("before", None)
        if look and last == look and before is not None:
            found = before
        memory = Memory(**{**found, "different": tuple(found["different"])})
        if memory.alarmed:
            datetime.fromisoformat(memory.alarmed)
    except FileNotFoundError:
        return Memory()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise InputError(f"{path} holds no memory of windows ({reason}): delete it, and watching begins anew") from None
    return memory


def save(memory: Memory, path: Path, look: str = "", before: Memory = NOTHING) -> None:
    """Replaces the file at once, so that whoever is killed meanwhile leaves the old one."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.new")
        document = {**asdict(memory), "look": look, "before": asdict(before)}
        beside.write_text(json.dumps(document), encoding="utf-8")
        os.replace(beside, path)
    except OSError as error:
        raise InputError(f"cannot write {path} ({error.strerror}): mount a claim there that lasts") from None


def of_model(memory: Memory, model: str) -> Memory:
    """What still counts now that `model` is live: no windows of another model, but the alarm that there was."""
    return memory if memory.model == model else Memory(model=model, until=memory.until, alarmed=memory.alarmed)


def judged(memory: Memory, *, different: bool, until: str, now: datetime, pause: timedelta) -> tuple[Memory, str]:
    """The memory after one more window, and the verdict: Steady, Suspicious, Drifted or CoolingDown."""
    windows = (*memory.different, different)[-LAST:]
    after = replace(memory, until=max(until, memory.until), different=windows)
    if sum(windows) < ENOUGH:
        return after, "Suspicious" if different else "Steady"
    if memory.alarmed and now < datetime.fromisoformat(memory.alarmed) + pause:
        return after, "CoolingDown"
    return replace(after, alarmed=now.isoformat()), "Drifted"
