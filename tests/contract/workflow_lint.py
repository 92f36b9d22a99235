"""`python -m tests.contract.workflow_lint`: actionlint on .github/workflows, with shellcheck if it is on PATH."""

from __future__ import annotations

import sys

from tests.cluster.commands import run
from tests.cluster.paths import CHECKOUT
from tests.cluster.progress import ClusterError
from tests.contract.linters import ACTIONLINT, program

WORKFLOWS = CHECKOUT / ".github/workflows"


def main() -> int:
    """Lint every workflow; 0 if nothing is wrong.

    Raises:
        ClusterError: something is; the text has actionlint's own words.
    """
    files = sorted(WORKFLOWS.glob("*.yaml"))
    run([program(ACTIONLINT), "-no-color", *files])
    print(f"{', '.join(file.name for file in files)}: actionlint is content")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ClusterError as error:
        sys.exit(str(error))
