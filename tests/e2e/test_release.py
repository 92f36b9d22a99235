"""Helm: test, upgrade, uninstall, and operators of one namespace each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import release
from tests.cluster.commands import run
from tests.e2e import installed
from tests.e2e.gates import Gate
from tests.e2e.manifests import pipeline, step
from tests.e2e.space import RESTRICTED, Refused, Space, condition, kubectl

KINDS = {f"{plural}.penstock.dev" for plural in ("pipelines", "steps", "components", "pipelineschedules")}


def kinds() -> set[str]:
    names = kubectl("get", "customresourcedefinitions", "-o", "name").split()
    return {name.partition("/")[2] for name in names} & KINDS


@pytest.fixture
def reinstalled() -> Iterator[None]:
    """The operator is there again afterwards, whatever the test did to it."""
    yield
    installed.install()


@pytest.mark.kind("chart")
def test_helm_test_runs_a_pipeline() -> None:
    run(["helm", "test", release.NAME, "--namespace", release.NAMESPACE, "--timeout", "10m"])
    assert "40 + 2 = 42" in kubectl("--namespace", release.NAMESPACE, "logs", f"{release.NAME}-test")


@pytest.mark.kind("chart")
@pytest.mark.alone
@pytest.mark.usefixtures("reinstalled")
def test_an_upgrade_disturbs_nothing(space: Space, gate: Gate) -> None:
    space.apply(pipeline("during", step("a", gate.held), step("b", needs=["a"])))
    space.running("during", "a")
    installed.install("settings.resyncSeconds=120")
    settings = kubectl("--namespace", release.NAMESPACE, "get", "configmap", release.NAME, "-o", "yaml")
    assert "resyncSeconds: 120" in settings
    gate.open()
    assert space.finish("pipeline/during")["status"]["phase"] == "Succeeded"
    assert space.attempts() == ["a/#1", "b/#1"]


@pytest.mark.kind("chart")
@pytest.mark.alone
@pytest.mark.usefixtures("reinstalled")
def test_uninstalling_keeps_the_kinds_and_the_objects(space: Space) -> None:
    space.apply(pipeline("kept", step("a")))
    space.finish("pipeline/kept")
    before = space.one("pipeline/kept")
    release.uninstall()
    assert kinds() == KINDS
    assert space.one("pipeline/kept") == before
    kubectl("--namespace", release.NAMESPACE, "delete", "lease", "penstock-operator")  # what else is left behind
    space.apply(pipeline("meanwhile", step("a")))
    installed.install()
    assert space.finish("pipeline/meanwhile")["status"]["phase"] == "Succeeded"
    assert space.one("pipeline/kept")["status"] == before["status"]
    assert len(space.jobs(pipeline="kept")) == 1


@pytest.mark.kind("chart and RBAC")
@pytest.mark.alone
@pytest.mark.usefixtures("reinstalled")
def test_operators_that_part_the_namespaces_between_them(space: Space) -> None:
    """Installed with the chart's defaults, each has no rights elsewhere and does nothing there."""
    release.uninstall()
    homes = {name: Space.create(name, RESTRICTED) for name in ("east", "west")}
    try:
        for name, home in homes.items():
            release.install("crds.install=false", name=name, namespace=home.name, cluster_wide=False)
            account = f"--as=system:serviceaccount:{home.name}:{name}-penstock"
            for other in homes.values():
                words = ("--namespace", other.name, "auth", "can-i", "create", "jobs", account)
                if other is home:
                    assert kubectl(*words).strip() == "yes"
                else:
                    with pytest.raises(Refused, match="can-i"):
                        kubectl(*words)
            assert not _bound(home.name)
        for where in (*homes.values(), space):
            where.apply(pipeline("here", step("a")))
        for home in homes.values():
            assert home.finish("pipeline/here")["status"]["phase"] == "Succeeded"
            assert home.attempts() == ["a/#1"]
        assert condition(space.one("pipeline/here"), "Finished") == ""
        assert not space.jobs()
        release.uninstall("east", homes["east"].name)
        homes["west"].apply(pipeline("after", step("a")))
        assert homes["west"].finish("pipeline/after")["status"]["phase"] == "Succeeded"
        release.uninstall("west", homes["west"].name)
    finally:
        for home in homes.values():
            home.delete()


def _bound(namespace: str) -> list[str]:
    """ClusterRoleBindings that name a service account of the namespace."""
    shown = kubectl("get", "clusterrolebindings", "-o", "jsonpath={range .items[*]}{.subjects}{'\\n'}{end}")
    return [line for line in shown.splitlines() if f'"namespace":"{namespace}"' in line]
