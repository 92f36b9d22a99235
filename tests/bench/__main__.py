"""The bench: ``python -m tests.bench [ROW ...] [--full] [--trials N] [--write]``.

The quick form takes about ten minutes. ``--full`` runs every scenario, five trials each, and takes hours.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys

from tests.bench import report
from tests.bench.figures import Figure, summaries
from tests.bench.observer import NotInTime
from tests.bench.progress import note
from tests.bench.scenarios import SCENARIOS
from tests.cluster.progress import ClusterError

FULL_TRIALS = 5


def main() -> int:
    """Measures, prints the table; 1 if a scenario failed."""
    given = _arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whatever ends the bench, its processes end with it
    trials = given.trials or (FULL_TRIALS if given.full else 1)
    figures: list[Figure] = []
    loads = [os.getloadavg()[0]]
    failed = False
    for scenario in SCENARIOS:
        measure = (scenario.in_full if given.full else None) or scenario.in_quick
        if given.rows:
            measure = measure or scenario.in_full
        if measure is None or (given.rows and not set(given.rows) & set(scenario.rows)):
            continue
        for number in range(trials):
            note(f"{scenario.name}, trial {number + 1} of {trials}")
            try:
                figures += asyncio.run(measure())
            except (NotInTime, ClusterError) as error:
                failed = True
                note(f"{scenario.name} FAILED: {error}")
            loads.append(os.getloadavg()[0])
    text = report.table(summaries(figures), trials, loads)
    sys.stdout.write(f"{text}\n")
    if given.write and not failed:
        report.write(text, given.rows)
    return int(failed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measures the operator.")
    parser.add_argument("rows", nargs="*", type=int, metavar="ROW", help="rows of the table; all of the form if none")
    parser.add_argument("--full", action="store_true", help="all rows, five trials")
    parser.add_argument("--trials", type=int, help="trials of each scenario")
    parser.add_argument("--write", action="store_true", help=f"put the table, or its ROWs, into {report.DOCUMENT.name}")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
