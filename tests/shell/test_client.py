"""The client: what is no answer of the API server, what may be repeated, whose connections are whose, who is let in."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from penstock.engine.client import Refused, Unreachable
from penstock.engine.resources import JOBS, PIPELINES, QUOTAS
from penstock.shell.access import access
from penstock.shell.client import HttpClient
from tests.shell.conftest import until
from tests.shell.discovery import GROUPS
from tests.shell.fake import FakeCluster
from tests.shell.kubeconfig import let_in, write_token
from tests.shell.objects import Object

PAGE = "<html><body>Please log in</body></html>"


def manifest(name: str = "j", **spec: Any) -> Object:
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "namespace": "ns"}, "spec": spec}


async def everything(client: HttpClient) -> list[str]:
    return [one["metadata"]["name"] async for _, page in client.pages(PIPELINES, None) for one in page]


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock.shell.client.random.uniform", lambda *_: 0.01)


# --- what is no answer -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [PAGE, "", '{"kind": "PipelineList", "met', "[1, 2]", '{"error": "no session"}'])
async def test_what_a_proxy_says_instead_is_as_good_as_no_answer(
    cluster: FakeCluster, client: HttpClient, text: str
) -> None:
    cluster.faults.append(lambda verb, path: text)
    with pytest.raises(Unreachable):
        await everything(client)
    with pytest.raises(Unreachable):
        await client.get(PIPELINES, "ns", "p")
    with pytest.raises(Unreachable):
        await client.create(JOBS, manifest(), retry=False)
    with pytest.raises(Unreachable if text else StopAsyncIteration):
        list(await anext(aiter(client.watch(PIPELINES, "ns", 1))))


async def test_what_is_read_is_asked_for_again(cluster: FakeCluster, client: HttpClient) -> None:
    cluster.create("pipelines", "ns", {"metadata": {"name": "p"}, "spec": {}})
    pages = [PAGE, PAGE]
    cluster.faults.append(lambda verb, path: pages.pop() if pages else None)
    assert await everything(client) == ["p"]


async def test_a_creation_whose_answer_is_lost_is_found_out_by_repeating_it(
    cluster: FakeCluster, client: HttpClient
) -> None:
    pages = [PAGE]
    cluster.lost.append(lambda verb, path: pages.pop() if pages else None)
    with pytest.raises(Refused, match="AlreadyExists"):
        await client.create(JOBS, manifest())
    assert cluster.created == ["jobs/j"]


async def test_what_must_not_be_repeated_is_not(cluster: FakeCluster, client: HttpClient) -> None:
    cluster.lost.append(lambda verb, path: PAGE)
    with pytest.raises(Unreachable):
        await client.create(JOBS, manifest(), retry=False)
    assert cluster.requests["POST", "jobs"] == 1


async def test_that_something_is_gone_only_the_api_server_can_say(cluster: FakeCluster, client: HttpClient) -> None:
    cluster.create("pipelines", "ns", {"metadata": {"name": "p"}, "spec": {}})
    with pytest.raises(Refused, match="404"):
        await client.get(PIPELINES, "ns", "other")

    async def lost_its_way(*_: Any) -> Any:
        return web.Response(status=404, text=PAGE, content_type="text/html")

    cluster._answer = lost_its_way  # type: ignore[assignment]
    with pytest.raises(Unreachable, match="not by the API server"):
        await client.get(PIPELINES, "ns", "p")


# --- whose connections are whose -------------------------------------------------------------------------------------


async def test_any_number_of_watches_leaves_connections_for_requests(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(GROUPS, ("", "v1"), {**GROUPS["", "v1"], "resourcequotas": "ResourceQuota"})
    client = HttpClient(cluster.url, "test", 4)
    cluster.create("pipelines", "ns", {"metadata": {"name": "p"}, "spec": {}})

    async def follow(namespace: str) -> None:
        async for _ in client.watch(QUOTAS, namespace, 1):
            pass

    watches = [asyncio.create_task(follow(f"ns{number}")) for number in range(40)]
    try:
        await until(lambda: len(cluster.watchers()) == 40)
        async with asyncio.timeout(10):
            assert await everything(client) == ["p"]
    finally:
        for task in watches:
            task.cancel()
        await asyncio.gather(*watches, return_exceptions=True)
        await client.close()


# --- who may write ---------------------------------------------------------------------------------------------------


async def test_nothing_is_written_once_the_time_is_over_but_reading_goes_on(
    cluster: FakeCluster, client: HttpClient
) -> None:
    left = 1.0
    client.time_left = lambda: left
    job = await client.create(JOBS, manifest())
    left = 0.0
    for write in (
        client.create(JOBS, manifest("k")),
        client.replace(JOBS, {**job, "spec": {"a": 1}}),
        client.patch(JOBS, "ns", "j", {"spec": {"a": 2}}),
        client.delete(JOBS, "ns", "j"),
    ):
        with pytest.raises(Unreachable, match="not sent"):
            await write
    assert await client.get(JOBS, "ns", "j") == job
    assert cluster.created == ["jobs/j"]


async def test_a_write_that_waits_for_its_turn_or_its_next_try_asks_again(
    cluster: FakeCluster, client: HttpClient
) -> None:
    left, failures = 1.0, 0

    def fail(verb: str, path: str) -> int | None:
        nonlocal left, failures
        failures += 1
        left = 0.0  # the process stands still between two tries
        return 503

    client.time_left = lambda: left
    cluster.faults.append(fail)
    with pytest.raises(Unreachable, match="not sent"):
        await client.create(JOBS, manifest())
    assert failures == 1


# --- who is let in ---------------------------------------------------------------------------------------------------


async def test_a_token_that_has_expired_is_read_anew(
    cluster: FakeCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = 0
    async with let_in(cluster, tmp_path, monkeypatch) as client:
        assert await everything(client) == []
        write_token(cluster, tmp_path, "second")
        cluster.tokens = {"second"}

        async def counted() -> Any:
            nonlocal read
            read += 1
            return await access()

        monkeypatch.setattr("penstock.shell.client.access", counted)
        assert await asyncio.gather(*(everything(client) for _ in range(10))) == [[]] * 10
        assert read == 1


async def test_a_watch_that_is_not_let_in_is_so_the_next_time(
    cluster: FakeCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with let_in(cluster, tmp_path, monkeypatch) as client:
        write_token(cluster, tmp_path, "second")
        cluster.tokens = {"second"}
        with pytest.raises(Refused, match="401"):
            await anext(aiter(client.watch(PIPELINES, None, 1)))
        watching = asyncio.ensure_future(anext(aiter(client.watch(PIPELINES, None, 1))))
        await until(cluster.watchers)
        cluster.create("pipelines", "ns", {"metadata": {"name": "p"}, "spec": {}})
        assert [event["type"] for event in await watching] == ["ADDED"]


async def test_credentials_that_stay_refused_are_told_and_not_asked_for_in_a_circle(
    cluster: FakeCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with let_in(cluster, tmp_path, monkeypatch) as client:
        cluster.tokens = set()
        with pytest.raises(Refused, match="401"):
            await everything(client)
        (tmp_path / "kubeconfig").write_text("{")
        with pytest.raises(Unreachable, match="no credentials"):
            await everything(client)
