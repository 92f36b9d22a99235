"""The whole operator, watches by kopf included, against an API server in memory."""

import asyncio
import itertools
import json
from typing import Any

import pytest

from penstock.core import labels
from tests.shell.conftest import running, settled, until
from tests.shell.fake import FakeCluster
from tests.shell.objects import Object

NAMES = ("first", "second", "third")


def pipeline(name: str = "p", **changes: Any) -> Object:
    """Three steps in a row that pass a number on."""
    steps: list[Object] = [{"name": "first", "outputs": [{"name": "n", "type": "Integer"}]}]
    for before, after in itertools.pairwise(NAMES):
        steps.append(
            {
                "name": after,
                "inputs": [{"name": "n", "from": f"{before}.n"}],
                "outputs": [{"name": "n", "type": "Integer"}],
            }
        )
    spec = {
        "defaults": {"image": "i"},
        "steps": steps,
        "outputs": [{"name": "n", "from": "third.n"}],
        **changes,
    }
    return {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "Pipeline",
        "metadata": {"name": name},
        "spec": spec,
    }


def add_one(job: Object) -> str:
    """The container: its input, or 0, and one more."""
    env = {one["name"]: one.get("value") for one in job["spec"]["template"]["spec"]["containers"][0]["env"]}
    return json.dumps({"n": int(env.get("INPUT_N", 0)) + 1})


def phase(cluster: FakeCluster, name: str = "p") -> str:
    """Phase of a Pipeline."""
    found: str = (cluster.get("pipelines", name).get("status") or {}).get("phase", "Pending")
    return found


async def drive(cluster: FakeCluster, *names: str, code: int = 0) -> None:
    """Runs pods until all Pipelines have ended."""

    def over() -> bool:
        cluster.work(add_one, code)
        return all(phase(cluster, name) in ("Succeeded", "Failed") for name in names or ("p",))

    await until(over)


def jobs(cluster: FakeCluster) -> list[tuple[str, str, str]]:
    """Every Job that was ever created: step, run, attempt."""
    return sorted(name.removeprefix("jobs/") for name in cluster.created if name.startswith("jobs/"))  # type: ignore[misc]


async def test_a_chain_runs_and_passes_its_values_on(cluster: FakeCluster) -> None:
    async with running(cluster):
        cluster.apply(pipeline())
        await drive(cluster)
    status = cluster.get("pipelines", "p")["status"]
    assert (status["phase"], status["progress"], status["outputs"]) == ("Succeeded", "3/3", {"n": 3})
    assert [step["status"]["phase"] for step in cluster.all("steps")] == ["Succeeded"] * 3
    assert len(jobs(cluster)) == 3


async def test_writes_are_few_and_nothing_is_written_once_all_is_over(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a wait that a slow machine makes long is told
    monkeypatch.setattr("penstock.core.step.waiting.PATIENCE", 3600.0)
    monkeypatch.setattr("penstock.core.step.runs.STARTING_PATIENCE", 3600.0)
    async with running(cluster) as operator:
        cluster.apply(pipeline())
        await drive(cluster)
        await settled(operator)
        writes = sum(count for (verb, _), count in cluster.requests.items() if verb != "GET")
        assert cluster.requests["POST", "jobs"] == cluster.requests["POST", "steps"] == 3
        assert cluster.requests["PUT", "steps"] <= 6
        assert cluster.requests["PUT", "pipelines"] <= 7
        await asyncio.sleep(1.0)  # nothing may come
        assert sum(count for (verb, _), count in cluster.requests.items() if verb != "GET") == writes


@pytest.mark.parametrize("code", [429, 500, 503])
async def test_a_server_in_trouble_is_asked_again(cluster: FakeCluster, code: int) -> None:
    count = 0

    def every_third(verb: str, _: str) -> int | None:
        nonlocal count
        count += verb != "GET"
        return code if verb != "GET" and count % 3 == 0 else None

    async with running(cluster):
        cluster.faults.append(every_third)
        cluster.apply(pipeline())
        await drive(cluster)
    assert count > 9
    assert len(jobs(cluster)) == 3


async def test_conflicts_make_it_look_again(cluster: FakeCluster) -> None:
    async with running(cluster):
        cluster.apply(pipeline())

        def over() -> bool:
            cluster.work(add_one)
            for plural in ("pipelines", "steps"):
                for obj in cluster.all(plural)[:1]:  # somebody else writes all the time
                    notes = obj["metadata"].setdefault("annotations", {})
                    if int(notes.get("n", 0)) < 30:
                        notes["n"] = str(int(notes.get("n", 0)) + 1)
                        cluster.update(plural, obj)
            return phase(cluster) == "Succeeded"

        await until(over)
    assert len(jobs(cluster)) == 3


async def test_killed_at_any_moment_no_job_runs_twice(cluster: FakeCluster) -> None:
    cluster.apply(pipeline())
    for number in range(12):
        async with running(cluster):
            for _ in range(number % 4):
                await asyncio.sleep(0.004)
        if number % 3 == 2:
            cluster.work(add_one)
    async with running(cluster):
        await drive(cluster)
    found = jobs(cluster)
    assert len(found) == len(set(found)) == 3
    assert cluster.get("pipelines", "p")["status"]["outputs"] == {"n": 3}


async def test_what_a_broken_watch_did_not_tell_a_resync_finds(cluster: FakeCluster) -> None:
    async with running(cluster) as operator:
        cluster.apply(pipeline())
        await until(lambda: list(cluster.pending()))
        cluster.delete("steps", "ns", "p.third", quietly=True)
        await asyncio.sleep(0.1)
        assert ("steps", "ns", "p.third") not in cluster.objects
        await operator.lister.compare()
        await drive(cluster)
    assert cluster.get("pipelines", "p")["status"]["outputs"] == {"n": 3}


@pytest.mark.parametrize("unheard", [False, True])
async def test_a_label_that_is_taken_off_and_put_back_costs_nothing(cluster: FakeCluster, unheard: bool) -> None:
    async with running(cluster) as operator:
        cluster.apply(pipeline())
        await until(lambda: list(cluster.pending()))
        (job,) = cluster.pending()
        shelf = operator.store.jobs
        if unheard:
            cluster.deaf.add("jobs")
        cluster.label("jobs", job["metadata"]["name"], labels.MANAGED_BY, None)
        if unheard:
            await operator.lister.compare()
            cluster.deaf.clear()
        await until(lambda: len(shelf) == 0)
        cluster.label("jobs", job["metadata"]["name"], labels.MANAGED_BY, labels.PENSTOCK)
        await until(lambda: len(shelf) == 1)
        await drive(cluster)
    assert len(jobs(cluster)) == 3


async def test_a_watch_that_is_cut_goes_on(cluster: FakeCluster) -> None:
    async with running(cluster):
        cluster.apply(pipeline())
        await until(lambda: list(cluster.pending()))
        before = cluster.watches
        cluster.tell("pods", "ERROR", {"metadata": {}, "code": 410})
        cluster.cut_watches()
        await until(lambda: cluster.watches >= before + 5)
        await drive(cluster)
    assert len(jobs(cluster)) == 3


async def test_an_object_that_cannot_be_read_harms_no_other(cluster: FakeCluster) -> None:
    bad = pipeline("bad")
    async with running(cluster):
        poisoned = cluster.create("pipelines", "ns", bad)
        cluster.update("pipelines", {**poisoned, "status": ["nonsense"]})
        cluster.update("pipelines", {**poisoned, "spec": 5, "status": {"conditions": 7}})
        cluster.apply(pipeline())
        await drive(cluster, "p")
    assert phase(cluster) == "Succeeded"


async def test_a_job_of_somebody_else_is_never_adopted(cluster: FakeCluster) -> None:
    def version(timeout: str) -> Object:
        return pipeline(steps=[{"name": "only", "startTimeout": timeout}], outputs=[])

    async with running(cluster):
        cluster.apply(version("1h"))
        await until(lambda: list(cluster.pending()))
        name = cluster.all("jobs")[0]["metadata"]["name"]
    cluster.delete("jobs", "ns", name)
    cluster.create("jobs", "ns", {"metadata": {"name": name, "labels": {}}, "spec": {}})
    cluster.apply(version("1s"))
    async with running(cluster):
        await until(lambda: phase(cluster) == "Failed")
    assert "belongs to somebody else" in cluster.get("steps", "p.only")["status"]["message"]


async def test_a_job_that_the_server_refuses_fails_its_step_and_is_not_tried_for_ever(cluster: FakeCluster) -> None:
    tried = 0

    def refuse(verb: str, path: str) -> int | None:
        nonlocal tried
        wanted = verb == "POST" and path.endswith("/jobs")
        tried += wanted
        return 422 if wanted else None

    cluster.faults.append(refuse)
    async with running(cluster):
        cluster.apply(pipeline())
        await until(lambda: phase(cluster) == "Failed")
    assert tried == 1
    assert "a fault of this test" in cluster.get("steps", "p.first")["status"]["message"]


async def test_a_refusal_for_now_is_waited_out(cluster: FakeCluster) -> None:
    tried = 0

    def refuse(verb: str, path: str) -> int | None:
        nonlocal tried
        wanted = verb == "POST" and path.endswith("/jobs")
        tried += wanted
        return 403 if wanted and tried < 3 else None

    cluster.faults.append(refuse)
    async with running(cluster):
        cluster.apply(pipeline(steps=[{"name": "only"}], outputs=[]))
        await until(lambda: "status" in cluster.objects.get(("steps", "ns", "p.only"), {}))
        assert cluster.get("steps", "p.only")["status"]["phase"] == "Queued"
        await drive(cluster)
    assert phase(cluster) == "Succeeded"


async def test_the_words_of_the_cluster_reach_the_step(cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock.engine.trouble.PATIENCE", 0.0)
    monkeypatch.setattr("penstock.core.step.runs.STARTING_PATIENCE", 0.0)
    async with running(cluster):
        cluster.apply(pipeline())
        await until(lambda: list(cluster.pending()))
        (job,) = cluster.pending()
        event = {
            "metadata": {"name": "e"},
            "type": "Warning",
            "reason": "FailedCreate",
            "message": "exceeded quota",
            "lastTimestamp": "2026-01-01T00:00:00Z",
            "involvedObject": {"kind": "Job", "uid": job["metadata"]["uid"]},
        }
        cluster.create("events", "ns", event)
        await until(lambda: (cluster.get("steps", "p.first").get("status") or {}).get("message"))
    assert "exceeded quota" in cluster.get("steps", "p.first")["status"]["message"]


async def test_a_deleted_pipeline_is_let_go(cluster: FakeCluster) -> None:
    async with running(cluster) as operator:
        cluster.apply(pipeline())
        await drive(cluster)
        cluster.delete("pipelines", "ns", "p")
        store = operator.store
        await until(lambda: not any(map(len, (store.pipelines, store.steps, store.jobs, store.pods))))
        await until(lambda: not operator.loop._turns)
    assert cluster.all("jobs") == []


async def test_many_pipelines_at_once(cluster: FakeCluster) -> None:
    names = [f"p{number}" for number in range(20)]
    async with running(cluster):
        for name in names:
            cluster.apply(pipeline(name))
        await drive(cluster, *names)
    assert {phase(cluster, name) for name in names} == {"Succeeded"}
    assert len(jobs(cluster)) == 60


async def test_a_step_alone_runs(cluster: FakeCluster) -> None:
    step = {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "Step",
        "metadata": {"name": "alone"},
        "spec": {"image": "i", "outputs": [{"name": "n", "type": "Integer"}]},
    }
    async with running(cluster):
        cluster.apply(step)

        def over() -> bool:
            cluster.work(add_one)
            return (cluster.get("steps", "alone").get("status") or {}).get("phase") == "Succeeded"

        await until(over)
    assert cluster.get("steps", "alone")["status"]["outputs"] == {"n": 1}


async def test_events_tell_of_transitions_only(cluster: FakeCluster) -> None:
    async with running(cluster) as operator:
        cluster.apply(pipeline())
        await drive(cluster)
        await until(lambda: len(cluster.all("events")) >= 2)
        await settled(operator)
    about = [(one["regarding"]["kind"], one["action"]) for one in cluster.all("events")]
    assert sorted(about) == [("Pipeline", "Running"), ("Pipeline", "Succeeded")]


async def test_jobs_carry_what_adoption_asks_for(cluster: FakeCluster) -> None:
    async with running(cluster):
        cluster.apply(pipeline())
        await until(lambda: list(cluster.pending()))
    (job,) = cluster.pending()
    assert job["metadata"]["annotations"].keys() >= {labels.RUN, labels.FINGERPRINT}
    assert job["metadata"]["ownerReferences"][0]["uid"] == cluster.get("steps", "p.first")["metadata"]["uid"]


async def test_a_job_that_is_seen_complete_before_its_pod_does_not_run_again(cluster: FakeCluster) -> None:
    done = {"type": "Complete", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    async with running(cluster):
        cluster.apply(pipeline())
        cluster.deaf.add("pods")

        def over() -> bool:
            started = [job["metadata"]["name"] for job in cluster.pending()]
            cluster.work(add_one)
            for name in started:
                cluster.update("jobs", {**cluster.get("jobs", name), "status": {"conditions": [done]}})
            return phase(cluster) == "Succeeded"

        await until(over)
    assert len(jobs(cluster)) == 3
