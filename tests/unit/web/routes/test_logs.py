"""Logs reach the page as the API server tells them, a few at a time, and only to whoever may read them."""

import asyncio
import gc
from typing import Any

import pytest
from tests.scenes.api import SceneApi
from tests.scenes.logs import ContainerLog, instant
from tests.unit.web.page import Page

from penstock.cluster import reading

STEP = "api/pipelines/ml/digits/steps/train"


@pytest.fixture
async def pods(page: Page) -> list[str]:
    """Those of the second and the first attempt of `train`."""
    return [one["pod"] for one in (await page.get(f"{STEP}/logs"))["logs"]]


async def text(page: Page, path: str) -> str:
    async with page.ask(path) as answer:
        assert answer.status == 200, await answer.text()
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        return str(await answer.text())


async def error(page: Page, path: str, **headers: str) -> tuple[int, str]:
    async with page.ask(path, **headers) as answer:
        return answer.status, (await answer.json())["error"]


def many(count: int, first: int = 0) -> list[tuple[float, str]]:
    """Lines; every three are written at one instant."""
    return [(1000.0 + at // 3, f"line {at}") for at in range(first, first + count)]


async def test_attempts_to_choose_from_the_latest_first(page: Page) -> None:
    told = await page.get(f"{STEP}/logs")
    assert [(one["attempt"], one["replica"], one["undo"], one["ended"]) for one in told["logs"]] == [
        (2, None, False, False),
        (1, None, False, True),
    ]
    assert (await page.get("api/pipelines/ml/digits/steps/evaluate/logs"))["logs"] == []


async def test_the_last_5000_lines_and_what_comes_after(api: SceneApi, page: Page, pods: list[str]) -> None:
    log = api.logs[pods[0]] = ContainerLog(many(6_000), ended=False)
    async with page.ask(f"{STEP}/log?pod={pods[0]}") as answer:
        first = await answer.content.readline()
        assert first.decode() == f"{instant(1333.0)} line 1000\n"
        for _ in range(4_999):
            last = await answer.content.readline()
        assert last.decode().endswith(" line 5999\n")
        log.say(4_000.25, "more")
        assert (await answer.content.readline()).decode() == f"{instant(4000.25)} more\n"
        log.end()
        assert await answer.content.read() == b""


async def test_what_was_missed_is_asked_for_by_its_instant(api: SceneApi, page: Page, pods: list[str]) -> None:
    api.logs[pods[1]] = ContainerLog(many(9))
    told = await text(page, f"{STEP}/log?pod={pods[1]}&since={instant(1002.0)}")
    assert [line.split(" ", 1)[1] for line in told.splitlines()] == ["line 6", "line 7", "line 8"]


@pytest.mark.parametrize("have", [2_000, 2_001, 2_002])
async def test_lines_before_those_that_are_known(api: SceneApi, page: Page, pods: list[str], have: int) -> None:
    """More come in meanwhile, and several were written at one instant: none is told twice, and none left out."""
    log = api.logs[pods[0]] = ContainerLog(many(6_000), ended=False)
    known = log.lines[-have:]
    when = known[0][0]
    same = sum(one == when for one, _ in known)
    log.say(9_000.0, "more", "and more")
    told = await text(page, f"{STEP}/log/earlier?pod={pods[0]}&have={have}&before={when}&same={same}")
    first, last = 6_000 - have - 998, 6_000 - have - 1
    lines = [line.split(" ", 1)[1] for line in told.splitlines()]
    assert (lines[0], lines[-1], len(lines)) == (f"line {first}", f"line {last}", 998)


async def test_before_the_first_line_there_is_nothing(api: SceneApi, page: Page, pods: list[str]) -> None:
    api.logs[pods[0]] = ContainerLog(many(10))
    assert await text(page, f"{STEP}/log/earlier?pod={pods[0]}&have=10&before={instant(1000.0)}&same=3") == ""
    assert await text(page, f"{STEP}/log/earlier?pod={pods[0]}&have=10&before={instant(7.0)}&same=1") == ""


async def test_a_line_without_end_fills_no_memory(
    api: SceneApi, page: Page, pods: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LINE_BYTES", 100)
    api.logs[pods[0]] = ContainerLog([(1000.0, "a"), (1001.0, "x" * 200_000), (1002.0, "y" * 69), (1003.0, "b")])
    told = await text(page, f"{STEP}/log/earlier?pod={pods[0]}&have=1&before={instant(1003.0)}&same=1")
    first, long, whole = (line.split(" ", 1)[1] for line in told.splitlines())
    assert (first, long, whole) == ("a", "x" * 69 + reading.CUT.decode(), "y" * 69)
    async with page.ask(f"{STEP}/log?pod={pods[0]}") as answer:
        assert len(await answer.text()) > 200_000, "what passes through is not cut"


async def test_lines_before_are_bounded_together_and_the_nearest_are_told(
    api: SceneApi, page: Page, pods: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "EARLIER_BYTES", 1_000)
    api.logs[pods[0]] = ContainerLog([(1000.0 + at, f"{at:03} {'x' * 65}") for at in range(100)])
    for known in (f"have=5&before={instant(1095.0)}&same=1", "have=5&before=&same=0"):
        told = await text(page, f"{STEP}/log/earlier?pod={pods[0]}&{known}")
        numbers = [line.split(" ")[1] for line in told.splitlines()]
        assert numbers == [f"{at:03}" for at in range(95 - len(numbers), 95)]
        assert 0 < len(told) <= 1_000 + len(numbers)


async def test_the_whole_is_a_download_that_holds_once(
    api: SceneApi, page: Page, pods: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    api.logs[pods[0]] = ContainerLog(many(7_000))
    path = f"{page.place}{STEP}/log/ticket?pod={pods[0]}"
    async with page.session.post(path, headers=page.shown) as answer:
        ticket = (await answer.json())["path"]
    async with page.session.head(page.place + ticket) as answer:
        assert answer.status == 405, "whoever only looks at the address does not use it up"
    async with page.session.get(page.place + ticket) as answer:
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{pods[0]}.log"'
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        told = (await answer.text()).splitlines()
    assert (told[0], told[-1], len(told)) == ("line 0", "line 6999", 7_000)
    assert (await error(page, ticket))[0] == 404
    async with page.session.post(path) as answer:
        assert answer.status == 401
    monkeypatch.setattr("penstock.web.http.tickets.SECONDS", -1.0)
    async with page.session.post(path, headers=page.shown) as answer:
        ticket = (await answer.json())["path"]
    assert (await error(page, ticket))[0] == 404


async def test_what_the_api_server_refuses_is_told_in_its_words(api: SceneApi, page: Page, pods: list[str]) -> None:
    status, words = await error(page, f"{STEP}/log?pod={pods[0]}")
    assert (status, "is waiting to start: ContainerCreating" in words) == (202, True)
    api.logs[pods[0]] = ContainerLog(many(10))
    api.allows = lambda namespace, resource: resource != "pods/log"
    for path in (f"log?pod={pods[0]}", f"log/earlier?pod={pods[0]}&have=1&same=1&before=x"):
        status, words = await error(page, f"{STEP}/{path}")
        assert (status, "you are not allowed to do that: pods/log is forbidden" in words) == (403, True)
    api.allows = lambda namespace, resource: resource != "pods"
    assert (await error(page, f"{STEP}/logs"))[0] == 403


@pytest.mark.parametrize("counts", ["have=1000000&same=1", "have=1&same=1000000", "have=-1&same=1", "have=1"])
async def test_no_more_lines_are_counted_than_a_page_can_have(page: Page, pods: list[str], counts: str) -> None:
    """They are held while those before them are looked for."""
    assert (await error(page, f"{STEP}/log/earlier?pod={pods[0]}&before=x&{counts}"))[0] == 400


@pytest.mark.parametrize("pod", ["", "..", "a/../b", "a%2F..%2Fb", "%2e%2e", "x?y", "A"])
async def test_only_names_of_pods_are_asked_for(api: SceneApi, page: Page, pod: str) -> None:
    before = len(api.requests)
    for path in ("log?", "log/earlier?have=1&same=1&before=x&"):
        assert (await error(page, f"{STEP}/{path}pod={pod}"))[0] == 400
    async with page.session.post(f"{page.place}{STEP}/log/ticket?pod={pod}", headers=page.shown) as answer:
        assert answer.status == 400
    assert len(api.requests) == before


async def test_four_are_read_at_once(api: SceneApi, page: Page, pods: list[str]) -> None:
    api.logs[pods[0]] = ContainerLog(many(1), ended=False)
    path = f"{STEP}/log?pod={pods[0]}"
    streams = [await page.ask(path) for _ in range(4)]
    async with page.ask(path) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    streams.pop().close()
    while True:  # until the server has noticed
        status = await _status(page, path)
        if status != 503:
            break
        await asyncio.sleep(0.01)
    assert status == 200
    for one in streams:
        one.close()


async def _status(page: Page, path: str) -> int:
    async with page.ask(path) as answer:
        return int(answer.status)


async def test_nothing_is_left_of_readers_that_went_away(api: SceneApi, page: Page, pods: list[str]) -> None:
    log = api.logs[pods[0]] = ContainerLog(many(1), ended=False)
    for _ in range(12):
        async with page.ask(f"{STEP}/log?pod={pods[0]}") as answer:
            assert await answer.content.readline()
    while log.readers:
        await asyncio.sleep(0.01)
        gc.collect()


async def test_a_log_that_breaks_off_is_not_taken_for_ended(api: SceneApi, page: Page, pods: list[str]) -> None:
    log = api.logs[pods[0]] = ContainerLog(many(1), ended=False)
    async with page.ask(f"{STEP}/log?pod={pods[0]}") as answer:
        assert await answer.content.readline()
        log.cut()
        with pytest.raises(Exception, match="payload"):
            await answer.content.read()


async def test_the_undo_of_a_step_has_logs_of_its_own(api: SceneApi, page: Page) -> None:
    step: Any = api.objects["Step", "ml", "digits.train"]
    (job,) = [one["job"] for one in step["status"]["attempts"] if one["number"] == 2]
    api.put({**step, "status": {**step["status"], "undo": {"run": 1, "attempts": [{"number": 1, "job": job}]}}})
    told = await page.get(f"{STEP}/logs")
    assert [one["undo"] for one in told["logs"]] == [True, False]
