"""Nobody can take more of the server than is theirs, and who sends half a request is not waited for."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest
from tests.unit.web.page import Page

from penstock.web.access import guard
from penstock.web.http import streams
from penstock.web.server import application

LIST = "api/pipelines/stream"
MANY = 200


def tab(page: Page, name: str) -> Any:
    return page.ask(LIST, Last_Event_ID="", X_Penstock_Tab=name)


async def refused(page: Page, name: str) -> tuple[int, str | None]:
    async with tab(page, name) as answer:
        return answer.status, answer.headers.get("Retry-After")


async def test_a_viewer_has_six_tabs_and_a_tab_that_is_closed_makes_room(page: Page) -> None:
    async with AsyncExitStack() as opened:
        for at in range(5):
            await opened.enter_async_context(tab(page, f"tab-{at}"))
        last = await tab(page, "tab-5")
        assert last.status == 200
        assert await refused(page, "tab-6") == (503, "15")
        last.close()
        while True:  # until the server has noticed
            status, _ = await refused(page, "tab-6")
            if status == 200:
                break
            await asyncio.sleep(0.01)


async def test_another_stream_of_a_tab_takes_the_place_of_the_one_before(page: Page) -> None:
    async with AsyncExitStack() as opened:
        for at in range(6):
            await opened.enter_async_context(tab(page, f"tab-{at}"))
        first = await opened.enter_async_context(tab(page, "tab-0"))
        assert first.status == 200
        second = await opened.enter_async_context(tab(page, "tab-0"))
        assert second.status == 200
        while await _read(first):  # what was there before it ended
            pass
        assert await second.content.readline() == b"event: reset\n"
        assert await refused(page, "tab-6") == (503, "15")


async def _read(answer: Any) -> bytes:
    try:
        return bytes(await answer.content.readline())
    except Exception:
        return b""


async def test_there_are_so_many_in_all(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST", 2)
    async with tab(page, "one"), tab(page, "two"):
        assert await refused(page, "three") == (503, "15")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "HEADER_SECONDS", 0.5)
    monkeypatch.setattr(application, "LINGERING_SECONDS", 0.5)
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.5)


@pytest.mark.parametrize("begun", ["", "GET / HTT", "GET /api/hello HTTP/1.1\r\nHost: x\r\nX-Long: "])
async def test_half_open_requests_are_closed_and_keep_nobody_waiting(impatient: None, page: Page, begun: str) -> None:
    host, port = page.place.removeprefix("http://").strip("/").split(":")
    opened = [await asyncio.open_connection(host, int(port)) for _ in range(MANY)]
    for _, writer in opened:
        writer.write(begun.encode())
    assert (await page.get("api/hello"))["user"] == "ada"
    ends = await asyncio.gather(*(reader.read() for reader, _ in opened))
    assert set(ends) <= {b""}
    for _, writer in opened:
        writer.close()


async def test_a_head_that_comes_in_drops_is_not_waited_for(impatient: None, page: Page) -> None:
    host, port = page.place.removeprefix("http://").strip("/").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    ended = asyncio.create_task(reader.read())
    writer.write(b"GET / HTTP/1.1\r\n")
    for _ in range(1_000):
        writer.write(b"X")
        await asyncio.sleep(0.05)
        if ended.done():
            break
    (end,) = await asyncio.gather(ended, return_exceptions=True)
    assert end == b"" or isinstance(end, ConnectionError)
    writer.close()


async def test_a_body_that_nobody_reads_is_not_waited_for(impatient: None, page: Page) -> None:
    host, port = page.place.removeprefix("http://").strip("/").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = f"POST /api/pipelines HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {page.token}\r\n"
    writer.write(f"{head}Content-Length: 5000\r\n\r\nhalf".encode())
    assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
    await reader.read()  # until it is closed
    writer.close()
