"""Graphs: kept as long as they are needed, and Components wake nobody but those that wait for them."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest

from penstock.core.pipeline.revisions import RevisionView, edit_waits
from penstock.core.seen.views import PipelineView
from penstock.engine import graphs as module
from penstock.engine.graphs import Graphs
from penstock.engine.resources import PIPELINES
from penstock.engine.revisions import Revisions
from penstock.engine.store import Key, Store
from tests.shell.conftest import running, settled, until
from tests.shell.fake import FakeCluster
from tests.shell.objects import Object
from tests.shell.test_gone_jobs import starts
from tests.shell.test_loop import add_one, drive, jobs, phase, pipeline
from tests.shell.test_store import meta
from tests.shell.test_trouble_of_one import annotate

KEY = Key("ns", "p")


class NoRevisions(Revisions):
    """A cluster in which nothing was kept."""

    def __init__(self) -> None:
        self.asked = 0

    async def of(self, pipeline: PipelineView) -> list[RevisionView]:
        self.asked += 1
        return []


def put(store: Store, uid: str, version: int, **spec: object) -> PipelineView:
    """A Pipeline of the name `p` is there now."""
    steps = [{"name": "a", "image": "i", "script": uid}]
    store.put(PIPELINES, {"metadata": meta("p", uid, version), "spec": {"steps": steps, **spec}, "status": {}})
    found = store.pipeline(KEY)
    assert found is not None
    return found


async def test_a_pipeline_that_replaces_another_takes_the_place_of_its_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LINGERING", 0.0)
    store = Store()
    found = Graphs(store, NoRevisions(), ())
    for number in range(5):
        made = await found.pipeline(put(store, f"u-{number}", number + 1))
        assert made.compiled.graph is not None
        assert made.compiled.graph.tasks["a"].work.script == f"u-{number}"
        assert len(found) == 1
    found.release(KEY)
    await until(lambda: not len(found))


def component(name: str) -> Object:
    return {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "Component",
        "metadata": {"name": name},
        "spec": {"image": "i"},
    }


def using(name: str, component: str) -> Object:
    """A Pipeline of one step."""
    return pipeline(name, steps=[{"name": "a", "component": {"name": component}}], outputs=[])


async def test_a_component_wakes_only_who_waits_for_it(cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LINGERING", 0.0)
    async with running(cluster) as operator:
        cluster.apply(component("here"))
        for number in range(5):
            cluster.apply(using(f"done{number}", "here"))
        await drive(cluster, *(f"done{number}" for number in range(5)))
        cluster.apply(using("waits", "missing"))
        await until(lambda: phase(cluster, "waits") == "Invalid")
        await until(lambda: not len(operator.loop.observer.graphs))
        await settled(operator)
        before = cluster.requests["GET", "controllerrevisions"]
        cluster.apply(component("unused"))
        cluster.update("components", {**cluster.get("components", "here"), "spec": {"image": "other"}})
        await asyncio.sleep(0.3)
        assert cluster.requests["GET", "controllerrevisions"] == before
        cluster.apply(component("missing"))
        await drive(cluster, "waits")


@pytest.mark.parametrize("restarted", [False, True])
async def test_what_runs_while_an_edit_is_wrong_is_seen_to_its_end(cluster: FakeCluster, restarted: bool) -> None:
    def step(name: str) -> Object:
        status: Object = cluster.get("steps", f"p.{name}").get("status") or {}
        return status

    async with AsyncExitStack() as operators:
        await operators.enter_async_context(running(cluster))
        cluster.apply(pipeline())
        await until(lambda: len(cluster.all("jobs")) == 1)
        wrong = [*pipeline()["spec"]["steps"], {"name": "more", "needs": ["ghost"]}]
        cluster.apply(pipeline(steps=wrong))
        await until(lambda: phase(cluster) == "Invalid")
        if restarted:
            await operators.aclose()
            await operators.enter_async_context(running(cluster))
        cluster.work(add_one)
        await until(lambda: step("first").get("phase") == "Succeeded")
        await until(lambda: cluster.get("pipelines", "p")["status"]["progress"] == "1/3")
        assert (step("first")["outputs"], phase(cluster)) == ({"n": 1}, "Invalid")
        cluster.apply(pipeline())
        await drive(cluster)
    assert cluster.get("pipelines", "p")["status"]["phase"] == "Succeeded"
    assert len(jobs(cluster)) == 3


async def test_what_was_wrong_with_an_edit_is_not_told_of_the_next(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penstock.core.step.decide.BRIEF", 0.0)
    told: list[tuple[int, str]] = []

    def written(verb: str, path: str) -> None:
        if (verb, path.rpartition("/")[2]) == ("PUT", "status") and "/pipelines/" in path:
            status = cluster.get("pipelines", "p")["status"]
            told.append((status["observedGeneration"], status["phase"]))

    def unseen(view: PipelineView, *about: Any) -> bool:
        """The Job of `last` is not seen before the wrong edit: the answer to its creation was lost."""
        return view.status["phase"] == "Invalid" and edit_waits(view, *about)

    monkeypatch.setattr(module, "edit_waits", unseen)
    cluster.lost.append(written)
    last, right = [{"name": "last"}], [{"name": "a"}]
    async with running(cluster):
        cluster.apply(pipeline(steps=right, outputs=[], **{"finally": last}))
        await until(lambda: len(cluster.all("jobs")) == 1)
        cluster.work()
        await until(lambda: len(cluster.all("jobs")) == 2)
        cluster.apply(pipeline(steps=[{"name": "a", "needs": ["ghost"]}], outputs=[], **{"finally": last}))
        await until(lambda: phase(cluster) == "Invalid")
        starts(cluster)
        await until(lambda: (cluster.get("steps", "p.last").get("status") or {}).get("phase") == "Running")
        cluster.apply(pipeline(steps=right, outputs=[], **{"finally": last}))
        await until(lambda: phase(cluster) == "Running")
    assert (2, "Invalid") in told
    assert (3, "Invalid") not in told


async def test_a_rerun_of_no_step_resolves_no_components_anew(cluster: FakeCluster) -> None:
    def status() -> Object:
        found: Object = cluster.get("pipelines", "p")["status"]
        return found

    async with running(cluster):
        cluster.apply(component("train"))
        cluster.apply(using("p", "train"))
        await drive(cluster)
        cluster.update("components", {**cluster.get("components", "train"), "spec": {"image": "other"}})
        annotate(cluster, "pipelines", "p", "rerun", "t from=b")
        await until(lambda: status().get("rerun") == "t from=b")
        assert (status()["revision"], status()["round"]) == (1, 1)
        said = ("Rerun", "pipeline 'p' has no step 'b'")
        await until(lambda: said in [(one["action"], one["note"]) for one in cluster.all("events")])
        annotate(cluster, "pipelines", "p", "rerun", "u from=a")
        await until(lambda: status().get("rerun") == "u from=a")
        await drive(cluster)
    assert (status()["revision"], len(jobs(cluster))) == (2, 2)
    assert cluster.get("steps", "p.a")["spec"]["image"] == "other"
