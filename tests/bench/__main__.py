"""The bench: ``python -m tests.bench [ROW ...] [--quick | --full] [--trials N] [--write]``.

It calibrates itself first, so that figures of a slow day can be held against goals of a fast one. The quick form, which
is also what runs without a flag, takes about ten minutes. ``--full`` runs every scenario, five trials each: hours.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys

from tests.bench import curve, report
from tests.bench.calibration import calibrate
from tests.bench.figures import Figure, row, summaries
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
    note("calibration")
    calibration = asyncio.run(calibrate())
    note(f"a bare Job costs the control plane {calibration.job * 1000:.1f} ms, {calibration.slowness:.2f} x as usual")
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
    found = summaries([*calibration.figures(), *figures], calibration.slowness)
    text = report.table(found, trials, loads)
    sys.stdout.write(f"{text}\n")
    if given.write and not failed:
        report.write(text, [0, *given.rows] if given.rows else ())
        curve.write(found)
    return int(failed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measures the operator.")
    parser.add_argument("rows", nargs="*", type=row, metavar="ROW", help="rows of the table; all of the form if none")
    forms = parser.add_mutually_exclusive_group()
    forms.add_argument("--quick", action="store_true", help="what takes about ten minutes, one trial (the default)")
    forms.add_argument("--full", action="store_true", help="all rows, five trials")
    parser.add_argument("--trials", type=int, help="trials of each scenario")
    parser.add_argument("--write", action="store_true", help=f"put the table, or its ROWs, into {report.DOCUMENT.name}")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
