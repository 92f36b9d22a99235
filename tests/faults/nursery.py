"""Operators are forked off one process that has imported everything: a start takes milliseconds instead of seconds.

To the outside each is a process as any: it has its own environment, log, signals and end. Should the test die, the
nursery ends all of them.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

from penstock.shell.unused import leave_out
from tests.cluster.paths import CHECKOUT

CLOCK = "PENSTOCK_FAULTS_CLOCK"


class Nursery:
    """The test's side. `fork` may be called from any thread."""

    def __init__(self) -> None:
        self._ended: dict[int, int] = {}
        self._born: list[int] = []
        self._over = False
        self._news = threading.Condition()
        paths = os.pathsep.join([str(CHECKOUT / "operator"), str(CHECKOUT)])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"],
            env={**os.environ, "PYTHONPATH": paths},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def fork(self, argv: Sequence[str], env: Mapping[str, str], log: Path, folder: Path) -> Child:
        """A new operator with these arguments."""
        log.touch()
        order = {"argv": list(argv), "env": dict(env), "log": str(log), "folder": str(folder)}
        with self._news:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()
            if not self._news.wait_for(lambda: self._born or self._process.poll() is not None, 60) or not self._born:
                raise RuntimeError("no operator could be started")
            return Child(self, self._born.pop(0))

    def close(self) -> None:
        """Ends all that still run."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        self._reader.join()

    def exit_code(self, pid: int, seconds: float = 0) -> int | None:
        """How it ended, as subprocess tells it; None if it has not within so many seconds."""
        with self._news:
            self._news.wait_for(lambda: pid in self._ended or self._over, seconds)
            return self._ended.get(pid, -signal.SIGKILL if self._over else None)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            word, pid, *code = line.split()
            with self._news:
                if word == b"born":
                    self._born.append(int(pid))
                else:
                    self._ended[int(pid)] = int(code[0])
                self._news.notify_all()
        with self._news:
            self._over = True
            self._news.notify_all()


class Child:
    """An operator that was forked; it is used like a `subprocess.Popen`."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self.nursery = nursery
        self.pid = pid

    def poll(self) -> int | None:
        return self.nursery.exit_code(self.pid)

    def wait(self, timeout: float = 60) -> int:
        code = self.nursery.exit_code(self.pid, timeout)
        if code is None:
            raise TimeoutError(f"process {self.pid} has not ended")
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


# --- the nursery's own process


def _serve() -> None:
    leave_out()
    from penstock.api.parse import prepare
    from penstock.shell import starting as operator

    prepare()
    children: set[int] = set()
    said, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    gc.collect()
    gc.freeze()
    orders = b""
    while True:
        ready, _, _ = select.select([0, said], [], [])
        if said in ready:
            os.read(said, 1000)
            _reap(children)
        if 0 in ready:
            chunk = os.read(0, 1 << 20)
            if not chunk:
                break
            *lines, orders = (orders + chunk).split(b"\n")
            for line in lines:
                pid = os.fork()
                if not pid:
                    os.close(said)
                    order = json.loads(line)
                    _live(order, operator.main)
                children.add(pid)
                _say(f"born {pid}")
    for pid in children:
        os.kill(pid, signal.SIGCONT)
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 3
    while children and time.monotonic() < deadline:
        _reap(children)
        time.sleep(0.05)
    for pid in children:
        os.kill(pid, signal.SIGKILL)


def _reap(children: set[int]) -> None:
    while children:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        children.discard(pid)
        _say(f"ended {pid} {os.waitstatus_to_exitcode(status)}")


def _say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def _live(order: dict[str, object], main: object) -> None:
    """What an operator is told when it starts otherwise comes from outside: all of that is set here."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        for number, path in ((0, os.devnull), (1, order["log"]), (2, order["log"])):
            mode = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_APPEND | os.O_CREAT
            opened = os.open(str(path), mode, 0o644)
            os.dup2(opened, number)
            os.close(opened)
        os.environ.clear()
        os.environ.update(order["env"])  # type: ignore[call-overload]
        os.chdir(str(order["folder"]))
        sys.argv = ["penstock-operator", *order["argv"]]  # type: ignore[misc]
        if file := os.environ.get(CLOCK):
            _wrong_clock(file)
        code = main()  # type: ignore[operator]
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _wrong_clock(file: str) -> None:
    """From now on the wall clock is wrong by as many seconds as the file says, whenever it changes.

    Only what the operator decides by is shifted, `time.time`; the monotonic clock goes on, as on a real machine.
    """
    true = time.time
    looked, written, shift = 0.0, 0.0, 0.0

    def shifted() -> float:
        nonlocal looked, written, shift
        now = true()
        if now - looked > 0.02:
            looked = now
            with contextlib.suppress(OSError, ValueError):
                changed = Path(file).stat().st_mtime
                if changed != written:
                    shift, written = float(Path(file).read_text() or 0), changed
        return now + shift

    time.time = shifted


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _serve()
