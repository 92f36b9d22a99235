"""The exporter in the chart: opt-in, its account's rights are what it calls, and its process knows its words."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from tests.contract.chart import NAMESPACE, RenderError, objects, of_kind
from tests.contract.test_chart_web import called
from tests.scenes.api import SceneApi
from tests.scenes.scenes import failing, small

from penstock.cluster.api import Cluster
from penstock.export.__main__ import LINEAGE_TOKEN, TRACES_TOKEN, VARIABLE, asked
from penstock.export.exporting import Exporter
from penstock.export.schema import engine_of
from penstock.export.tables import STEP

Object = dict[str, Any]
RECEIVERS: Object = {
    "cluster": "north",
    "lineage": {"url": "http://marquez:5000/api/v1/lineage", "secretName": "marquez"},
    "traces": {"url": "https://collector/v1/traces", "secretName": "otel", "secretKey": "key"},
}
EXPORT: Object = {"export": {"enabled": True}}
WIDE = {**EXPORT, "scope": {"clusterWide": True}}
SECRET = {"export": {"enabled": True, "database": {"secretName": "history"}}}


def pod(found: list[Object]) -> Object:
    (deployment,) = [o for o in of_kind(found, "Deployment") if o["metadata"]["name"].endswith("-export")]
    spec: Object = deployment["spec"]["template"]["spec"]
    return spec


def granted(found: list[Object]) -> set[tuple[str, str, str]]:
    """(Group, resource, verb) of the exporter's account."""
    name = pod(found)["serviceAccountName"]
    bound = [o for o in of_kind(found, "ClusterRoleBinding", "RoleBinding") if o["subjects"][0]["name"] == name]
    roles = [o for o in of_kind(found, "ClusterRole", "Role") if o["metadata"]["name"] == bound[0]["roleRef"]["name"]]
    assert len(bound) == len(roles) == 1
    rules = roles[0]["rules"]
    return {(g, r, v) for rule in rules for g in rule["apiGroups"] for r in rule["resources"] for v in rule["verbs"]}


def test_there_is_none_unless_it_is_asked_for() -> None:
    assert not [o for o in objects() if o["metadata"]["name"].endswith("-export")]


async def test_what_is_granted_is_what_is_called(tmp_path: Path) -> None:
    """Both ways, wherever it looks."""
    api = SceneApi(small(), failing())
    await api.start()
    engine = engine_of(f"sqlite:///{tmp_path / 'history.db'}")
    exporter = Exporter(Cluster(kubeconfig=str(api.kubeconfig(tmp_path / "kubeconfig"))), engine)
    running = asyncio.create_task(asyncio.to_thread(exporter.run))
    while "watch" not in {verb for _, _, verb in called(api, "ada")} or not _steps(engine):
        assert not running.done(), running.exception()
        await asyncio.sleep(0.1)
    exporter.end()
    await running
    await api.stop()
    assert _steps(engine) == {"digits", "nightly"}
    engine.dispose()
    assert called(api, "ada") == granted(objects(values=WIDE)) == granted(objects(values=EXPORT))


def _steps(engine: Any) -> set[str]:
    try:
        with engine.connect() as connection:
            return {name.partition(".")[0] for name in connection.execute(select(STEP.c.name)).scalars()}
    except Exception:  # it is not prepared yet
        return set()


def test_the_process_knows_what_the_chart_tells_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "sqlite://")
    for values, namespaces in (
        (EXPORT, [NAMESPACE]),
        (WIDE, []),
        ({**EXPORT, "scope": {"namespaces": ["team-a", "team-b"]}}, ["team-a", "team-b"]),
    ):
        given = asked(pod(objects(values=values))["containers"][0]["args"])
        assert (given.namespace, given.port) == (namespaces, 9090)


def test_without_a_secret_a_claim_that_stays_holds_the_history() -> None:
    found = objects(values=EXPORT)
    (claim,) = of_kind(found, "PersistentVolumeClaim")
    assert claim["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    container = pod(found)["containers"][0]
    assert container["env"] == [{"name": VARIABLE, "value": "sqlite:////data/history.db"}]
    assert container["volumeMounts"] == [{"name": "data", "mountPath": "/data"}]


def test_with_a_secret_nothing_but_it_is_mounted_or_named() -> None:
    found = objects(values=SECRET)
    assert of_kind(found, "PersistentVolumeClaim") == []
    (variable,) = pod(found)["containers"][0]["env"]
    assert variable == {"name": VARIABLE, "valueFrom": {"secretKeyRef": {"name": "history", "key": "url"}}}
    assert "volumes" not in pod(found)


def test_prometheus_takes_its_word_for_whose_namespace_it_is() -> None:
    """Else that of the exporter replaces that of the Pipeline, which becomes `exported_namespace`."""
    (monitor,) = of_kind(objects(values={**EXPORT, "metrics": {"serviceMonitor": {"enabled": True}}}), "ServiceMonitor")
    assert [endpoint["honorLabels"] for endpoint in monitor["spec"]["endpoints"]] == [True]


def test_receivers_are_told_to_the_process_and_their_tokens_come_from_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "sqlite://")
    (container,) = pod(objects(values={"export": {**EXPORT["export"], **RECEIVERS}}))["containers"]
    given = asked(container["args"])
    assert given.cluster == "north"
    assert (given.lineage, given.traces) == ([RECEIVERS["lineage"]["url"]], [RECEIVERS["traces"]["url"]])
    tokens = {one["name"]: one["valueFrom"]["secretKeyRef"] for one in container["env"] if "valueFrom" in one}
    assert tokens == {
        LINEAGE_TOKEN: {"name": "marquez", "key": "token"},
        TRACES_TOKEN: {"name": "otel", "key": "key"},
    }
    (container,) = pod(objects(values=EXPORT))["containers"]
    assert (asked(container["args"]).lineage, asked(container["args"]).traces) == ([], [])


def test_one_writes_at_a_time() -> None:
    (deployment,) = [
        o for o in of_kind(objects(values=EXPORT), "Deployment") if o["metadata"]["name"].endswith("-export")
    ]
    assert deployment["spec"]["replicas"] == 1
    assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}


def test_a_policy_lets_it_reach_the_database_only_if_there_is_one() -> None:
    def ports(values: Object) -> set[int]:
        found = of_kind(objects(values={**values, "networkPolicy": {"enabled": True}}), "NetworkPolicy")
        (policy,) = [one for one in found if one["metadata"]["name"].endswith("-export")]
        return {port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]}

    assert ports(EXPORT) == {53, 443, 6443}
    assert ports(SECRET) == {53, 443, 6443, 5432}
    assert ports({"export": {**EXPORT["export"], **RECEIVERS}}) == {53, 443, 6443, 4318, 5000}


@pytest.mark.parametrize(
    "wrong",
    [
        {"database": {"url": "postgresql://u:p@h/d"}},
        {"database": {"secretName": "A b"}},
        {"lineage": {"url": "ftp://marquez"}},
        {"traces": {"token": "secret"}},
    ],
)
def test_what_it_does_not_know_is_refused(wrong: Object) -> None:
    with pytest.raises(RenderError, match="export"):
        objects(values={"export": {"enabled": True, **wrong}})
