"""The operator: `python -m penstock.shell --settings FILE`."""

import sys
from importlib import import_module

from penstock.shell.unused import leave_out


def main() -> int:
    """Runs until it is told to end, without what it does not need; returns the exit code."""
    leave_out()
    code: int = import_module("penstock.shell.starting").main()
    return code


if __name__ == "__main__":
    sys.exit(main())
