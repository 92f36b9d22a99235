"""Metrics by Pipeline: what the database counts, and never more series than are borne."""

from __future__ import annotations

from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import Engine

from penstock.export.bounds import REST, Figure, Of, bounded
from penstock.export.figures import Figures
from penstock.export.rows import Row, Told
from penstock.export.tables import PIPELINE, ROUND, STEP, USAGE, WAIT
from penstock.export.writing import Writer


def figures(many: int, each: int = 2) -> list[Figure]:
    return [Figure("runs", Of("ml", f"p{at:03}"), (str(number),), 1.0) for at in range(many) for number in range(each)]


def test_those_that_ran_last_have_names_and_the_rest_is_summed() -> None:
    latest = {Of("ml", f"p{at:03}"): float(at) for at in range(10)}
    found, others = bounded(figures(10), latest, pipelines=3)
    assert {one.of.pipeline for one in found} == {"p009", "p008", "p007", "other"}
    assert [(one.labels, one.value) for one in found if one.of == REST] == [(("0",), 7.0), (("1",), 7.0)]
    assert others == 7


def test_there_are_never_more_series_than_are_borne_and_nothing_is_lost() -> None:
    given = figures(900, each=20)
    found, others = bounded(given, {})
    assert len(found) <= 5_000
    assert sum(one.value for one in found) == len(given)
    assert others == 900 - len({one.of for one in found} - {REST})


def test_with_room_for_all_there_is_no_other() -> None:
    assert bounded(figures(3), {}) == (figures(3), 0)


def filled(engine: Engine) -> None:
    start, end = datetime(2027, 1, 15, 8), datetime(2027, 1, 15, 8, 1)
    rows = [
        Row(PIPELINE, {"uid": "p", "namespace": "ml", "name": "nightly-1", "series": "nightly", "gone": True}),
        Row(STEP, {"uid": "s", "pipeline": "p", "namespace": "ml", "name": "nightly-1.train", "gone": False}),
        Row(USAGE, {"step": "s", "resource": "gpu", "reserved_seconds": 90, "busy_seconds": 60, "lost_seconds": 30}),
        Row(WAIT, {"step": "s", "since": start, "reason": "QuotaExceeded", "until": end, "seconds": 60}),
    ]
    for number, phase in enumerate(("Succeeded", "Failed", "Succeeded", "Running"), 1):
        times = {"started": start, "ended": None if phase == "Running" else end, "seconds": 60 * number}
        rows.append(Row(ROUND, {"pipeline": "p", "round": number, "phase": phase, **times}))
    Writer(engine).write([Told(rows)])


def told(engine: Engine) -> set[str]:
    registry = CollectorRegistry()
    registry.register(Figures(engine))
    return {line for line in generate_latest(registry).decode().splitlines() if not line.startswith("#")}


def test_what_is_told_is_what_the_database_has_also_of_what_is_gone(engine: Engine) -> None:
    filled(engine)
    of = 'namespace="ml",pipeline="nightly"'
    assert told(engine) == {
        f'penstock_pipeline_runs_total{{{of},result="Succeeded"}} 2.0',
        f'penstock_pipeline_runs_total{{{of},result="Failed"}} 1.0',
        f'penstock_pipeline_run_seconds_total{{{of},result="Succeeded"}} 240.0',
        f'penstock_pipeline_run_seconds_total{{{of},result="Failed"}} 120.0',
        f'penstock_step_wait_seconds_total{{{of},reason="QuotaExceeded"}} 60.0',
        f'penstock_gpu_seconds_total{{kind="reserved",{of},resource="gpu"}} 90.0',
        f'penstock_gpu_seconds_total{{kind="busy",{of},resource="gpu"}} 60.0',
        f'penstock_gpu_seconds_total{{kind="lost",{of},resource="gpu"}} 30.0',
        f"penstock_pipeline_last_success_timestamp_seconds{{{of}}} 1.80000006e+09",
        "penstock_export_other_pipelines 0.0",
    }


def test_while_the_database_is_away_what_was_known_is_told(engine: Engine) -> None:
    filled(engine)
    figures = Figures(engine)
    before = list(figures.collect())
    figures._at = float("-inf")
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE penstock_schema")
        connection.exec_driver_sql("ALTER TABLE round RENAME TO elsewhere")
    assert list(figures.collect()) == before
    assert before
