"""What Steps used of GPUs: each attempt is counted once, whatever becomes of it."""

import copy
from dataclasses import replace
from typing import Any

import pytest
from tests.properties.kubelet import succeed
from tests.properties.model import Cluster
from tests.properties.objects import Object
from tests.unit.builders import cluster, pipeline, step

from penstock.api.step import StepSpec
from penstock.core import labels
from penstock.core.clock import stamp
from penstock.core.pipeline.plan import plan
from penstock.core.pipeline.standalone import compile_step, plan_step
from penstock.core.pod.jobs import job_manifest
from penstock.core.pod.ready import Ready
from penstock.core.seen.reading import job_view, pod_view, step_view
from penstock.core.step import usage

GPU = "nvidia.com/gpu"
ONCE_MORE = {"retry": {"limit": 1, "backoff": {"initial": "1s"}}}


def gpu(name: str, amount: int = 1, **fields: Any) -> Object:
    """A step that asks for GPUs."""
    return step(name, resources={"requests": {"cpu": "1", GPU: amount}}, **fields)


def used(status: Object) -> tuple[int, int, int] | None:
    """Reserved, busy and lost GPU-seconds; None if nothing is said about GPUs."""
    found = [one for one in status.get("usage") or () if one["resource"] == GPU]
    assert len(found) < 2
    return next(((one["reservedSeconds"], one["busySeconds"], one["lostSeconds"]) for one in found), None)


def of(found: Cluster, path: str = "a") -> tuple[int, int, int] | None:
    return used(found.step(path)["status"])


def begin(found: Cluster, waits: float = 10.0) -> None:
    """Creates the Jobs that may start; after so many seconds their pods run, and that is on record."""
    found.reconcile()
    found.now += waits
    found.start_pods()
    found.now += 5
    found.reconcile()


def end(found: Cluster, after: float) -> None:
    """Lets what runs end so many seconds later."""
    found.now += after
    found.finish()
    found.reconcile()


class TestAttempts:
    def test_held_from_the_jobs_creation_and_busy_while_its_container_runs(self) -> None:
        found = cluster(pipeline(gpu("a", 2)))
        begin(found, waits=10)
        assert of(found) is None, "counted when it ends"
        assert found.step("a")["status"]["allocation"]["resources"] == {GPU: 2}
        end(found, after=85)
        status = found.step("a")["status"]
        assert used(status) == (2 * 100, 2 * 90, 0)
        assert status["counted"] == {"run": 1, "attempt": 1}
        assert "allocation" not in status
        assert used(found.status) == (200, 180, 0)

    def test_what_failed_before_it_succeeded_is_lost(self) -> None:
        found = cluster(pipeline(gpu("a", **ONCE_MORE)), a=[3, 0])
        begin(found)
        end(found, after=25)
        assert of(found) == (40, 30, 40)
        found.now += 60
        begin(found)
        end(found, after=45)
        assert of(found) == (40 + 60, 30 + 50, 40)
        assert found.step("a")["status"]["counted"] == {"run": 1, "attempt": 2}
        assert used(found.status) == (100, 80, 40)

    def test_each_pod_of_a_gang_counts_and_is_busy_for_its_own_time(self) -> None:
        found = cluster(pipeline(gpu("a", 2, replicas=3)))
        begin(found)
        found.now += 15
        first, *others = found.of("Pod")
        found.end_pod(found.of("Job")[0], first)
        found.now += 30
        for pod in others:
            found.end_pod(found.of("Job")[0], pod)
        found.reconcile()
        assert of(found) == (6 * 60, 2 * (20 + 50 + 50), 0)

    def test_a_fan_out_adds_up_in_the_pipeline(self) -> None:
        found = cluster(pipeline(gpu("a", each={"n": [1, 2, 3]}), gpu("b", 4, needs=["a"]), step("c")), **{"a.1": 1})
        begin(found)
        end(found, after=15)
        assert [of(found, f"a.{index}") for index in range(3)] == [(30, 20, 0), (30, 20, 30), (30, 20, 0)]
        assert used(found.status) == (90, 60, 30)
        assert of(found, "c") is None

    def test_steps_without_such_resources_carry_nothing(self) -> None:
        native = {"cpu": 1, "memory": "1Mi", "hugepages-2Mi": "2Mi", "example.kubernetes.io/thing": 1}
        found = cluster(pipeline(step("a", resources={"requests": native, "limits": {"memory": "1Mi"}})))
        begin(found)
        end(found, after=10)
        assert not {"usage", "counted", "allocation"} & (found.step("a")["status"].keys() | found.status.keys())

    def test_several_resources_are_told_apart(self) -> None:
        wants = {"requests": {"amd.com/gpu": 1}, "limits": {GPU: 2}}
        found = cluster(pipeline(step("a", resources=wants)))
        begin(found, waits=0)
        end(found, after=5)
        names = [(one["resource"], one["reservedSeconds"]) for one in found.status["usage"]]
        assert names == [("amd.com/gpu", 10), (GPU, 20)]

    def test_the_users_container_counts_where_others_run_around_it(self) -> None:
        couriers = {"name": "publish", "resources": {"requests": {"cpu": "1"}}}
        user = {"name": "step", "resources": {"limits": {GPU: 2}}}
        job = copy.deepcopy(begun().of("Job")[0])
        job["spec"]["template"]["spec"] |= {"initContainers": [couriers, user], "containers": [couriers]}
        assert job_view(job).devices == ((GPU, 2),)


def begun(**fields: Any) -> Cluster:
    """A Step with one GPU whose container has run for 5 s, 10 s after its Job's creation."""
    found = cluster(pipeline(gpu("a", **fields)))
    begin(found)
    return found


class TestLost:
    def test_cancelled(self) -> None:
        found = begun()
        found.slow = True
        manifest = found.of("Pipeline")[0]
        found.apply({**manifest, "spec": {**manifest["spec"], "cancel": True}})
        found.now += 15
        found.reconcile()
        assert of(found) is None, "its pods are still there"
        found.now += 10
        found.purge()
        found.reconcile()
        assert found.phases() == {"a": "Cancelled"}
        assert of(found) == (40, 30, 40)
        assert used(found.status) == (40, 30, 40)

    def test_cancelled_pods_that_tell_when_they_ended(self) -> None:
        found = begun()
        found.slow = True
        manifest = found.of("Pipeline")[0]
        found.apply({**manifest, "spec": {**manifest["spec"], "cancel": True}})
        found.reconcile()
        found.now += 5
        found.work = lambda job, env: (143, "")
        found.end_pods()
        found.now += 1000
        found.reconcile()
        assert found.phases() == {"a": "Cancelled"}
        assert of(found) == (20, 10, 20)

    def test_out_of_time(self) -> None:
        found = begun()
        manifest = found.of("Pipeline")[0]
        found.apply({**manifest, "spec": {**manifest["spec"], "timeout": "20s"}})
        found.now += 15
        found.reconcile()
        assert found.status["reason"] == "TimedOut"
        assert of(found) == (30, 20, 30)

    @pytest.mark.parametrize("how", ["evict", "lose_pod"])
    def test_disrupted(self, how: str) -> None:
        found = begun()
        found.now += 5
        getattr(found, how)(found.of("Job")[0])
        found.now += 6
        found.reconcile()
        reserved, busy, lost = of(found) or (0, 0, 0)
        assert found.step("a")["status"]["disruptions"] == 1
        assert reserved == lost >= 10
        found.run()
        assert of(found) == (reserved + 1, busy + 1, lost)

    def test_a_job_that_somebody_deleted_is_counted_by_what_the_status_says(self) -> None:
        found = begun(replicas=2)
        found.now += 15
        found.delete("Job", found.of("Job")[0]["metadata"]["name"])
        found.reconcile()
        assert found.step("a")["status"]["attempts"][0]["reason"] == "Lost"
        assert of(found) == (60, 40, 60)
        assert found.step("a")["status"]["counted"] == {"run": 1, "attempt": 1}

    def test_replaced_by_an_edit(self) -> None:
        found = begun()
        found.apply(pipeline(gpu("a", 3, script="other")))
        found.now += 5
        begin(found)
        assert of(found) == (20, 10, 20)
        end(found, after=15)
        assert of(found) == (20 + 3 * 30, 10 + 3 * 20, 20)
        assert used(found.status) == of(found)

    def test_replaced_and_then_held_back_by_the_pipelines_own_limit(self) -> None:
        found = begun()
        found.apply(pipeline(step("other", duration="2h"), gpu("a", script="other"), parallelism=1))
        found.now += 5
        found.reconcile()
        assert found.step("a")["status"]["reason"] == "Parallelism"
        assert of(found) == (20, 10, 20)
        assert found.step("a")["status"]["lastRun"] == 1, "no other run may take its number"
        found.run()
        assert found.step("a")["status"]["run"] == 2

    def test_a_container_that_never_started(self) -> None:
        found = cluster(pipeline(gpu("a", startTimeout="1m")))
        found.reconcile()
        found.now += 60
        found.reconcile()
        assert of(found) == (60, 0, 60)

    def test_one_that_kueue_preempts_and_lets_run_again(self) -> None:
        found = cluster(pipeline(gpu("a"), queueName="team"))
        found.reconcile()
        job = found.of("Job")[0]

        def let_run() -> None:
            job["spec"]["suspend"], job["status"] = False, {}
            began = stamp(found.now)
            found.now += 10
            found.start_pods()
            job["status"] = {"startTime": began, "conditions": [{"type": "Suspended", "status": "False"}]}
            found.changed(job)
            found.now += 5
            found.reconcile()

        found.now += 1000
        let_run()
        found.now += 5
        job["spec"]["suspend"] = True
        job["status"]["conditions"][0]["status"] = "True"
        found.changed(job)
        found.delete("Pod", found.of("Pod")[0]["metadata"]["name"])
        found.reconcile()
        assert found.phases() == {"a": "Queued"}
        assert of(found) == (20, 10, 20)
        assert "allocation" not in found.step("a")["status"]
        found.now += 1000
        found.reconcile()
        let_run()
        found.now += 15
        found.finish()
        found.reconcile()
        assert found.phases() == {"a": "Succeeded"}
        assert of(found) == (20 + 30, 10 + 20, 20)


class TestOnce:
    def test_runs_add_up(self) -> None:
        found = cluster(pipeline(gpu("a", each={"n": [1, 2]}), gpu("b", needs=["a"])))
        for number in (1, 2, 3):
            found.run(seconds=7)
            assert [of(found, path) for path in ("a.0", "a.1", "b")] == [(7 * number, 7 * number, 0)] * 3
            assert used(found.status) == (21 * number, 21 * number, 0)
            found.annotate(found.of("Pipeline")[0], labels.RERUN, f"again-{number}")
            for write in found.writes_of(found.plan()):
                write()
            assert found.status["phase"] == "Pending"
            assert used(found.status) == (21 * number, 21 * number, 0), "what was used is not forgotten meanwhile"

    def test_nothing_is_left_to_write_once_it_is_counted(self) -> None:
        found = cluster(pipeline(gpu("a", **ONCE_MORE), gpu("b", needs=["a"]), onFailure="Undo"), a=[1, 0], b=2)
        found.run(seconds=5)
        before = copy.deepcopy(found.status)
        for seconds in (0, 1, 60, 86_400):
            found.now += seconds
            assert found.writes_of(found.plan()) == []
        assert found.status == before

    @pytest.mark.parametrize("outcome", [0, 1])
    def test_a_plan_of_which_nothing_was_written_counts_nothing(self, outcome: int) -> None:
        """The operator is killed before the write, and again after some of the writes."""
        found = cluster(pipeline(gpu("a", **ONCE_MORE)), a=[outcome, 0])
        begin(found)
        found.now += 15
        found.finish()
        for _ in range(3):
            assert used(found.plan().step_statuses[0][1]) == (30, 20, 30 * outcome)
        found.now += 100
        step_writes = [write for write in found.writes_of(found.plan()) if write.args[0]["kind"] == "Step"]  # type: ignore[attr-defined]
        step_writes[0]()
        found.reconcile()
        assert of(found) == (30, 20, 30 * outcome)
        assert found.step("a")["status"]["counted"] == {"run": 1, "attempt": 1}

    def test_it_costs_no_writes(self) -> None:
        def writes(make: Any) -> int:
            flow = pipeline(make("a", **ONCE_MORE, each={"n": [1, 2]}), make("b", needs=["a"]))
            found = cluster(flow, **{"a.0": [1, 0]})
            found.run(seconds=7)
            return found.writes

        assert writes(gpu) == writes(step)

    def test_a_pipelines_status_is_not_written_for_usage_alone_before_its_end(self) -> None:
        found = begun()
        observed = found.observe()
        name, one = next(iter(observed.steps.items()))
        counted = [{"resource": GPU, "reservedSeconds": 5, "busySeconds": 5, "lostSeconds": 5}]
        later = replace(observed, steps={name: replace(one, status={**one.status, "usage": counted})})
        assert plan(later).pipeline_status is None

    def test_a_step_that_the_manifest_no_longer_has_takes_its_share_with_it(self) -> None:
        found = cluster(pipeline(gpu("a"), gpu("b")))
        found.run(seconds=5)
        assert used(found.status) == (10, 10, 0)
        found.apply(pipeline(gpu("a")))
        found.run(seconds=5)
        assert used(found.status) == (5, 5, 0)
        assert found.writes_of(found.plan()) == []


@pytest.mark.parametrize("jump", [-50.0, -100_000.0])
def test_a_clock_that_jumps_back_takes_nothing_away(jump: float) -> None:
    found = begun()
    found.now += jump
    found.finish()
    found.reconcile()
    assert found.phases() == {"a": "Succeeded"}
    assert of(found) == (0, 0, 0)


def test_undos_count_too() -> None:
    undoable = gpu("a", undo={"script": "undo", "retry": {"limit": 1, "backoff": {"initial": "1s"}}})
    found = cluster(pipeline(undoable, step("b", needs=["a"]), onFailure="Undo"), b=1)
    tries = iter([1, 0])
    run = found.work
    found.work = lambda job, env: (
        (next(tries), "") if labels.PURPOSE in job["metadata"]["annotations"] else run(job, env)
    )
    found.run(seconds=10)
    status = found.step("a")["status"]
    assert [("reason" in one) for one in status["undo"]["attempts"]] == [True, False]
    assert used(status) == (30, 30, 10)
    assert status["counted"] == {"run": 1, "undoRound": 1, "attempt": 2}
    assert used(found.status) == (30, 30, 10)


def test_a_step_on_its_own() -> None:
    found = Cluster(succeed)
    spec = {"image": "i", "resources": {"requests": {GPU: 2}}, **ONCE_MORE}
    one = found.create({"kind": "Step", "metadata": {"name": "alone", "namespace": "ns"}, "spec": spec})
    assert one is not None
    compiled = compile_step("alone", StepSpec.model_validate(spec))
    assert compiled.graph is not None

    def turn() -> list[Ready]:
        view = step_view(one)
        jobs = [job_view(job) for job in found.of("Job")]
        pods = {job.uid: [pod_view(pod) for pod in found.of("Pod") if pod_view(pod).job == job.uid] for job in jobs}
        wanted = plan_step(view, compiled, jobs, pods, found.now, {}, {}, {}, {})
        for _, status in wanted.step_statuses:
            one["status"] = status
        return wanted.ready

    (ready,) = turn()
    found.create(job_manifest(compiled.graph, ready, None, "courier"))
    found.now += 10
    found.start_pods()
    found.now += 20
    turn()
    found.finish()
    turn()
    turn()
    assert one["status"]["phase"] == "Succeeded"
    assert used(one["status"]) == (60, 40, 0)


def test_an_attempt_is_counted_once_though_the_status_forgot_it() -> None:
    """Whatever a status says of its attempts: what `counted` names is counted."""
    found = begun()
    end(found, after=15)
    observed = found.observe()
    view = observed.steps["a"]
    forgetful = replace(view, status={key: view.status[key] for key in ("phase", "usage", "counted")})
    ended = dict(view.status)
    ((_, status),) = usage.account(replace(observed, steps={"a": forgetful}), {"a": ended})
    assert used(status) == of(found)
