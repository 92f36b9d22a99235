"""An S3 server beside the cluster: the Versity gateway in front of a directory, at an address that pods reach."""

from __future__ import annotations

import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cluster import reachable
from tests.cluster.binaries import binary
from tests.cluster.paths import made
from tests.cluster.processes import end
from tests.cluster.progress import ClusterError

PATIENCE = 120.0


@dataclass(frozen=True)
class ObjectStore:
    """A server that runs. ``files``: the directory in which its only bucket's objects are files."""

    endpoint: str
    bucket: str
    access_key: str
    secret_key: str
    files: Path


@contextmanager
def serving(folder: Path, bucket: str = "artifacts") -> Iterator[ObjectStore]:
    """A server for as long as the context lasts, with everything it keeps in the folder.

    Raises:
        ClusterError: it did not start; the message has its last words.
    """
    files = made(folder / "buckets" / bucket)
    host = reachable.host()
    address, log = f"{host}:{reachable.free_port(host)}", folder / "versitygw.log"
    store = ObjectStore(f"http://{address}", bucket, secrets.token_hex(8), secrets.token_hex(16), files)
    with log.open("wb") as output:
        process = subprocess.Popen(
            # Metadata beside the files: not every file system has extended attributes.
            [binary("versitygw"), "--port", address, "posix", "--sidecar", made(folder / "metadata"), files.parent],
            env={"ROOT_ACCESS_KEY": store.access_key, "ROOT_SECRET_KEY": store.secret_key},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        _await(address, process, log)
        yield store
    finally:
        end(process.pid)


def _await(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    host, _, port = address.rpartition(":")
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise ClusterError(f"the S3 server did not start at {address}: {log.read_text()[-500:]}")
