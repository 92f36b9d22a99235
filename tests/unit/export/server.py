"""A PostgreSQL server of the tests' own, from Debian's package. It will not run as root, so then nobody runs it.

Its data are in no folder of pytest's, which are its user's alone.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from tests.cluster import packages
from tests.cluster.paths import cache_dir, locked
from tests.cluster.progress import ClusterError

NEEDED = {"postgres": "postgresql"}
"""Debian has the program on nobody's path, so that it counts as missing wherever `installed` says so."""
ROOT = Path("/usr/lib/postgresql")


def _programs() -> Path | None:
    return max(ROOT.glob("*/bin"), default=None) if (ROOT.exists()) else None


def installed() -> bool:
    """Whether there is one to start."""
    found = _programs()
    return found is not None and (found / "initdb").exists()


class Server:
    """One server on a port of its own; its data stay over a stop and a start."""

    def __init__(self) -> None:
        programs = _programs()
        assert programs is not None
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="penstock-postgresql-"))
        self._log = self._folder / "log"
        self._databases = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._who: dict[str, Any] = {"user": "nobody", "group": "nogroup", "extra_groups": []} if _root() else {}
        # It stays bound, without listening: nobody else gets the port, whenever the server is not there.
        self._bound = socket.socket()
        self._bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._bound.bind(("127.0.0.1", 0))
        self.port: int = self._bound.getsockname()[1]
        if _root():
            shutil.chown(self._folder, "nobody", "nogroup")
        self._run("initdb", "--pgdata", str(self._data), "--username=postgres", "--auth=trust", "--no-sync")

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def start(self) -> None:
        """Starts it; it answers then."""
        words = ["-D", str(self._data), "-p", str(self.port), "-k", str(self._folder), "-c", "fsync=off"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                **self._who,
            )
        deadline = time.monotonic() + 120
        while not self._answers():
            assert self._process.poll() is None, self._log.read_text()
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.1)

    def stop(self) -> None:
        """Ends it without waiting for whoever asks."""
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(3)
            except subprocess.TimeoutExpired:
                self._process.send_signal(2)  # a fast shutdown
                self._process.wait()
            self._process = None

    def close(self) -> None:
        """Ends it for good; nothing of it is left."""
        self.stop()
        self._bound.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def url(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def fresh(self) -> str:
        """The URL of an empty database."""
        self._databases += 1
        name = f"history_{self._databases}"
        self._ask(f"CREATE DATABASE {name}")
        return self.url(name)

    def _answers(self) -> bool:
        try:
            self._ask("SELECT 1")
        except OperationalError:
            return False
        return True

    def _ask(self, words: str) -> None:
        engine = create_engine(
            self.url("postgres").replace("postgresql", "postgresql+psycopg", 1), isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as connection:
            connection.execute(text(words))
        engine.dispose()

    def _run(self, program: str, *words: str) -> None:
        command: Sequence[str] = [str(self._programs / program), *words]
        done = subprocess.run(command, capture_output=True, text=True, cwd=self._folder, **self._who)
        assert done.returncode == 0, done.stdout + done.stderr


def get() -> None:
    """Installs the package, once for all tests that run beside each other. Raises ClusterError where that cannot be."""
    with locked(cache_dir() / "postgresql.lock"):
        if not installed():
            packages.ensure(NEEDED)


@contextmanager
def serving() -> Iterator[Server]:
    """A server that answers. Where there is none to start the test is skipped, but in CI it fails."""
    try:
        get()
    except ClusterError as error:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(str(error))
    found = Server()
    try:
        found.start()
        yield found
    finally:
        found.close()


def _root() -> bool:
    return os.geteuid() == 0
