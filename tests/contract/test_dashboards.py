"""The dashboards: Grafana can take them, and every query is PromQL, of metrics and labels that the processes have."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from tests.contract.chart import CHART, NAMESPACE, RenderError, objects, of_kind
from tests.contract.measured import extrapolated, known, unknown

Object = dict[str, Any]
NAMES = ("operator", "pipelines")
ON = {"dashboards": {"enabled": True}}
ALL = {**ON, "export": {"enabled": True}}
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
INTERVALS = {"$__rate_interval": "5m", "$__interval": "5m", "$__range": "7d"}
"""Variables of Grafana that stand where PromQL wants a duration."""
KINDS = {"row", "stat", "timeseries", "bargauge"}
UNITS = {"short", "s", "h", "bytes", "percentunit", "reqps", "cps"}
every = pytest.mark.parametrize("name", NAMES)


def given(values: Object) -> dict[str, Object]:
    """The ConfigMaps of dashboards, by name."""
    found = of_kind(objects(values=values), "ConfigMap")
    return {one["metadata"]["name"]: one for one in found if "-dashboard-" in one["metadata"]["name"]}


@cache
def board(name: str) -> Object:
    """What Grafana gets."""
    (text,) = given(ALL)[f"demo-penstock-dashboard-{name}"]["data"].values()
    found: Object = json.loads(text)
    return found


def variables(name: str) -> dict[str, Object]:
    return {one["name"]: one for one in board(name)["templating"]["list"]}


def panels(name: str) -> list[Object]:
    """Those that show something."""
    return [one for one in board(name)["panels"] if one["type"] != "row"]


def queries(name: str) -> Iterator[tuple[Object, str]]:
    """Every target, with its query as PromQL."""
    for panel in panels(name):
        for target in panel["targets"]:
            query = target["expr"]
            for variable, duration in INTERVALS.items():
                query = query.replace(variable, duration)
            yield target, query


def test_there_are_none_unless_they_are_asked_for() -> None:
    assert given({}) == given({"export": {"enabled": True}}) == {}
    assert list(given(ON)) == ["demo-penstock-dashboard-operator"]
    assert {path.stem for path in (CHART / "dashboards").iterdir()} == set(NAMES)


@every
def test_the_sidecar_of_grafana_finds_them(name: str) -> None:
    more = {"dashboards": {"enabled": True, "labels": {"team": "ml"}, "annotations": {"grafana_folder": "Penstock"}}}
    found = given({**ALL, **more})[f"demo-penstock-dashboard-{name}"]
    assert found["metadata"]["namespace"] == NAMESPACE
    assert {"grafana_dashboard": "1", "team": "ml"}.items() <= found["metadata"]["labels"].items()
    assert found["metadata"]["annotations"] == {"grafana_folder": "Penstock"}
    (key,) = found["data"]
    assert key == f"penstock-{name}.json"
    assert json.loads(found["data"][key]) == json.loads((CHART / f"dashboards/{name}.json").read_text(encoding="utf-8"))


@every
def test_it_has_what_grafana_asks_for(name: str) -> None:
    found = board(name)
    assert "id" not in found, "a number of one Grafana's database"
    assert re.fullmatch(r"[a-zA-Z0-9_-]{8,40}", found["uid"])
    assert found["title"]
    assert found["schemaVersion"] == 39
    assert found["tags"] == ["penstock"]
    assert {panel["type"] for panel in found["panels"]} <= KINDS
    assert [panel["id"] for panel in found["panels"]] == list(range(1, len(found["panels"]) + 1))
    for panel in panels(name):
        assert panel["title"]
        assert panel["description"]
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
        assert [target["refId"] for target in panel["targets"]] == list("ABCDEFG"[: len(panel["targets"])])
        steps = panel["fieldConfig"]["defaults"].get("thresholds", {}).get("steps", [{"value": None}])
        assert steps[0]["value"] is None
        assert [step["value"] for step in steps[1:]] == sorted(step["value"] for step in steps[1:])


def test_a_link_to_one_is_not_to_the_other() -> None:
    assert len({board(name)["uid"] for name in NAMES}) == len({board(name)["title"] for name in NAMES}) == len(NAMES)


@every
def test_no_panel_covers_another(name: str) -> None:
    cells = [
        set(itertools.product(range(at["x"], at["x"] + at["w"]), range(at["y"], at["y"] + at["h"])))
        for at in (panel["gridPos"] for panel in board(name)["panels"])
    ]
    assert len(set().union(*cells)) == sum(map(len, cells))
    assert max(x for x, _ in set().union(*cells)) < 24


@every
def test_the_data_source_and_the_namespace_can_be_chosen(name: str) -> None:
    found = variables(name)
    assert list(found)[:2] == ["datasource", "namespace"]
    assert (found["datasource"]["type"], found["datasource"]["query"]) == ("datasource", "prometheus")
    asked = [one for one in found.values() if one["type"] == "query"]
    assert all(one["datasource"] == SOURCE for one in [*asked, *panels(name)])
    assert all(target["datasource"] == SOURCE for target, _ in queries(name))
    for one in asked:
        # Where a label is missing, as of a Prometheus that adds no namespace, all is still all.
        assert (one["includeAll"], one["allValue"], one["multi"]) == (True, ".*", True)
        metric, label = re.fullmatch(r"label_values\((.+), (\w+)\)", one["query"]["query"]).groups()  # type: ignore[union-attr]
        assert label == one["name"]
        assert unknown(f"sum by ({label}) ({metric})") == []


@every
def test_each_query_asks_for_what_there_is(name: str) -> None:
    found = list(queries(name))
    assert len(found) >= len(panels(name)) > 15
    assert [wrong for _, query in found for wrong in unknown(query)] == []


@every
def test_the_first_round_of_a_pipeline_is_one(name: str) -> None:
    assert [query for _, query in queries(name) if extrapolated(query)] == []


@every
def test_only_variables_that_there_are_are_named(name: str) -> None:
    for target, query in queries(name):
        named = set(re.findall(r"\$\{?(\w+)", query))
        assert named <= variables(name).keys(), target["expr"]
        assert not re.search(r'(?<!=~)"\$', query), "several may be chosen: match them by =~"


@every
def test_a_legend_names_labels_that_the_query_keeps(name: str) -> None:
    for target, query in queries(name):
        grouped = {label for labels in re.findall(r"by \(([^)]*)\)", query) for label in re.split(r",\s*", labels)}
        kept = grouped or {"instance"}
        assert set(re.findall(r"\{\{(\w+)\}\}", target.get("legendFormat", ""))) <= kept, target["expr"]


def test_what_the_processes_measure_of_themselves_is_shown() -> None:
    """A metric that is on no dashboard is either new or of no use."""
    shown = " ".join(query for name in NAMES for _, query in queries(name))
    ours = {re.sub(r"_(bucket|sum|count)$", "", name) for name in known() if name.startswith("penstock_")}
    assert {name for name in ours if name not in shown} == set()


def test_what_it_does_not_know_is_refused() -> None:
    with pytest.raises(RenderError, match="dashboards"):
        objects(values={"dashboards": {"enable": True}})
