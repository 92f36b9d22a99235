"""The alerts: every query is PromQL, of metrics and labels that the processes have."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from typing import Any

import pytest
from tests.cluster.paths import CHECKOUT
from tests.contract.chart import RenderError, objects
from tests.contract.measured import extrapolated, unknown

Object = dict[str, Any]
ALL = {"prometheusRule": {"enabled": True}, "export": {"enabled": True}}


@cache
def rules() -> list[Object]:
    (rule,) = [one for one in objects(values=ALL) if one["kind"] == "PrometheusRule"]
    return [each for group in rule["spec"]["groups"] for each in group["rules"]]


def test_there_are_twelve_and_half_of_them_without_the_exporter() -> None:
    assert len({one["alert"] for one in rules()}) == len(rules()) == 12
    (rule,) = [one for one in objects(values={"prometheusRule": {"enabled": True}}) if one["kind"] == "PrometheusRule"]
    assert [len(group["rules"]) for group in rule["spec"]["groups"]] == [6]
    assert not [one for one in objects() if one["kind"] == "PrometheusRule"]


@pytest.mark.parametrize("number", range(12))
def test_each_asks_for_what_there_is(number: int) -> None:
    assert unknown(rules()[number]["expr"]) == []


@pytest.mark.parametrize("number", range(12))
def test_each_says_what_is_wrong_and_where_to_read_on(number: int) -> None:
    rule = rules()[number]
    assert rule["labels"]["severity"] in ("critical", "warning", "info")
    assert (CHECKOUT / rule["annotations"]["runbook"]).is_file()
    told = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
    grouped = {"namespace", "pipeline", "reason"} & set(re.findall(r"\w+", rule["expr"]))
    assert told <= grouped, "a label that the query does not keep is empty in the text"


@pytest.mark.parametrize("number", range(12))
def test_the_first_failure_of_a_pipeline_is_one(number: int) -> None:
    assert extrapolated(rules()[number]["expr"]) == set()
    assert extrapolated("sum(increase(penstock_pipeline_runs_total[1h])) > 0") == {"penstock_pipeline_runs_total"}


def test_outcomes_that_none_had_yet_are_told_as_none() -> None:
    """Else the first notification that is dropped is no increase."""
    words = "import penstock.engine.metrics, prometheus_client as p; print(p.generate_latest().decode())"
    told = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True).stdout.splitlines()
    for name in ("penstock_notifications_total", "penstock_events_total"):
        assert {f'{name}{{outcome="{one}"}} 0.0' for one in ("sent", "failed", "dropped")} <= set(told)


def test_a_query_of_what_there_is_not_would_be_seen() -> None:
    assert unknown('sum(rate(penstock_nonsense_total{x="1"}[5m])) > 0') == [
        "there is no metric penstock_nonsense_total"
    ]
    assert unknown('penstock_leader{x="1"}') == ["penstock_leader has no label x"]
    assert unknown("sum by (x) (penstock_leader)") == ["no label x to group by in sum by (x) (penstock_leader)"]
    with pytest.raises(ValueError, match="asks for nothing"):
        unknown("vector(1)")


def test_what_it_does_not_know_is_refused() -> None:
    with pytest.raises(RenderError, match="prometheusRule"):
        objects(values={"prometheusRule": {"enable": True}})
