"""The command line: `penstock VERB` and `kubectl penstock VERB`, one verb per file in `verbs/`."""

import os
import sys


def main() -> None:
    """Entry point of both console scripts."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a character gets `?`, no traceback
    try:
        from penstock.cli.app import build

        plugin = os.path.basename(sys.argv[0]) == "kubectl-penstock"
        build()(prog_name="kubectl penstock" if plugin else "penstock")
    except KeyboardInterrupt:
        sys.exit(130)
