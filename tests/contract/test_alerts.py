"""The alerts: every query is PromQL, of metrics and labels that the processes have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import promql_parser as promql
import pytest
from prometheus_client import REGISTRY
from sqlalchemy import create_engine
from tests.cluster.paths import CHECKOUT
from tests.contract.chart import RenderError, objects

from penstock.engine import metrics as of_operator
from penstock.export import metrics as of_exporter
from penstock.export.figures import FAMILIES, Figures
from penstock.export.schema import prepare

Object = dict[str, Any]
ALL = {"prometheusRule": {"enabled": True}, "export": {"enabled": True}}
PROVIDED = {"job", "instance", "namespace"}
"""Labels that Prometheus adds."""


@cache
def rules() -> list[Object]:
    (rule,) = [one for one in objects(values=ALL) if one["kind"] == "PrometheusRule"]
    return [each for group in rule["spec"]["groups"] for each in group["rules"]]


@cache
def known() -> dict[str, set[str]]:
    """The labels of each metric, by its name on /metrics."""
    assert of_operator.LEADER
    assert of_exporter.LAG
    engine = create_engine("sqlite://")
    prepare(engine)
    found: dict[str, set[str]] = {}
    for family in (*REGISTRY.collect(), *Figures(engine).collect()):
        suffix = "_total" if family.type == "counter" else ""
        found[f"{family.name}{suffix}"] = set()
    for metric in vars(of_operator).values(), vars(of_exporter).values():
        for one in metric:
            for name in found:
                if getattr(one, "_name", "") in (name, name.removesuffix("_total")):
                    found[name] |= set(one._labelnames)
    for name, _, labels in FAMILIES.values():
        found[f"{name}_total"] = {"namespace", "pipeline", *labels}
    found["penstock_pipeline_last_success_timestamp_seconds"] = {"namespace", "pipeline"}
    return found


def selectors(node: Any) -> Iterator[Any]:
    """The vector selectors in an expression, however deep."""
    if isinstance(node, promql.VectorSelector):
        yield node
    for name in ("expr", "lhs", "rhs", "vector_selector", "vs"):
        if inner := getattr(node, name, None):
            yield from selectors(inner)
    for inner in getattr(node, "args", None) or ():
        yield from selectors(inner)


def test_there_are_twelve_and_half_of_them_without_the_exporter() -> None:
    assert len({one["alert"] for one in rules()}) == len(rules()) == 12
    (rule,) = [one for one in objects(values={"prometheusRule": {"enabled": True}}) if one["kind"] == "PrometheusRule"]
    assert [len(group["rules"]) for group in rule["spec"]["groups"]] == [6]
    assert not [one for one in objects() if one["kind"] == "PrometheusRule"]


@pytest.mark.parametrize("number", range(12))
def test_each_asks_for_what_there_is(number: int) -> None:
    rule = rules()[number]
    found = list(selectors(promql.parse(rule["expr"])))
    assert found, rule["expr"]
    for one in found:
        assert one.name in known(), f"{rule['alert']}: there is no metric {one.name}"
        asked = {matcher.name for matcher in one.matchers.matchers}
        assert asked <= known()[one.name] | PROVIDED, f"{rule['alert']}: {one.name} has no such label"


@pytest.mark.parametrize("number", range(12))
def test_each_says_what_is_wrong_and_where_to_read_on(number: int) -> None:
    rule = rules()[number]
    assert rule["labels"]["severity"] in ("critical", "warning", "info")
    assert (CHECKOUT / rule["annotations"]["runbook"]).is_file()
    told = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
    grouped = {"namespace", "pipeline", "reason"} & set(re.findall(r"\w+", rule["expr"]))
    assert told <= grouped, "a label that the query does not keep is empty in the text"


def test_a_query_of_what_there_is_not_would_be_seen() -> None:
    (one,) = selectors(promql.parse('sum(rate(penstock_nonsense_total{x="1"}[5m])) > 0'))
    assert one.name not in known()
    assert [matcher.name for matcher in one.matchers.matchers] == ["x"]


def test_what_it_does_not_know_is_refused() -> None:
    with pytest.raises(RenderError, match="prometheusRule"):
        objects(values={"prometheusRule": {"enable": True}})
