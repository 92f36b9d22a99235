"""The Job of an attempt: what a container sees, and that Pod Security `restricted` takes it."""

from dataclasses import replace
from typing import Any

import pytest
from tests.properties.model import Cluster
from tests.unit.builders import cluster, graph, pipeline, problems, step

from penstock.core import labels
from penstock.core.pipeline.plan import plan
from penstock.core.pod.jobs import MOST_HINTED, gang_service, job_manifest


def first(found: Cluster, path: str) -> tuple[Any, dict[str, Any], Any]:
    """The Ready, the Job and the Service of a Step once it can start."""
    for _ in range(8):
        observed = found.observe()
        for ready in plan(observed).ready:
            if ready.step.path == path:
                assert observed.graph is not None
                job = job_manifest(observed.graph, ready, ("p", observed.pipeline.uid), "courier")
                return ready, job, gang_service(ready, "p")
        found.reconcile() if found.of("Job") else [write() for write in found.writes_of(found.plan())]
        found.start_pods()
        found.end_pods()
    raise AssertionError(f"{path} never starts")


def job_of(*steps: Any, path: str = "a", work: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    return first(cluster(pipeline(*steps, **fields), **(work or {})), path)[1]


def container(job: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = job["spec"]["template"]["spec"]["containers"][0]
    return found


def env(job: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one.get("value", "") for one in container(job)["env"]}


def test_runs_under_pod_security_restricted() -> None:
    job = job_of(step("a"))
    pod = job["spec"]["template"]["spec"]
    assert pod["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 65532,
        "runAsGroup": 65532,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container(job)["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    assert pod["restartPolicy"] == "Never"
    assert (job["spec"]["backoffLimit"], job["spec"]["completions"], job["spec"]["parallelism"]) == (0, 1, 1)


def test_users_and_service_accounts_of_ones_own() -> None:
    job = job_of(step("a", pod={"runAsUser": 1000, "fsGroup": 2000, "serviceAccountName": "sa"}))
    pod = job["spec"]["template"]["spec"]
    security = pod["securityContext"]
    assert (security["runAsUser"], security["runAsGroup"], security["fsGroup"]) == (1000, 1000, 2000)
    assert pod["automountServiceAccountToken"] is True


@pytest.mark.parametrize("value", ["$(id)", "$HOME", "$$", "a$(INPUT_X)b", "'\"\\;`é😀\n", "$"])
def test_kubelet_undoes_the_dollars_of_scripts_and_inputs(value: str) -> None:
    """kubelet turns `$$` into `$` and expands `$(NAME)`: https://kubernetes.io/docs/tasks/inject-data-application."""
    job = job_of(step("a", script=value, inputs={"x": value}))
    assert container(job)["command"] == ["sh", "-c", value.replace("$", "$$")]
    assert env(job)["INPUT_X"] == value.replace("$", "$$")


def test_commands_args_and_env_keep_their_dollars() -> None:
    job = job_of(
        step(
            "a", command=["run", "$(INPUT_X)"], args=["$X"], env=[{"name": "Y", "value": "$(INPUT_X)"}], inputs={"x": 1}
        )
    )
    assert container(job)["command"] == ["run", "$(INPUT_X)"]
    assert container(job)["args"] == ["$X"]
    assert env(job)["Y"] == "$(INPUT_X)"
    names = [one["name"] for one in container(job)["env"]]
    assert names.index("INPUT_X") < names.index("Y"), "a variable can only refer to those before it"


def test_values_are_text_and_json() -> None:
    job = job_of(
        step(
            "a",
            inputs={
                "s": "x",
                "i": 1.0,
                "n": 0.1,
                "b": True,
                "l": [1, "é"],
                "o": {"value": {"b": 1, "a": None}},
                "z": None,
            },
        )
    )
    found = {name: value for name, value in env(job).items() if name.startswith("INPUT_")}
    assert found == {
        "INPUT_S": "x",
        "INPUT_I": "1",
        "INPUT_N": "0.1",
        "INPUT_B": "true",
        "INPUT_L": '[1,"é"]',
        "INPUT_O": '{"a":null,"b":1}',
        "INPUT_Z": "",
    }


def test_what_every_container_sees() -> None:
    found = env(job_of(step("a-b", inputs={"x-y": 1}), path="a-b"))
    assert found == {
        "PENSTOCK_PIPELINE": "p",
        "PENSTOCK_STEP": "a-b",
        "PENSTOCK_ATTEMPT": "1",
        "PENSTOCK_NAMESPACE": "ns",
        "PENSTOCK_OUTPUTS": "/dev/termination-log",
        "TRACEPARENT": found["TRACEPARENT"],
        "HOME": "/tmp",
        "INPUT_X_Y": "1",
    }
    assert env(job_of(step("a", env=[{"name": "HOME", "value": "/home/me"}])))["HOME"] == "/home/me"


def test_labels_owner_and_notes() -> None:
    job = job_of(step("a", each={"x": [5]}, pod={"labels": {"team": "x"}}), path="a.0")
    meta = job["metadata"]
    wanted = {
        labels.MANAGED_BY: "penstock",
        labels.PIPELINE: "p",
        labels.STEP: "a",
        labels.INDEX: "0",
        labels.ATTEMPT: "1",
    }
    assert meta["labels"] == wanted
    assert job["spec"]["template"]["metadata"]["labels"] == {**wanted, "team": "x"}
    (owner,) = meta["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["controller"]) == ("Step", "p.a.0", True)
    assert meta["annotations"][labels.RUN] == "1"


def test_memory_and_extended_resources_are_limited_to_the_request() -> None:
    job = job_of(step("a", resources={"requests": {"cpu": "1", "memory": "1Gi", "nvidia.com/gpu": 1}}))
    assert container(job)["resources"] == {
        "requests": {"cpu": "1", "memory": "1Gi", "nvidia.com/gpu": "1"},
        "limits": {"memory": "1Gi", "nvidia.com/gpu": "1"},
    }


def placed(*nodes: str, resource: str = "nvidia.com/gpu", **pod: Any) -> dict[str, Any]:
    """The affinity of a pod that asks for one of a resource and was admitted with these nodes in mind."""
    found = cluster(pipeline(step("a", resources={"requests": {resource: 1}}, **({"pod": pod} if pod else {}))))
    ready, *_ = first(found, "a")
    graph = found.observe().graph
    assert graph is not None
    job = job_manifest(graph, replace(ready, nodes=nodes), ("p", "uid"), "courier")
    affinity: dict[str, Any] = job["spec"]["template"]["spec"].get("affinity", {})
    return affinity


def prefers(*nodes: str) -> list[dict[str, Any]]:
    fields = [{"key": "metadata.name", "operator": "In", "values": [node]} for node in nodes]
    return [{"weight": 100, "preference": {"matchFields": [one]}} for one in fields]


PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def test_a_pod_with_gpus_prefers_the_nodes_that_admission_chose() -> None:
    assert placed("n1", "n2") == {"nodeAffinity": {PREFERRED: prefers("n1", "n2")}}


def test_the_hint_comes_on_top_of_the_users_own_affinity() -> None:
    zone = {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]}
    mine = {"weight": 5, "preference": zone}
    required = {"nodeSelectorTerms": [zone]}
    apart = {REQUIRED: [{"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "x"}}}]}
    affinity = {"nodeAffinity": {PREFERRED: [mine], REQUIRED: required}, "podAntiAffinity": apart}
    assert placed("n1", affinity=affinity) == {
        "nodeAffinity": {PREFERRED: [mine, *prefers("n1")], REQUIRED: required},
        "podAntiAffinity": apart,
    }
    assert placed(affinity={"podAntiAffinity": apart}) == {"podAntiAffinity": apart}


def test_no_hint_where_it_would_not_help() -> None:
    assert placed() == {}, "nodes are not known"
    assert placed("n1", resource="cpu") == {}, "kube-scheduler may spread what all nodes have"
    assert placed(*(f"n{number}" for number in range(MOST_HINTED + 1))) == {}, "no node is kept whole"


def test_timeouts_are_the_pods_deadline() -> None:
    assert job_of(step("a", timeout="1m30s"))["spec"]["template"]["spec"]["activeDeadlineSeconds"] == 90
    assert job_of(step("a", timeout="10ms"))["spec"]["template"]["spec"]["activeDeadlineSeconds"] == 1
    assert job_of(step("a", timeout="0s"))["spec"]["template"]["spec"]["activeDeadlineSeconds"] == 1


def test_a_gang_finds_its_members_by_name() -> None:
    found = cluster(pipeline(step("a" * 63, replicas=3), name="3d"))
    _, job, service = first(found, "a" * 63)
    name = job["metadata"]["name"]
    assert job["spec"]["completionMode"] == "Indexed"
    assert (job["spec"]["completions"], job["spec"]["parallelism"]) == (3, 3)
    domain = service["metadata"]["name"]
    assert job["spec"]["template"]["spec"]["subdomain"] == domain
    assert env(job)["PENSTOCK_HOSTS"].split(",") == [f"{name}-{index}.{domain}" for index in range(3)]
    assert env(job)["PENSTOCK_REPLICAS"] == "3"
    assert (service["spec"]["clusterIP"], service["spec"]["publishNotReadyAddresses"]) == ("None", True)
    assert service["spec"]["selector"].items() <= job["spec"]["template"]["metadata"]["labels"].items()
    assert len(f"{name}-1023") <= 63


def test_a_gang_has_one_service_for_all_its_attempts_and_runs() -> None:
    ready, job, service = first(cluster(pipeline(step("a", replicas=2))), "a")
    again = replace(ready, attempt=2, facts=replace(ready.facts, run=3))
    assert gang_service(again, "p") == service
    later = job_manifest(graph(step("a", replicas=2)), again, ("p", "uid"), "courier")
    assert not set(env(later)["PENSTOCK_HOSTS"].split(",")) & set(env(job)["PENSTOCK_HOSTS"].split(","))
    other = gang_service(replace(ready, step=replace(ready.step, uid="other")), "p")
    assert other is not None
    assert service["spec"]["selector"] != other["spec"]["selector"]


def test_artifacts_are_written_to_a_fresh_directory_and_read_only_for_others() -> None:
    found = cluster(
        pipeline(
            step("w", outputs={"data": "Artifact", "n": "Integer"}),
            step("r", inputs={"data": "from:w.data"}),
            storage={"claimName": "shared"},
        ),
        w={"n": 1},
    )
    _, writer, _ = first(found, "w")
    (mount,) = container(writer)["volumeMounts"]
    assert env(writer)["OUTPUT_DATA"].startswith(mount["mountPath"])
    assert mount["subPath"].endswith("/1-1")
    assert not mount.get("readOnly")
    pod = writer["spec"]["template"]["spec"]
    assert (pod["securityContext"]["fsGroup"], pod["securityContext"]["fsGroupChangePolicy"]) == (
        65532,
        "OnRootMismatch",
    )
    assert [volume["persistentVolumeClaim"] for volume in pod["volumes"]] == [{"claimName": "shared"}]
    _, reader, _ = first(found, "r")
    (mount,) = container(reader)["volumeMounts"]
    assert mount["readOnly"] is True
    assert env(reader)["INPUT_DATA"].startswith(mount["mountPath"])


LARGE = "input 'x' has {} bytes; at most 102,400 each and 262,144 together are allowed; pass large data as an Artifact"


@pytest.mark.parametrize(
    ("value", "reason", "words"),
    [
        ("x" * 102_401, "InputTooLarge", LARGE.format("102,401")),
        ("é" * 60_000, "InputTooLarge", LARGE.format("120,000")),
        ("a\0b", "InputInvalid", "input 'x' holds a NUL character; no variable can"),
    ],
)
def test_inputs_that_no_variable_can_hold(value: str, reason: str, words: str) -> None:
    found = cluster(pipeline(step("a", inputs={"x": "each:v"}, each={"v": [value]})))
    found.run()
    status = found.step("a.0")["status"]
    assert (status["reason"], status["message"], found.status["phase"]) == (reason, words, "Failed")
    assert found.started == []

    known = [step("a", inputs={"x": "param:p"}), step("b", inputs={"x": value})]
    assert [(one.path, one.reason, one.message) for one in problems(*known, params={"p": value})] == [
        ("spec.steps[0].inputs[x]", reason, words),
        ("spec.steps[1].inputs[x]", reason, words),
    ]


def test_all_inputs_together_are_bounded() -> None:
    (found,) = problems(step("a", inputs={f"x{n}": "param:p" for n in range(3)}), params={"p": "x" * 100_000})
    assert (found.path, found.reason) == ("spec.steps[0].inputs[x2]", "InputTooLarge")
