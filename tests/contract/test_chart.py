"""The Helm chart: what it may not grant, what it must carry, and that it refuses what it does not know."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.cluster.paths import CHECKOUT
from tests.contract.chart import CHART, EXAMPLE_VALUES, LOADER, NAMESPACE, RenderError, objects, of_kind, rendered

from penstock.shell.lease import NAME

Object = dict[str, Any]
COMPONENT = "app.kubernetes.io/component"
CLUSTER_WIDE = {"scope": {"clusterWide": True}}
SETTINGS = {
    "namespaces": [NAMESPACE],
    "courierImage": "localhost/penstock:dev",
    "catalogueNamespaces": [],
    "neverFits": "Fail",
    "policy": "planned",
    "capacity": None,
    "apiConcurrency": 64,
    "resyncSeconds": 300,
    "watch": {"overdueFactor": 3, "overdueSeconds": 300, "stalledSeconds": 1800},
    "notifications": {"url": "", "source": "/penstock", "secretFile": None, "timeoutSeconds": 10, "attempts": 8},
    "leaderElection": True,
    "logLevel": "info",
    "logFormat": "json",
}


@cache
def example(path: Path) -> list[Object]:
    return objects(path)


@cache
def by_default() -> list[Object]:
    return objects()


def every_example() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", EXAMPLE_VALUES, ids=lambda path: path.name.removesuffix("-values.yaml"))


def settings_of(found: list[Object]) -> Object:
    (config,) = of_kind(found, "ConfigMap")
    return yaml.safe_load(config["data"]["settings.yaml"])


def pods(found: list[Object]) -> list[Object]:
    """The pod specs: the operator's and the test hook's."""
    return [o["spec"]["template"]["spec"] for o in found if o["kind"] == "Deployment"] + [
        o["spec"] for o in found if o["kind"] == "Pod"
    ]


def generated_crds() -> list[Object]:
    return [yaml.load(path.read_text(), LOADER) for path in (CHECKOUT / "crds").glob("*.yaml")]


def granted(rules: list[Object]) -> set[tuple[str, str, str]]:
    """Every (group, resource, verb) that the rules allow."""
    return {(g, r, v) for rule in rules for g in rule["apiGroups"] for r in rule["resources"] for v in rule["verbs"]}


def test_there_are_examples() -> None:
    assert {path.name for path in EXAMPLE_VALUES} >= {"default-values.yaml", "everything-values.yaml"}


# What the operator may do


@every_example()
def test_no_role_reads_secrets_logs_or_enters_containers(path: Path) -> None:
    roles = [o for o in example(path) if o["kind"] in {"Role", "ClusterRole"}]
    assert roles
    for role in roles:
        for group, resource, verb in granted(role["rules"]):
            assert "*" not in (group, resource, verb), role["metadata"]["name"]
            assert resource != "secrets"
            assert resource not in {
                "pods/log",
                "pods/exec",
                "pods/attach",
                "pods/portforward",
                "pods/ephemeralcontainers",
            }
            assert verb not in {"escalate", "bind", "impersonate"}


def test_by_default_the_operator_has_roles_in_its_own_namespace_only() -> None:
    found = by_default()
    aggregated = of_kind(found, "ClusterRole")
    assert len(aggregated) == 2
    for role in aggregated:
        assert role["metadata"]["labels"]["rbac.authorization.k8s.io/aggregate-to-admin"] == "true"
    assert not of_kind(found, "ClusterRoleBinding")
    assert {o["metadata"]["namespace"] for o in of_kind(found, "Role", "RoleBinding")} == {NAMESPACE}


def test_named_namespaces_get_a_role_each_and_catalogues_one_that_reads_components() -> None:
    values = {"scope": {"namespaces": ["team-a", "team-b"]}, "settings": {"catalogueNamespaces": ["team-a", "shared"]}}
    found = objects(values=values)
    by_namespace = {o["metadata"]["namespace"]: granted(o["rules"]) for o in of_kind(found, "Role")}
    assert by_namespace.keys() == {"team-a", "team-b", "shared", NAMESPACE}
    assert by_namespace["team-a"] == by_namespace["team-b"]
    assert by_namespace["shared"] == {("penstock.dev", "components", "list")}
    assert {resource for _, resource, _ in by_namespace[NAMESPACE]} == {"leases"}
    for binding in of_kind(found, "RoleBinding"):
        assert [subject["namespace"] for subject in binding["subjects"]] == [NAMESPACE]
    assert settings_of(found)["namespaces"] == ["team-a", "team-b"]


def test_cluster_wide_adds_nodes_to_the_same_rules_and_nothing_else() -> None:
    namespaced = next(o for o in of_kind(by_default(), "Role") if not o["metadata"]["name"].endswith("-lease"))
    found = objects(values=CLUSTER_WIDE)
    (binding,) = of_kind(found, "ClusterRoleBinding")
    (role,) = [o for o in of_kind(found, "ClusterRole") if o["metadata"]["name"] == binding["roleRef"]["name"]]
    nodes = {("", "nodes", verb) for verb in ("list", "watch")}
    assert granted(role["rules"]) == granted(namespaced["rules"]) | nodes
    assert settings_of(found)["namespaces"] == []


def test_the_lease_is_the_one_that_the_operator_takes() -> None:
    (role,) = [o for o in of_kind(by_default(), "Role") if o["metadata"]["name"].endswith("-lease")]
    named = {verb: rule.get("resourceNames") for rule in role["rules"] for verb in rule["verbs"]}
    assert named == {"create": None, "get": [NAME], "update": [NAME]}  # what is created has no name yet for RBAC


def test_each_owner_of_children_allows_blocking_owner_references() -> None:
    # OwnerReferencesPermissionEnforcement refuses children with blockOwnerDeletion without it.
    roles = [granted(o["rules"]) for o in of_kind(by_default(), "Role")]
    for owner in ("pipelines", "steps", "pipelineschedules"):
        assert any(("penstock.dev", f"{owner}/finalizers", "update") in rules for rules in roles)


def test_aggregated_roles_let_viewers_read_and_editors_write_all_kinds() -> None:
    labels = "rbac.authorization.k8s.io/aggregate-to-"
    roles = {o["metadata"]["name"].rpartition("-")[2]: o for o in of_kind(by_default(), "ClusterRole")}
    assert roles["view"]["metadata"]["labels"][f"{labels}view"] == "true"
    assert f"{labels}view" not in roles["edit"]["metadata"]["labels"]
    assert {verb for _, _, verb in granted(roles["view"]["rules"])} == {"get", "list", "watch"}
    kinds = {crd["spec"]["names"]["plural"] for crd in generated_crds()}
    for role in roles.values():
        assert {resource for _, resource, _ in granted(role["rules"])} == kinds
    assert not of_kind(objects(values={"rbac": {"aggregatedRoles": False}}), "ClusterRole")


# Settings and values


def test_settings_have_the_keys_the_operator_reads() -> None:
    assert settings_of(by_default()) == SETTINGS


def test_caps_reach_the_operator_by_their_names() -> None:
    caps = {"cpu": 64, "nvidia.com/gpu": "8"}
    assert settings_of(objects(values={"settings": {"capacity": caps}}))["capacity"] == caps


def test_a_changed_setting_changes_the_pod() -> None:
    def checksum(found: list[Object]) -> str:
        (deployment,) = of_kind(found, "Deployment")
        return deployment["spec"]["template"]["metadata"]["annotations"]["checksum/settings"]

    assert checksum(by_default()) != checksum(objects(values={"settings": {"resyncSeconds": 60}}))


@pytest.mark.parametrize(
    "values",
    [
        {"imagee": {}},
        {"image": {"tagg": "1"}},
        {"settings": {"neverFits": "Maybe"}},
        {"settings": {"apiConcurrency": 0}},
        {"settings": {"policy": "random"}},
        {"settings": {"capacity": {"cpu": "-1"}}},
        {"settings": {"capacity": {"cpu": -1}}},
        {"settings": {"capacity": {"memory": "1GB"}}},
        {"settings": {"namespaces": ["a"]}},
        {"scope": {"namespaces": ["Team_A"]}},
        {"scope": {"clusterWide": True, "namespaces": ["team-a"]}},
        {"replicas": 2, "settings": {"leaderElection": False}},
        {"metrics": {"service": False, "serviceMonitor": {"enabled": True}}},
        {"image": {"digest": "sha256:short"}},
        {"web": {"basePath": "penstock"}},
        {"web": {"basePath": "/penstock/"}},
        {"web": {"hosts": ["https://penstock.example.com"]}},
    ],
    ids=str,
)
def test_values_the_chart_does_not_know_are_refused(values: Object) -> None:
    with pytest.raises(RenderError, match="values don't meet the specifications of the schema"):
        rendered(values=values)


def test_every_default_is_in_the_schema_and_the_other_way_round() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())

    def names(node: Object, prefix: str = "") -> set[str]:
        found = set()
        for name, child in node["properties"].items():
            found |= names(child, f"{prefix}{name}.") if "properties" in child else {f"{prefix}{name}"}
        return found

    def defaults(node: Object, described: Object, prefix: str = "") -> set[str]:
        found = set()
        for name, value in node.items():
            child = described["properties"][name]
            found |= defaults(value, child, f"{prefix}{name}.") if "properties" in child else {f"{prefix}{name}"}
        return found

    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert names(schema) - {"global"} == defaults(values, schema)


# CustomResourceDefinitions


def test_the_charts_crds_are_the_generated_ones() -> None:
    generated = {path.name: path.read_bytes() for path in (CHECKOUT / "crds").glob("*.yaml")}
    assert generated, "crds/ is empty: run `make generate`"
    assert {path.name: path.read_bytes() for path in (CHART / "files" / "crds").glob("*")} == generated


def test_installed_crds_are_kept_and_otherwise_as_generated() -> None:
    installed = {o["metadata"]["name"]: o for o in of_kind(by_default(), "CustomResourceDefinition")}
    generated = {crd["metadata"]["name"]: crd for crd in generated_crds()}
    assert installed.keys() == generated.keys()
    for name, crd in installed.items():
        assert crd["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
        # Helm reads and writes YAML through floating point numbers.
        assert crd["spec"] == generated[name]["spec"], name
    assert not of_kind(objects(values={"crds": {"install": False}}), "CustomResourceDefinition")


# What kube-linter looks at by default


@every_example()
def test_pods_are_restricted(path: Path) -> None:
    for pod in pods(example(path)):
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == 65532
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
        for volume in pod.get("volumes", []):
            assert volume.keys() - {"name"} <= {"configMap", "emptyDir", "secret", "persistentVolumeClaim"}
        for container in pod["containers"]:
            context = container["securityContext"]
            assert context == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
            assert "memory" in container["resources"]["limits"]
            image = container["image"]
            assert re.search(r"@sha256:|:[^/:]+$", image)
            assert not image.endswith(":latest")


PORTS = {"operator": {"health": 8080, "metrics": 9090}, "web": {"http": 8080}, "export": {"metrics": 9090}}


@every_example()
def test_selectors_ports_and_accounts_refer_to_what_exists(path: Path) -> None:
    found = example(path)
    components = {o["spec"]["template"]["metadata"]["labels"][COMPONENT]: o for o in of_kind(found, "Deployment")}
    assert set(components) - {"web", "export"} == {"operator"}
    for component, deployment in components.items():
        template = deployment["spec"]["template"]
        labels = template["metadata"]["labels"].items()
        assert deployment["spec"]["selector"]["matchLabels"].items() <= labels
        (container,) = template["spec"]["containers"]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        assert ports == PORTS[component]
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            assert container[probe]["httpGet"] == {"path": "/healthz", "port": next(iter(ports))}
        (service,) = [o for o in of_kind(found, "Service") if o["spec"]["selector"].items() <= labels]
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports.keys()
        for kind in ("NetworkPolicy", "PodDisruptionBudget"):
            for selecting in of_kind(found, kind):
                selector = selecting["spec"].get("podSelector") or selecting["spec"]["selector"]
                chosen = selector["matchLabels"]
                assert (chosen.items() <= labels) == (chosen[COMPONENT] == component)
        mounted = {mount["name"] for mount in container.get("volumeMounts", ())}
        assert mounted == {volume["name"] for volume in template["spec"].get("volumes", ())}
    for monitor in of_kind(found, "ServiceMonitor"):
        wanted = monitor["spec"]["selector"]["matchLabels"].items()
        scraped = [o for o in of_kind(found, "Service") if wanted <= o["metadata"]["labels"].items()]
        assert len(scraped) == len(components.keys() & {"operator", "export"})
        assert all(o["spec"]["ports"][0]["name"] == monitor["spec"]["endpoints"][0]["port"] for o in scraped)
    accounts = {o["metadata"]["name"] for o in found if o["kind"] == "ServiceAccount"}
    assert {pod["serviceAccountName"] for pod in pods(found)} == accounts


def test_only_a_lease_allows_two_operators_during_an_upgrade() -> None:
    def strategy(values: Object) -> str:
        (deployment,) = of_kind(objects(values=values), "Deployment")
        return deployment["spec"]["strategy"]["type"]

    assert strategy({}) == "RollingUpdate"
    assert strategy({"settings": {"leaderElection": False}}) == "Recreate"


@every_example()
def test_names_are_unique(path: Path) -> None:
    keys = [(o["kind"], o["metadata"].get("namespace"), o["metadata"]["name"]) for o in example(path)]
    assert len(keys) == len(set(keys))
