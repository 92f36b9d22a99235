"""A full disk, named: programs say "no space left on device" and seldom which one."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from pathlib import Path

from tests.cluster.paths import cache_dir, state_dir

SIGN = os.strerror(errno.ENOSPC)
MEGABYTE = 1_000_000


FULL = MEGABYTE


def hint(said: str, written: Path | None = None) -> str:
    """What is left on the disks that are written to, if one is full: a program said so, or its file has no room.

    Podman, whose output cannot be written, tells of a broken pipe.
    """
    full = written is not None and shutil.disk_usage(written).free < FULL
    if not full and SIGN.lower() not in said.lower():
        return ""
    places = (cache_dir(), state_dir(), Path(tempfile.gettempdir()), Path("/var/lib"))
    left = ", ".join(
        f"{place}: {shutil.disk_usage(place).free // MEGABYTE} MB" for place in dict.fromkeys(places) if place.exists()
    )
    return (
        f"\nA disk is full. Left at {left}. PENSTOCK_CACHE, PENSTOCK_STATE and TMPDIR move the first three; "
        "'docker system prune' or 'podman system prune' frees what an engine no longer needs."
    )
