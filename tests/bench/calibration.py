"""How fast this machine is today, beside the one that the goals in seconds are meant for.

Machines of one kind differ by a factor of two from day to day. What a bare Job costs the control plane says by how
much: figures in ms, seconds and steps a second are told as measured and as they would be where it costs 33 ms.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from tests.bench.figures import Figure
from tests.bench.rig import rig
from tests.bench.rows import bare

REFERENCE_JOB = 0.033
"""Seconds of the control plane's CPU that a bare Job costs where a goal in ms or s is meant as it is written."""
JOBS = 500
SECONDS = 120


@dataclass(frozen=True)
class Calibration:
    """``python``: seconds of processor time for a fixed piece of Python. ``job``: seconds of the control plane's
    processor time a bare Job. ``rate``: bare Jobs a second."""

    python: float
    job: float
    rate: float

    @property
    def slowness(self) -> float:
        """How many times as long as on the reference everything takes."""
        return self.job / REFERENCE_JOB

    def figures(self) -> list[Figure]:
        """The calibration as the first lines of the table."""
        return [
            Figure(0, "calibration: a fixed piece of Python, processor time", self.python * 1000, "ms"),
            Figure(0, f"calibration: CPU of the control plane per bare Job, {JOBS} at once", self.job * 1000, "ms"),
            Figure(0, f"calibration: {JOBS} bare Jobs at once, rate", self.rate, "Jobs/s"),
        ]


async def calibrate() -> Calibration:
    """Measures this machine: half a minute."""
    async with rig() as bench:
        with bench.running():
            job = await bench.warm_up()
        ceiling = await bare.run(bench, job, JOBS, SECONDS)
    return Calibration(python(), ceiling.cpu, ceiling.rate)


def python() -> float:
    """Processor time of what the operator does most: dicts of strings, sorted and compared."""
    began = time.thread_time()
    known: dict[str, tuple[int, ...]] = {}
    for number in range(200_000):
        known[f"step-{number % 5_000}"] = (number, number * 7 % 1_013, number % 31)
    ranked = sorted(known.items(), key=lambda item: (item[1][1], item[0]))
    assert len(ranked) == 5_000
    return time.thread_time() - began
