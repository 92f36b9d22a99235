"""``python -m tests.e2e [PYTEST WORDS]``: a cluster, the operator by Helm, then the tests on them.

First the programs that the tests need are built. Then come the tests that get along with one another, several at once;
then, one by one, those that stop, kill, upgrade or remove the operator, or change nodes. Choose among them with ``-k``,
or with ``-m``: ``-m kind`` are those that ``make test`` runs on kind too. If none were left out, at last what the
operator called is compared with what it may (``rights``).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

from tests import release
from tests.cluster import binaries
from tests.cluster.paths import CHECKOUT
from tests.cluster.progress import ClusterError
from tests.e2e import installed, nodes, rights

TOGETHER = ("--numprocesses", os.environ.get("PENSTOCK_E2E_WORKERS", "8"), "--dist", "worksteal")
NOTHING_CHOSEN = 5
"""pytest's exit code when the words chose no test."""


def main() -> int:
    """0 if every chosen test passed."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e", add_help=False, allow_abbrev=False)
    parser.add_argument("-m", default="")
    marked, words = parser.parse_known_args()
    also = f" and ({marked.m})" if marked.m else ""
    all_of_them = not words and not also
    try:
        release.bring_up()
        binaries.ensure(binaries.S3)
        with release.exclusive():
            nodes.offer(2)
            log = rights.begin()
            installed.install()
            codes = [
                pytest("-m", f"not alone{also}", *TOGETHER, *words),
                pytest("-m", f"alone{also}", *words),
            ]
            if all_of_them:
                codes.append(rights.report(log))
    except ClusterError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    if set(codes) == {NOTHING_CHOSEN}:
        return NOTHING_CHOSEN
    return max(code for code in codes if code != NOTHING_CHOSEN or all_of_them)


def pytest(*words: str) -> int:
    """Run pytest on this folder; its exit code."""
    return subprocess.run([sys.executable, "-m", "pytest", "tests/e2e", *words], cwd=CHECKOUT).returncode


if __name__ == "__main__":
    sys.exit(main())
