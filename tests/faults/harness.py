"""Runs many scenarios on one ground: several at a time, their silences beside each other, the alone ones last."""

from __future__ import annotations

import asyncio
import json
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from tests.cluster.paths import made
from tests.faults.ground import Ground
from tests.faults.run import Pace, Verdict, run, untouched
from tests.faults.scenario import Scenario

ALIVE = 24
"""Operators that run at the same time at most: each needs about 100 MB."""


class Harness:
    """Runs scenarios under a seed. `abreast`: so many are active at the same time.

    Of scenarios in which something is found `logs` prints the operator's log, and everything goes into the folder
    `dump`: each version of each object, what the operator wrote, its log.
    """

    def __init__(
        self, ground: Ground, seed: int, silence: float, abreast: int, logs: bool = False, dump: Path | None = None
    ) -> None:
        self.ground = ground
        self.seed = seed
        self.logs = logs
        self.dump = dump
        self.silence = silence
        self.pace = Pace(silence, asyncio.Semaphore(abreast), asyncio.Semaphore(ALIVE))
        self._clean: dict[str, asyncio.Task[Verdict]] = {}
        self._began = time.monotonic()

    async def run(self, scenarios: Sequence[Scenario]) -> list[Verdict]:
        """The verdicts, in the order of the scenarios."""
        found: dict[str, Verdict] = {}
        longest = sorted(scenarios, key=lambda one: -one.seconds)
        async with asyncio.TaskGroup() as tasks:  # which end before anything that they stand on
            for course in {one.course.name: one.course for one in longest}.values():
                pace = Pace(min(self.silence, 5.0), self.pace.active, self.pace.alive)
                self._clean[course.name] = tasks.create_task(self._guarded(untouched(course), pace))
            for one in longest:
                if not one.alone:
                    tasks.create_task(self._one(one, found))
        for one in scenarios:
            if one.alone:
                await self._one(one, found)
        return [found[one.name] for one in scenarios]

    async def _one(self, scenario: Scenario, found: dict[str, Verdict]) -> None:
        verdict = await self._guarded(scenario, self.pace, self._clean[scenario.course.name])
        self._tell(verdict)
        found[scenario.name] = verdict

    async def _guarded(self, scenario: Scenario, pace: Pace, clean: asyncio.Task[Verdict] | None = None) -> Verdict:
        """A run; the harness's own trouble with it is a finding, too, and no reason to end the others."""
        try:
            return await run(self.ground, scenario, self.seed, pace, clean)
        except Exception as error:
            traceback.print_exc()
            return Verdict(scenario.name, self.seed, [f"harness: {error!r}"[:300]], 0.0, {"pipelines": {}, "steps": {}})

    def _tell(self, verdict: Verdict) -> None:
        word = "FOUND" if verdict.found else "ok"
        restarts = f", {verdict.restarts} restarts" if verdict.restarts else ""
        passed = time.monotonic() - self._began
        sys.stdout.write(f"[{passed:5.0f}s] {word:5} {verdict.name} ({verdict.seconds:.0f} s{restarts})\n")
        for line in verdict.found[:12]:
            sys.stdout.write(f"         {line}\n")
        if len(verdict.found) > 12:
            sys.stdout.write(f"         and {len(verdict.found) - 12} more\n")
        if verdict.found and self.logs:
            sys.stdout.write("".join(f"         | {line[:400]}\n" for line in verdict.log.splitlines()[-40:]))
        if verdict.found and self.dump:
            _write(verdict, made(self.dump))
        if verdict.found:
            sys.stdout.write(f"         again: python -m tests.faults --only {verdict.name} --seed {verdict.seed}\n")
        sys.stdout.flush()


def _write(verdict: Verdict, folder: Path) -> None:
    lines = [
        json.dumps([round(one.at, 3), one.number, one.kind, "gone" if one.gone else one.phase, one.name, one.item])
        for one in verdict.versions
    ]
    (folder / f"{verdict.name}.versions").write_text("\n".join(lines))
    (folder / f"{verdict.name}.writes").write_text("\n".join(verdict.calls))
    (folder / f"{verdict.name}.log").write_text(verdict.log)
