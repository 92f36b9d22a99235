"""The folder `.penstock` of a project: what is kept there, and who may write to it.

Nothing that a manifest says leads out of it: every path is made here, and one that would is refused.
"""

import fcntl
import os
import shutil
import time
from pathlib import Path
from types import TracebackType
from typing import Self

NAME = ".penstock"


class Taken(Exception):
    """Another process works in this folder."""


class Outside(ValueError):
    """A path that leads out of the folder."""


class Folder:
    """`.penstock` in a project. `project` is where steps run.

    `patience`: seconds to wait for another one who writes, who may only be about to end.
    """

    def __init__(self, project: Path, patience: float = 0.3) -> None:
        self.patience = patience
        self.project = project.resolve()
        self.path = (self.project / NAME).resolve()
        self.journal = self.path / "journal"
        self.inbox = self.path / "inbox"
        self.code = self.path / "code"
        self._lock: int | None = None

    @property
    def exists(self) -> bool:
        """Whether anything has been run here."""
        return self.journal.exists()

    def make(self) -> None:
        """Makes it, for its user alone, and out of sight of git."""
        self.path.mkdir(mode=0o700, exist_ok=True)
        self.inbox.mkdir(mode=0o700, exist_ok=True)
        ignore = self.path / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")

    def pod(self, name: str) -> Path:
        """Where the log of a pod and what else is its own is kept."""
        return _below(self.path / "pods", name)

    def claim(self, namespace: str, name: str, path: str = "") -> Path:
        """The folder that stands for a claim, or a path on it."""
        root = _below(_below(self.path / "artifacts", namespace), name)
        return _below(root, path) if path else root

    def remove(self, path: Path) -> None:
        """Removes a folder that was made here, with all that is in it; links are not followed."""
        if path.is_symlink() or self.path not in path.parents:
            raise Outside(f"{path} is not in {self.path}")
        shutil.rmtree(path, ignore_errors=True)

    def __enter__(self) -> Self:
        """Becomes the one who writes. Raises Taken if another one still is after a moment, which is no glance."""
        self.make()
        lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not _locked(lock, self.patience):
            who = os.pread(lock, 20, 0).decode(errors="replace").strip() or "?"
            os.close(lock)
            raise Taken(f"process {who} runs pipelines in {self.project}; wait for it, or end it")
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        self._lock = lock
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _locked(lock: int, patience: float) -> bool:
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(0.02)
        else:
            return True


def _below(root: Path, path: str) -> Path:
    """A path below another, without going up and through no link that leads out."""
    found = root / path
    if Path(path).is_absolute() or ".." in Path(path).parts or root not in found.resolve().parents:
        raise Outside(f"{path!r} leads out of {root}")
    return found
