"""The operator as processes of the test's, so that they can be killed and frozen."""

import asyncio
import json
import os
import signal
import socket
import sys
from pathlib import Path

from tests.shell.fake import FakeCluster
from tests.shell.kubeconfig import kubeconfig

CHECKOUT = Path(__file__).parents[2]

_MAIN = """
import sys
from penstock.shell import lease
from penstock.shell.__main__ import main
for name, value in {times}.items():
    setattr(lease, name, value)
sys.exit(main())
"""

TIMES = {"DURATION": 6, "MARGIN": 1.2, "RENEW": 1.2, "REQUEST": 1.6, "RETRY": 0.2, "LOOK": 0.8}
"""Of the Lease, in seconds: 0.4 of what they are, and still long for a busy machine."""


class Replica:
    """One process. It authorizes itself with its own name, so that the API server knows who asks."""

    def __init__(self, cluster: FakeCluster, folder: Path, name: str) -> None:
        self.cluster = cluster
        self.folder = folder
        self.name = name
        self.log = folder / f"{name}.log"
        self.health_port = 0
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, settings: str = "{logFormat: text}") -> None:
        """Begins; it acts within a few seconds."""
        config, given = self.folder / f"{self.name}.kubeconfig", self.folder / f"{self.name}.settings"
        config.write_text(json.dumps(kubeconfig(self.cluster.url, self.name)))
        given.write_text(settings)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.health_port = free.getsockname()[1]
        ports = ["--health-port", str(self.health_port), "--metrics-port", "0"]
        words = ["--settings", str(given), "--host", "127.0.0.1", *ports]
        environment = {
            **os.environ,
            "KUBECONFIG": str(config),
            "POD_NAME": self.name,
            "POD_NAMESPACE": "ns",
            "PYTHONPATH": str(CHECKOUT / "operator"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", _MAIN.format(times=TIMES), *words, env=environment, stdout=log, stderr=log
            )

    def send(self, number: signal.Signals) -> None:
        """Sends a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    async def ended(self) -> int:
        """The exit code, once it has ended."""
        assert self._process is not None
        return await self._process.wait()

    async def close(self) -> None:
        """Ends it whatever it does."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    @property
    def holds(self) -> bool:
        """Whether the Lease says that this replica acts."""
        found = self.cluster.objects.get(("leases", "ns", "penstock-operator"))
        return found is not None and found["spec"]["holderIdentity"].startswith(f"{self.name}-")

    def tail(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-4000:]
