"""``python -m tests.browser [--quick] [PYTEST WORDS]``: the page in Chromium, which root gets by apt.

The quick form, which is part of `make test`, looks at each view in a light English and a dark Chinese page instead of
in all four.
"""

from __future__ import annotations

import subprocess
import sys

from tests.browser import chromium
from tests.cluster.paths import CHECKOUT
from tests.cluster.progress import ClusterError

QUICK = ("-k", "not (axe and ((dark and en-GB) or (light and zh-CN)))")


def main() -> int:
    """pytest's exit code; 1 without a browser."""
    words = [more for word in sys.argv[1:] for more in (QUICK if word == "--quick" else (word,))]
    try:
        chromium.ensure()
    except ClusterError as error:
        sys.stderr.write(f"error: the page is tried in Chromium; {error}\n")
        return 1
    return subprocess.run([sys.executable, "-m", "pytest", "tests/browser", *words], cwd=CHECKOUT).returncode


if __name__ == "__main__":
    sys.exit(main())
