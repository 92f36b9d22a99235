"""``python -m tests.e2e [PYTEST WORDS]``: a cluster, the operator by Helm, then the tests on them.

First the programs that the tests need are built. Then come the tests that get along with one another, several at once;
then, one by one, those that stop, kill, upgrade or remove the operator, or change nodes. Choose among them with ``-k``.
If none were left out, at last what the operator called is compared with what it may (``rights``).
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests import release
from tests.cluster import binaries, gpus
from tests.cluster.choice import cluster
from tests.cluster.paths import CHECKOUT
from tests.cluster.progress import ClusterError
from tests.e2e import installed, rights

TOGETHER = ("-m", "not alone", "--numprocesses", os.environ.get("PENSTOCK_E2E_WORKERS", "8"), "--dist", "worksteal")
ALONE = ("-m", "alone")
NOTHING_CHOSEN = 5
"""pytest's exit code when the words chose no test."""


def main() -> int:
    """0 if every chosen test passed."""
    words = sys.argv[1:]
    try:
        release.bring_up()
        binaries.ensure(binaries.S3)
        with release.exclusive():
            gpus.advertise(cluster().kubeconfig, 2)
            log = rights.begin()
            installed.install()
            codes = [pytest(*chosen, *words) for chosen in (TOGETHER, ALONE)]
            if not words:
                codes.append(rights.report(log))
    except ClusterError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    if set(codes) == {NOTHING_CHOSEN}:
        return NOTHING_CHOSEN
    return max(code for code in codes if code != NOTHING_CHOSEN or not words)


def pytest(*words: str) -> int:
    """Run pytest on this folder; its exit code."""
    return subprocess.run([sys.executable, "-m", "pytest", "tests/e2e", *words], cwd=CHECKOUT).returncode


if __name__ == "__main__":
    sys.exit(main())
