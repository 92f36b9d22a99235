"""Who is let in by the NetworkPolicies is who was named, and a list that names nobody lets in nobody."""

from __future__ import annotations

from typing import Any

import pytest
from tests.contract import chart
from tests.contract.chart import objects, of_kind

ON: dict[str, Any] = {"enabled": True}
PROXY = {"podSelector": {"matchLabels": {"app": "proxy"}}}


def ingress(**policy: Any) -> list[list[dict[str, Any]]]:
    """The rules of both policies, that of the operator first."""
    found = objects(values={"web": {"enabled": True}, "networkPolicy": ON | policy})
    policies = sorted(of_kind(found, "NetworkPolicy"), key=lambda one: len(one["metadata"]["name"]))
    assert [one["spec"]["policyTypes"] for one in policies] == [["Ingress", "Egress"]] * 2
    return [one["spec"]["ingress"] for one in policies]


def test_at_first_every_pod_of_the_cluster_is_let_in_and_nobody_else() -> None:
    for (rule,) in ingress():
        assert rule["from"] == [{"namespaceSelector": {}}]


def test_who_is_named_is_let_in_at_one_port() -> None:
    scrapes, pages = ingress(metricsFrom=[PROXY], webFrom=[PROXY, PROXY])
    assert scrapes == [{"ports": [{"port": "metrics"}], "from": [PROXY]}]
    assert pages == [{"ports": [{"port": "http"}], "from": [PROXY, PROXY]}]


def test_an_empty_list_lets_in_nobody() -> None:
    """A rule of Kubernetes without peers lets in everybody, from outside the cluster, too."""
    assert ingress(metricsFrom=[], webFrom=[]) == [[], []]


def test_a_peer_that_says_nothing_is_refused() -> None:
    with pytest.raises(chart.RenderError):
        ingress(webFrom=[{}])
