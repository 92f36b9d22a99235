"""What the processes measure, and what a PromQL query asks of it: for the tests of alerts and dashboards."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import promql_parser as promql
from prometheus_client import REGISTRY
from sqlalchemy import create_engine

from penstock.engine import metrics as of_operator
from penstock.export import metrics as of_exporter
from penstock.export.figures import FAMILIES, Figures
from penstock.export.schema import prepare

PROVIDED = {"job", "instance", "namespace"}
"""Labels that Prometheus adds."""


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
        if family.type == "histogram":
            found |= {f"{family.name}_bucket": {"le"}, f"{family.name}_sum": set(), f"{family.name}_count": set()}
    for metric in vars(of_operator).values(), vars(of_exporter).values():
        for one in metric:
            for name in found:
                if getattr(one, "_name", "") in (name, name.removesuffix("_total")):
                    found[name] |= set(one._labelnames)
    for name, _, labels in FAMILIES.values():
        found[f"{name}_total"] = {"namespace", "pipeline", *labels}
    found["penstock_pipeline_last_success_timestamp_seconds"] = {"namespace", "pipeline"}
    return found


def nodes(node: Any) -> Iterator[Any]:
    """An expression and all that it is made of."""
    yield node
    for name in ("expr", "lhs", "rhs", "vector_selector", "vs", "param"):
        if inner := getattr(node, name, None):
            yield from nodes(inner)
    for inner in getattr(node, "args", None) or ():
        yield from nodes(inner)


def selectors(node: Any) -> Iterator[Any]:
    """The vector selectors in an expression, however deep."""
    return (one for one in nodes(node) if isinstance(one, promql.VectorSelector))


def unknown(query: str) -> list[str]:
    """What a query names that no process has, in words: metrics, labels that it matches, labels that it groups by.

    Raises ValueError if it is not PromQL, or asks for nothing.
    """
    parsed = promql.parse(query)
    if not (found := list(selectors(parsed))):
        raise ValueError(f"{query} asks for nothing")
    wrong = [f"there is no metric {one.name}" for one in found if one.name not in known()]
    for one in found:
        asked = {matcher.name for matcher in one.matchers.matchers}
        wrong += [f"{one.name} has no label {name}" for name in asked - known().get(one.name, asked) - PROVIDED]
    for one in nodes(parsed):
        if isinstance(one, promql.AggregateExpr) and one.modifier:
            had = {name for inner in selectors(one.expr) for name in known().get(inner.name, ())} | PROVIDED
            wrong += [f"no label {name} to group by in {query}" for name in set(one.modifier.labels) - had]
    return wrong


def extrapolated(query: str) -> set[str]:
    """The metrics that are counted by Pipeline and of which a query asks for the rate or the increase.

    Neither sees the first value of a series, and a Pipeline that is new comes with its first round counted:
    https://github.com/prometheus/prometheus/issues/1673.
    """
    counted = {f"{name}_total" for name, _, _ in FAMILIES.values()}
    calls = (one for one in nodes(promql.parse(query)) if isinstance(one, promql.Call))
    asked = (one for one in calls if one.func.name in ("rate", "irate", "increase", "delta"))
    return {inner.name for one in asked for inner in selectors(one)} & counted
