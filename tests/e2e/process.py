"""The operator as a process of the test's, with its service account's rights, so that the test can kill it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.cluster.paths import CHECKOUT
from tests.e2e.space import kubectl
from tests.release import NAME, NAMESPACE

SETTINGS = "{leaderElection: false, logFormat: text}"


class Operator:
    """One process at a time; its log goes on in one file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "operator.log"
        (folder / "settings.yaml").write_text(SETTINGS)
        (folder / "kubeconfig").write_text(json.dumps(self._kubeconfig()))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it works within a second or two."""
        words = [sys.executable, "-m", "penstock.shell", "--settings", str(self.folder / "settings.yaml")]
        environment = {
            **os.environ,
            "KUBECONFIG": str(self.folder / "kubeconfig"),
            "PYTHONPATH": str(CHECKOUT / "operator"),
        }
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(words, env=environment, stdout=log, stderr=log)

    def kill(self) -> None:
        """SIGKILL: it gets no chance to tidy up.

        Raises:
            AssertionError: it had ended by itself.
        """
        assert self._process is not None
        ended = self._process.poll()
        assert ended is None, f"the operator ended by itself with {ended}:\n{self.tail()}"
        self._process.kill()
        self._process.wait()
        self._process = None

    def stop(self) -> None:
        """End it if it runs."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(120)
            self._process = None

    def tail(self) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-5000:]

    def _kubeconfig(self) -> dict[str, object]:
        """This kubeconfig's cluster with the operator's service account as the user."""
        current = json.loads(kubectl("config", "view", "--raw", "--minify", "--flatten", "-o", "json"))
        token = kubectl("create", "token", NAME, "--namespace", NAMESPACE, "--duration=1h").strip()
        context = {"cluster": current["clusters"][0]["name"], "user": NAME}
        return {
            **current,
            "users": [{"name": NAME, "user": {"token": token}}],
            "contexts": [{"name": NAME, "context": context}],
            "current-context": NAME,
        }
