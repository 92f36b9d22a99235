"""``python -m tests.browser [--quick] [PYTEST WORDS]``: the page in Chromium, which root gets by apt.

The quick form, which is part of `make test`, has all tests, but two kinds not in every theme and language: axe-core
looks at each view once, dark and in Chinese, which whoever works on the page sees least; a zoom of 200 % is tried in
English, whose words are longest.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

from tests.browser import chromium
from tests.cluster.paths import CHECKOUT
from tests.cluster.progress import ClusterError

SOME = "not (axe and (light or en-GB)) and not (twice and zh-CN)"
QUICK = ("--numprocesses", "auto", "--dist", "loadfile", "-k", SOME)


def main() -> int:
    """pytest's exit code; 1 without a browser."""
    words = [more for word in sys.argv[1:] for more in (QUICK if word == "--quick" else (word,))]
    try:
        chromium.ensure()
    except ClusterError as error:
        sys.stderr.write(f"error: the page is tried in Chromium; {error}\n")
        return 1
    return subprocess.run([*_apart(), sys.executable, "-m", "pytest", "tests/browser", *words], cwd=CHECKOUT).returncode


def _apart() -> Sequence[str]:
    """What gives root's browser a network of its own: it aborts all requests whenever the machine gets or loses an
    address, as with each pod."""
    if os.geteuid() != 0 or not (shutil.which("unshare") and shutil.which("ip")):
        return ()
    return ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")


if __name__ == "__main__":
    sys.exit(main())
