"""What the views say of many runs, against the same counted in plain Python."""

from __future__ import annotations

import math
import random
from collections import defaultdict

from sqlalchemy import Engine
from tests.unit.export.conftest import table

from penstock.export.rows import Row, Told
from penstock.export.tables import PIPELINE, RUN, STEP
from penstock.export.writing import Writer


def test_median_and_percentile_are_those_of_the_nearest_rank(engine: Engine) -> None:
    chance = random.Random(5)
    rows = [
        Row(
            PIPELINE,
            {"uid": f"p{at}", "namespace": f"n{at % 2}", "name": f"x{at}", "series": f"x{at % 3}", "gone": False},
        )
        for at in range(6)
    ]
    expected: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for at in range(40):
        pipeline, task = at % 7, f"t{at % 3}"  # there is no seventh: a Step that stands alone
        values = {"uid": f"s{at}", "pipeline": f"p{pipeline}", "namespace": f"n{pipeline % 2}", "name": f"s{at}"}
        rows.append(Row(STEP, {**values, "path": task, "task": task, "gone": False}))
        series = f"x{pipeline % 3}" if pipeline < 6 else f"s{at}"
        for run in range(1, chance.randrange(2, 25)):
            seconds, phase = chance.randrange(9), chance.choice(("Succeeded", "Succeeded", "Failed"))
            rows.append(Row(RUN, {"step": f"s{at}", "run": run, "phase": phase, "seconds": seconds, "held": False}))
            if phase == "Succeeded":
                expected[f"n{pipeline % 2}", series, task].append(seconds)
    Writer(engine).write([Told(rows)])
    found = table(engine, "SELECT namespace, series, task, runs, p50_seconds, p95_seconds, max_seconds FROM v_step_p95")
    assert sorted(found) == sorted(
        (*of, len(each), _nearest(each, 50), _nearest(each, 95), max(each)) for of, each in expected.items()
    )


def _nearest(values: list[int], share: int) -> int:
    return sorted(values)[math.ceil(len(values) * share / 100) - 1]
