"""A version goes live: claim, fill, wait, gate, switch; begun again whenever somebody else was there meanwhile."""

import time
from collections.abc import Callable

from serving import gate
from serving.client import Pod
from serving.kube import ConflictError
from serving.record import Record, Release
from serving.slots import Claim, LateError, Slots

TRIES = 10
"""Beginnings, until it is given up."""

Gate = Callable[[list[Pod], Claim], Release]
"""Tries the pods of the filled slot; the release to write down."""


def found(slots: Slots, version: str, by: str, run: str) -> Record:
    """The record, when a run of a step begins.

    Is the version live since an earlier run of the same step, this one has nothing to do, and so nothing to undo.
    """
    for _ in range(TRIES):
        seen = slots.look()
        live = seen.record.live
        if live is None or (live.version, live.by) != (version, by) or live.run == run or live.kept:
            return seen.record
        try:
            slots.note(seen, seen.record.keeping())
        except ConflictError:
            continue
        return seen.record.keeping()
    raise _taken(slots)


def forward(slots: Slots, version: str, by: str, seconds: float, tried: Gate) -> Record:
    """Brings a version live, if it passes; the record that says so. What fails leaves what is live as it was."""

    def once() -> Record:
        claim = slots.claim(version, by)
        pods = _filled(slots, claim, seconds)
        record = claim.record.after(tried(pods, claim))
        slots.switch(claim, record)
        return record

    def done(record: Record) -> bool:
        """The answer to our own switch was lost, or somebody had the same in mind."""
        return record.live is not None and record.live.version == version

    return _persistent(slots, by, seconds, once, done)


def back(slots: Slots, release: Release, by: str, seconds: float) -> Record:
    """Brings the version before that release live again, or none if there was none; nothing if it is not live."""

    def gone(record: Record) -> bool:
        live = record.live
        return live is None or live.kept or (live.version, live.by) != (release.version, release.by)

    def once() -> Record:
        seen = slots.look().record
        if gone(seen):
            return seen
        claim = slots.claim(seen.previous, by)
        if gone(claim.record):
            raise ConflictError("another version went live")
        _filled(slots, claim, seconds)
        slots.switch(claim, claim.record.back())
        return claim.record.back()

    return _persistent(slots, by, seconds, once, gone)


def emptied(slots: Slots, seconds: float, version: str) -> None:
    """Ends the pods of the slot that was live, after so many seconds."""
    time.sleep(seconds)
    try:
        slots.empty(version)
    except ConflictError:
        print("the slot before is in use again, and stays", flush=True)


def _filled(slots: Slots, claim: Claim, seconds: float) -> list[Pod]:
    slots.fill(claim)
    slots.wait(claim, seconds)
    if not claim.version:
        return []
    return gate.met(slots, claim.slot, claim.version, claim.replicas, seconds)


def _persistent(
    slots: Slots, by: str, seconds: float, once: Callable[[], Record], done: Callable[[Record], bool]
) -> Record:
    for _ in range(TRIES):
        try:
            return once()
        except ConflictError as error:
            print(f"begins again: {error}", flush=True)
            slots.yielded(by, seconds)
            if done(now := slots.look().record):
                return now
    raise _taken(slots)


def _taken(slots: Slots) -> LateError:
    return LateError(f"{TRIES} times somebody else was at the slots of {slots.service}: begin again later")
