"""A control group for each process, where one can be made: its counter tells who was ended for want of memory.

Nothing else does: an exit by SIGKILL may be anybody's, and what the machine counts may be of any process. Version 2
(the kernel's Documentation/admin-guide/cgroup-v2.rst): a group beside our own, since one with processes gives its
children no controllers; not if ours has a limit, which it would leave. Version 1: a group within our own.
"""

import os
import signal
from contextlib import suppress
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_SELF = Path("/proc/self/cgroup")
_LIMITS = ("memory.max", "memory.high", "cpu.max")


class Cgroup:
    """The group of one process, and of what that begins."""

    def __init__(self, path: Path, counter: str) -> None:
        self.path = path
        self._counter = path / counter

    def take(self, process: int) -> None:
        """Moves a process into it."""
        (self.path / "cgroup.procs").write_text(f"{process}\n")

    @property
    def starved(self) -> bool:
        """Whether the kernel has ended any process of it for want of memory."""
        with suppress(OSError, ValueError):
            lines = map(str.split, self._counter.read_text().splitlines())
            return any(words[0] == "oom_kill" and int(words[1]) > 0 for words in lines)
        return False

    def end(self) -> None:
        """Ends what is left in it, such as what made itself a session of its own."""
        with suppress(OSError):
            for process in (self.path / "cgroup.procs").read_text().split():
                os.kill(int(process), signal.SIGKILL)

    def removed(self) -> bool:
        """Removes it, if nothing is left in it; whether it is gone."""
        with suppress(OSError):
            self.path.rmdir()
        return not self.path.exists()


def cgroup(process: int, root: Path = _ROOT, own: Path = _SELF) -> Cgroup | None:
    """A new group with a process in it; None if none can be made that counts."""
    for parent, counter in _parents(root, own):
        made = Cgroup(parent / f"penstock-{process}", counter)
        try:
            made.path.mkdir()
            if (made.path / counter).exists():
                made.take(process)
                return made
        except OSError:
            pass
        made.removed()
    return None


def left(process: int, root: Path = _ROOT, own: Path = _SELF) -> list[Cgroup]:
    """The groups that a process had which is no more."""
    found = (Cgroup(parent / f"penstock-{process}", counter) for parent, counter in _parents(root, own))
    return [one for one in found if one.path.exists()]


def _parents(root: Path, own: Path) -> list[tuple[Path, str]]:
    found = []
    with suppress(OSError):
        for line in own.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            place = root / path.lstrip("/")
            if not controllers and path != "/" and not _limited(place):
                found.append((place.parent, "memory.events"))
            elif controllers == "memory":
                found.append((root / "memory" / path.lstrip("/"), "memory.oom_control"))
    return [(path, counter) for path, counter in found if os.access(path, os.W_OK)]


def _limited(place: Path) -> bool:
    return any(not (place / name).read_text().startswith("max") for name in _LIMITS if (place / name).exists())
