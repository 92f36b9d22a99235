"""The command line: ``python -m tests.faults [--quick] [--only NAME ...] [--seed N]``.

Whatever a run finds is replayed by the seed that it prints and the scenario's name.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import sys
from pathlib import Path

from tests.cluster.progress import ClusterError
from tests.faults import edits, report
from tests.faults.ground import ground
from tests.faults.harness import Harness
from tests.faults.run import Verdict
from tests.faults.scenarios import SCENARIOS

EDITS, QUICK_EDITS = 40, 4
"""Random sequences of edits in the two forms."""


def main() -> int:
    """Runs scenarios; 1 if an oracle found something."""
    given = _arguments()
    seed = given.seed if given.seed is not None else random.randrange(2**31)
    count = given.edits if given.edits is not None else QUICK_EDITS if given.quick else EDITS
    drawn = not given.only or any(name.startswith("edits-") for name in given.only)
    known = (*SCENARIOS, *(edits.scenarios(seed, count) if drawn else ()))
    chosen = [one for one in known if one.name in given.only] if given.only else list(known)
    if unknown := set(given.only) - {one.name for one in chosen}:
        sys.stderr.write(f"error: no such scenario: {', '.join(sorted(unknown))}\n")
        return 2
    if given.quick and not given.only:
        chosen = [one for one in chosen if one.quick or one.group == "edits"]
    silence = given.silence if given.silence is not None else report.QUICK_SILENCE if given.quick else report.SILENCE
    try:
        verdicts = asyncio.run(_run(given, chosen, seed, silence))
    except ClusterError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    except (KeyboardInterrupt, asyncio.CancelledError) as error:
        sys.stderr.write(f"ended before its time {error}\n")
        return 130
    bad = sum(bool(one.found) for one in verdicts)
    sys.stdout.write(f"{len(verdicts)} scenarios, {bad} with findings, seed {seed}, {silence:.0f} s of silence each\n")
    if given.write:
        report.write(verdicts, seed, silence)
    return int(bad > 0)


async def _run(given: argparse.Namespace, chosen: list, seed: int, silence: float) -> list[Verdict]:  # type: ignore[type-arg]
    task = asyncio.current_task()
    assert task is not None
    # Whatever ends the run, its processes end with it.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel, "SIGTERM")
    async with ground() as plane:
        return await Harness(plane, seed, silence, given.abreast, given.logs, given.dump).run(chosen)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description="Breaks the operator on purpose.")
    parser.add_argument("--quick", action="store_true", help="the subset of `make test`")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these scenarios")
    parser.add_argument("--seed", type=int, help="integer that replays a run; random without")
    parser.add_argument("--silence", type=float, help="seconds without a write that are asked for")
    parser.add_argument("--abreast", type=int, default=5, help="scenarios that are active at the same time")
    parser.add_argument("--edits", type=int, help="random sequences of edits")
    parser.add_argument("--logs", action="store_true", help="print the operator's log where something was found")
    parser.add_argument("--dump", type=Path, help="folder for all that is known of scenarios with findings")
    parser.add_argument("--write", action="store_true", help=f"put the table into {report.DOCUMENT.name}")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
