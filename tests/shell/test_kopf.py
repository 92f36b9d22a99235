"""kopf's part: it begins and ends the operator, answers probes, watches what users write, and writes nothing."""

import asyncio
import socket
from collections.abc import AsyncIterator

import aiohttp
import pytest

from penstock.shell import session
from penstock.shell.client import HttpClient
from penstock.shell.handlers import run
from penstock.shell.process import Process
from penstock.shell.settings import Settings
from tests.shell.conftest import running, settled, until
from tests.shell.fake import FakeCluster
from tests.shell.test_loop import drive, pipeline

FINALIZER = "kopf.zalando.org/KopfFinalizerMarker"
"""What kopf takes off the objects of an operator that needs it no more."""


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "PAUSE", 0.05)


@pytest.fixture
async def process(cluster: FakeCluster) -> AsyncIterator[Process]:
    """One that is not begun yet."""
    client = HttpClient(cluster.url, "test", 16)
    settings = Settings.model_validate({"leaderElection": False, "resyncSeconds": 3600})
    yield Process(settings, "test", client=client)
    await client.close()


async def test_it_writes_nothing_and_posts_nothing(cluster: FakeCluster) -> None:
    async with running(cluster) as operator:
        manifest = pipeline()
        manifest["metadata"] |= {"finalizers": [FINALIZER], "annotations": {"kopf.zalando.org/x": "{}"}}
        cluster.apply(manifest)
        await drive(cluster)
        cluster.delete("pipelines", "ns", "p")
        await settled(operator)
        known = cluster.get("pipelines", "p")
        assert known["metadata"]["finalizers"] == [FINALIZER], "whoever put it there takes it off"
        cluster.update("pipelines", {**known, "metadata": {**known["metadata"], "finalizers": []}})
        await until(lambda: not len(operator.store.pipelines))
    paths = {(verb, path) for _, verb, path in cluster.writes}
    assert not [one for one in paths if one[0] == "PATCH" and "/pipelines/" in one[1]]
    assert not [one for one in paths if one[1].startswith("/api/v1/") and "events" in one[1]]
    assert {verb for verb, path in paths if "/pipelines/" in path} <= {"PUT"}, "of its status, by the operator"


async def unheard(path: str) -> None:
    """Nothing is made of it that kopf lists anew."""


async def test_its_session_cannot_write(cluster: FakeCluster, client: HttpClient) -> None:
    async with session.session(client, relisted=unheard) as kopfs:
        for verb in ("POST", "PATCH", "PUT", "DELETE"):
            with pytest.raises(RuntimeError, match="only read"):
                await kopfs.request(verb, f"{cluster.url}/apis/penstock.dev/v1alpha1/pipelines")
    assert cluster.writes == []


async def test_it_reads_nothing_before_everything_is_listed(cluster: FakeCluster, process: Process) -> None:
    cluster.pause = asyncio.Event()
    asked: list[str] = []
    cluster.faults.append(lambda _, path: asked.append(path))
    task = asyncio.create_task(run(process))
    await until(lambda: asked)
    await asyncio.sleep(0.2)
    assert not process.acting.is_set()
    assert not cluster.watchers()
    assert not [path for path in asked if path.endswith(("/api", "/apis", "v1", "v1alpha1"))]
    cluster.pause.set()
    await until(lambda: len(cluster.watchers()) >= 7)
    process.over.set()
    assert await task == 0


async def test_it_answers_probes_with_what_is_wrong(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}/healthz"
    task = asyncio.create_task(run(process, url))
    await until(process.acting.is_set)
    monkeypatch.setattr(process.operator, "problem", lambda: "all is lost")
    async with aiohttp.ClientSession() as probe:
        assert (await probe.get(url)).status == 500
        monkeypatch.setattr(process.operator, "problem", lambda: "")
        assert (await probe.get(url)).status == 200
    process.over.set()
    assert await task == 0


async def test_a_port_that_is_taken_is_told(process: Process, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert await run(process, f"http://127.0.0.1:{taken.getsockname()[1]}/healthz") == 2
    assert "choose other ports" in capsys.readouterr().out


@pytest.mark.parametrize("code", [403, 410, 500, 503])
async def test_a_refusal_of_lists_and_watches_ends_nothing(cluster: FakeCluster, code: int) -> None:
    async with running(cluster):
        codes = [code] * 6
        ours = ("/pipelines", "/components", "/pipelineschedules")
        cluster.faults.append(
            lambda verb, path: codes.pop() if verb == "GET" and path.endswith(ours) and codes else None
        )
        cluster.cut_watches()
        await until(lambda: not codes and len(cluster.watchers()) >= 7)
        cluster.apply(pipeline())
        await drive(cluster)
