"""Python runs this at its start: the wall clock goes wrong by as many seconds as a file says, whenever it changes.

Only what the operator decides by is shifted, `time.time`; the monotonic clock goes on, as it does on a real machine.
"""

import os
import time

_FILE = os.environ.get("PENSTOCK_FAULTS_CLOCK", "")
_true = time.time
_state = [0.0, 0.0, 0.0]  # the shift, when the file was last looked at, when it was last written


def _shifted() -> float:
    now = _true()
    if now - _state[1] > 0.02:
        _state[1] = now
        try:
            written = os.stat(_FILE).st_mtime
            if written != _state[2]:
                with open(_FILE, encoding="utf-8") as file:
                    _state[0], _state[2] = float(file.read() or 0), written
        except (OSError, ValueError):
            pass
    return now + _state[0]


if _FILE:
    time.time = _shifted
