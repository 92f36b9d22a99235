"""The proxy does to requests and watches what its rules say, on loopback in front of a small API server."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest
from aiohttp import web
from tests.faults.proxy import Proxy
from tests.faults.rules import (
    Answer,
    Cut,
    Drop,
    Duplicate,
    End,
    Fault,
    Freeze,
    Gone,
    Kill,
    Lose,
    Reorder,
    Repeat,
    Rule,
    Stale,
    Tear,
    Truncate,
)

JOBS = "/apis/batch/v1/namespaces/ns/jobs"


class Server:
    """Counts what it is asked, and has three events for whoever watches."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.versions: list[str] = []
        self.done = asyncio.Event()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if "watch" in request.query:
            response = web.StreamResponse()
            await response.prepare(request)
            for number in range(3):
                await response.write(b'{"type":"ADDED","object":{"n":%d}}\n' % number)
            await asyncio.wait_for(self.done.wait(), 10)
            return response
        self.asked.append(request.method)
        self.versions.append(request.query.get("resourceVersion", ""))
        version = str(len(self.asked))
        return web.json_response({"metadata": {"name": "x", "uid": "u", "resourceVersion": version}, "n": "." * 50})


class Rig:
    def __init__(self, proxy: Proxy, server: Server, session: aiohttp.ClientSession) -> None:
        self.proxy, self.server, self.session = proxy, server, session
        self.killed = 0

    async def ask(self, method: str = "POST", path: str = JOBS) -> tuple[int, str]:
        async with self.session.request(method, self.proxy.url + path) as got:
            return got.status, await got.text()

    async def watch(self) -> list[object]:
        found: list[object] = []
        async with self.session.get(self.proxy.url + JOBS, params={"watch": "1"}) as got:
            async for line in got.content:
                event = json.loads(line)
                found.append(event["object"].get("n", event["object"].get("code")))
                if len(found) == 3:
                    self.server.done.set()
        return found


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    server = Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    proxy = Proxy(f"http://127.0.0.1:{runner.addresses[0][1]}", ssl.create_default_context(), "1")
    await proxy.start()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        found = Rig(proxy, server, session)

        def kill() -> None:
            found.killed += 1

        proxy.kill = kill
        yield found
    server.done.set()
    await proxy.stop()
    await runner.cleanup()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - the proxy tells nobody
            await asyncio.sleep(0.01)


async def test_what_is_not_meant_goes_through_and_writes_are_recorded(rig: Rig) -> None:
    status, text = await rig.ask()
    assert status == 200
    assert json.loads(text)["metadata"]["uid"] == "u"
    await rig.ask("GET")
    (made,) = rig.proxy.made
    assert (made.call.verb, made.call.resource, made.call.name, made.code, made.version) == (
        "create",
        "jobs",
        "x",
        200,
        "1",
    )


async def test_refused(rig: Rig) -> None:
    rig.proxy.obey(Rule(Answer(429, "TooManyRequests", after=3), times=1))
    async with rig.session.post(rig.proxy.url + JOBS) as got:
        assert (got.status, got.headers["Retry-After"], (await got.json())["reason"]) == (429, "3", "TooManyRequests")
    assert rig.server.asked == []
    assert (await rig.ask())[0] == 200


@pytest.mark.parametrize(
    ("fault", "done", "killed"), [(Drop(), 0, 0), (Cut(), 1, 0), (Kill(), 0, 1), (Kill(after=True), 1, 1)]
)
async def test_no_answer_before_or_after_it_was_done(rig: Rig, fault: Fault, done: int, killed: int) -> None:
    rig.proxy.obey(Rule(fault))
    with pytest.raises(aiohttp.ClientError):
        await rig.ask()
    assert (len(rig.server.asked), rig.killed) == (done, killed)
    assert len(rig.proxy.made) == done


async def test_half_an_answer(rig: Rig) -> None:
    rig.proxy.obey(Rule(Truncate()))
    with pytest.raises(aiohttp.ClientError):
        await rig.ask()
    rig.proxy.obey(Rule(Truncate(honest=True)))
    status, text = await rig.ask()
    assert status == 200
    with pytest.raises(ValueError, match=r"delimiter|Unterminated|Expecting"):
        json.loads(text)


@pytest.mark.parametrize(("second", "version"), [(False, "1"), (True, "2")])
async def test_done_twice(rig: Rig, second: bool, version: str) -> None:
    rig.proxy.obey(Rule(Duplicate(second)))
    _, text = await rig.ask()
    assert rig.server.asked == ["POST", "POST"]
    assert json.loads(text)["metadata"]["resourceVersion"] == version


async def test_old_objects_and_lists(rig: Rig) -> None:
    for _ in range(3):
        await rig.ask("GET", f"{JOBS}/x")
    rig.proxy.obey(Rule(Stale(2)))
    _, text = await rig.ask("GET", f"{JOBS}/x")
    assert json.loads(text)["metadata"]["resourceVersion"] == "1"
    await rig.ask("GET")  # the version is asked for first: it is 4
    assert rig.server.versions[-1] == "2"


@pytest.mark.parametrize(
    ("rule", "seen"),
    [
        (Rule(Lose(), first=2, last=2), [0, 2]),
        (Rule(Repeat(), first=3), [0, 1, 2, 2]),
        (Rule(Reorder(), first=1, last=1), [1, 0, 2]),
        (Rule(Gone(), first=2), [0, 410]),
        (Rule(End(), first=2), [0]),
    ],
)
async def test_events(rig: Rig, rule: Rule, seen: list[int]) -> None:
    rig.proxy.obey(rule)
    if len(seen) < 3:
        asyncio.get_running_loop().call_later(0.5, rig.server.done.set)
    assert await rig.watch() == seen


async def test_a_torn_line(rig: Rig) -> None:
    rig.proxy.obey(Rule(Tear(), first=1))
    with pytest.raises((aiohttp.ClientError, ValueError)):
        await rig.watch()


async def test_frozen_until_it_thaws(rig: Rig) -> None:
    rig.proxy.obey(Rule(Freeze(), first=2))
    watching = asyncio.create_task(rig.watch())
    await until(lambda: bool(rig.proxy.book.struck))
    assert not watching.done()
    rig.proxy.obey()
    assert await watching == [0, 1, 2]


async def test_cut_off(rig: Rig) -> None:
    watching = asyncio.create_task(rig.watch())
    await until(lambda: bool(rig.proxy.calls))
    rig.proxy.cut()
    with pytest.raises(aiohttp.ClientError):
        await rig.ask()
    rig.proxy.mend()
    assert (await rig.ask())[0] == 200
    watching.cancel()


async def test_a_token_that_ends(rig: Rig) -> None:
    async def code(token: str) -> int:
        async with rig.session.post(rig.proxy.url + JOBS, headers={"Authorization": token}) as got:
            return got.status

    assert await code("Bearer old") == 200
    rig.proxy.revoke()
    assert [await code("Bearer old"), await code("Bearer new")] == [401, 200]
