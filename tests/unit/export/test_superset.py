"""The files for Superset: they belong together, name what the views have, and every query runs.

Their fields are those of Superset's import, version 1.0.0.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import pytest
import yaml
from sqlalchemy import Engine
from tests.cluster.paths import CHECKOUT
from tests.unit.export.conftest import table
from tests.unit.export.lake import lake, noted

from penstock.export.rows import Row, Told
from penstock.export.schema import engine_of
from penstock.export.tables import ARTIFACT, PIPELINE, ROUND, RUN, STEP, USAGE, WAIT
from penstock.export.views import VIEWS
from penstock.export.writing import Writer

Object = dict[str, Any]
HERE = CHECKOUT / "charts/penstock/superset"
KEYS = {
    "databases": "database_name sqlalchemy_uri cache_timeout expose_in_sqllab allow_run_async allow_ctas allow_cvas "
    "allow_dml extra uuid version",
    "datasets": "table_name main_dttm_col description offset cache_timeout schema sql filter_select_enabled uuid "
    "metrics columns version database_uuid",
    "charts": "slice_name description viz_type params cache_timeout uuid version dataset_uuid",
    "dashboards": "dashboard_title description css slug uuid position metadata version",
}


@cache
def files(kind: str) -> dict[str, Object]:
    return {path.stem: yaml.safe_load(path.read_text()) for path in sorted((HERE / kind).rglob("*.yaml"))}


def by_uuid(kind: str) -> dict[str, Object]:
    return {one["uuid"]: one for one in files(kind).values()}


def test_they_have_the_fields_that_superset_imports() -> None:
    assert yaml.safe_load((HERE / "metadata.yaml").read_text())["version"] == "1.0.0"
    for kind, keys in KEYS.items():
        assert files(kind)
        for name, one in files(kind).items():
            assert set(one) == set(keys.split()), name
            assert one["version"] == "1.0.0"
    ids = [one["uuid"] for kind in KEYS for one in files(kind).values()]
    assert len({UUID(one) for one in ids}) == len(ids)


def test_they_belong_together() -> None:
    (database,) = files("databases").values()
    assert engine_of(database["sqlalchemy_uri"]).url.password is None
    assert {one["database_uuid"] for one in files("datasets").values()} == {database["uuid"]}
    assert {one["dataset_uuid"] for one in files("charts").values()} == set(by_uuid("datasets"))
    (board,) = files("dashboards").values()
    nodes = {name: one for name, one in board["position"].items() if name != "DASHBOARD_VERSION_KEY"}
    shown = {one["meta"]["uuid"]: one["meta"]["sliceName"] for one in nodes.values() if one["type"] == "CHART"}
    assert shown == {uuid: one["slice_name"] for uuid, one in by_uuid("charts").items()}
    for name, one in nodes.items():
        assert one["id"] == name
        for child in one.get("children", ()):
            assert nodes[child]["parents"] == [*one.get("parents", ()), name]
        if one["type"] == "ROW":
            assert sum(nodes[child]["meta"]["width"] for child in one["children"]) == 12


def test_a_dataset_is_a_view_with_all_its_columns() -> None:
    assert files("datasets").keys() == VIEWS.keys()
    for name, one in files("datasets").items():
        assert one["table_name"] == name
        assert [column["column_name"] for column in one["columns"]] == [c.name for c in VIEWS[name].selected_columns]
        times = [column["column_name"] for column in one["columns"] if column["is_dttm"]]
        assert times == ([one["main_dttm_col"]] if one["main_dttm_col"] else [])


def queries() -> Iterator[tuple[str, str]]:
    """What each chart asks. Names are not quoted: of a name that it does not have sqlite makes a text if they are."""
    for name, chart in files("charts").items():
        params, dataset = chart["params"], by_uuid("datasets")[chart["dataset_uuid"]]
        assert params["viz_type"] == chart["viz_type"]
        known = {one["metric_name"]: one["expression"] for one in dataset["metrics"]}
        columns = {one["column_name"] for one in dataset["columns"]}
        groups = [*([params["x_axis"]] if "x_axis" in params else []), *params.get("groupby", ())]
        plain = params.get("all_columns", ())
        assert {*groups, *plain} <= columns, name
        shown = [*groups, *plain, *(f"{known[one]} AS {one}" for one in params.get("metrics", ()))]
        where = " AND ".join(one["sqlExpression"] for one in params.get("adhoc_filters", ()))
        query = f"SELECT {', '.join(shown)} FROM {dataset['table_name']}"
        query += f" WHERE {where}" if where else ""
        yield name, query + (f" GROUP BY {', '.join(groups)}" if groups else "")


def filled(engine: Engine) -> None:
    noted(engine, lake())
    start, end = datetime(2027, 1, 15, 8), datetime(2027, 1, 15, 8, 10)
    times = {"started": start, "ended": end, "seconds": 600}
    rows = [
        Row(PIPELINE, {"uid": "p", "namespace": "ml", "name": "weekly", "series": "weekly", "gone": False}),
        Row(STEP, {"uid": "s", "pipeline": "p", "name": "weekly.a", "path": "a", "task": "a", "gone": False}),
        Row(ROUND, {"pipeline": "p", "round": 1, "phase": "Succeeded", "planned_seconds": 500, **times}),
        Row(RUN, {"step": "s", "run": 1, "phase": "Succeeded", "held": True, **times}),
        Row(ARTIFACT, {"step": "s", "run": 1, "name": "model", "uri": "s3://lake/m"}),
        Row(USAGE, {"step": "s", "resource": "gpu", "reserved_seconds": 90, "busy_seconds": 60, "lost_seconds": 30}),
        Row(WAIT, {"step": "s", "since": start, "reason": "QuotaExceeded", "until": end, "seconds": 600}),
    ]
    Writer(engine).write([Told(rows)])


def test_every_query_of_a_chart_runs_and_finds_something(engine: Engine) -> None:
    filled(engine)
    assert [name for name, query in queries() if not table(engine, query)] == []


def test_every_metric_of_a_dataset_runs(engine: Engine) -> None:
    filled(engine)
    for name, dataset in files("datasets").items():
        for metric in dataset["metrics"]:
            ((value,),) = table(engine, f"SELECT {metric['expression']} FROM {name}")
            assert value is not None or metric["metric_name"] == "best_accuracy", metric


@pytest.mark.parametrize("broken", ["SELECT nosuch FROM v_models", "SELECT SUM(runs FROM v_runs_daily"])
def test_a_query_that_does_not_run_is_seen(engine: Engine, broken: str) -> None:
    with pytest.raises(Exception, match=r"nosuch|syntax"):
        table(engine, broken)
