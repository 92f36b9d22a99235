"""Row W9: what a log of 200 MB costs: its first lines, following and searching it, and the whole as a download."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping

from playwright.sync_api import Browser, Page

from tests.bench.figures import Figure, percentile
from tests.bench.page.answered import TASKS
from tests.bench.page.server import Alone, heap, shown, tabs
from tests.browser.site import looking
from tests.scenes.logs import ContainerLog, instant
from tests.scenes.scenes import small

LINES = 2_000_000
RATE, SECONDS = 1_000, 30
FRAMES = """() => new Promise(done => {
    const sheet = document.querySelector(".sheet"), times = [], top = sheet.scrollHeight;
    let last = performance.now(), at = 0;
    const step = now => {
        times.push(now - last), last = now;
        sheet.scrollTop = (at += 1) * top / 240 % top;
        at < 240 ? requestAnimationFrame(step) : done(times.slice(2));
    };
    requestAnimationFrame(step);
})"""
SEARCH = """text => new Promise(done => {
    const input = document.querySelector(".find input"), began = performance.now();
    input.value = text;
    input.dispatchEvent(new Event("input", {bubbles: true}));
    const look = () => document.querySelector(".find [role=status]")
        ? done(performance.now() - began) : requestAnimationFrame(look);
    look();
})"""


class Synthetic(ContainerLog):
    """Two million lines of a hundred bytes, made as they are read."""

    def __init__(self) -> None:
        super().__init__(ended=False)
        self.began = time.time() - LINES / RATE
        self.written = LINES

    def line(self, at: int) -> tuple[str, str]:
        return instant(self.began + at / RATE), f"{at:09d} loss={at % 997 / 997:.4f} " + "x" * 75

    async def read(self, query: Mapping[str, str]) -> AsyncIterator[bytes]:
        at = max(0, self.written - int(query.get("tailLines", LINES + 10**9)))
        while True:
            while at < self.written:
                some = [self.line(one) for one in range(at, min(at + 1_000, self.written))]
                at += len(some)
                yield "".join(f"{f'{when} ' if 'timestamps' in query else ''}{line}\n" for when, line in some).encode()
            if "follow" not in query:
                return
            await self._more.wait()

    def grow(self, many: int) -> None:
        """More lines."""
        self.written += many
        self._wake()


def figures() -> list[Figure]:
    """The log of a step that runs."""
    log = Synthetic()
    with shown(small()) as (browser, site), looking(browser, site, "?pipeline=ml/digits&step=train") as page:
        site.log("digits", "train", 2, log)
        return _measured(browser, site, page, log)


def _measured(browser: Browser, site: Alone, page: Page, log: Synthetic) -> list[Figure]:
    page.get_by_role("button", name="Logs").wait_for()
    server, began = site.process.memory(), time.perf_counter()
    page.get_by_role("button", name="Logs").click()
    page.locator(".sheet .text").first.wait_for()
    first = (time.perf_counter() - began) * 1000
    page.get_by_text("5,000 lines").wait_for(timeout=60_000)
    page.evaluate(TASKS)
    _grow(page, site, log, RATE // 5, SECONDS * 5)
    tasks: list[float] = page.evaluate("tasks")
    _grow(page, site, log, 5_000, 33)
    page.get_by_text("200,000 lines").wait_for(timeout=60_000)
    frames: list[float] = page.evaluate(FRAMES)
    search = float(page.evaluate(SEARCH, "loss=0.5"))
    objects, tab = heap(page), max(one.memory() for one in tabs(browser))
    with page.expect_download(timeout=600_000) as waiting:
        page.get_by_role("button", name="Download the whole log").click()
    size = waiting.value.path().stat().st_size / 1e6
    return [
        Figure("W9", "log of 200 MB: first lines", first, "ms", 1_000),
        Figure("W9", f"log of 200 MB: longest task at {RATE:,} lines/s", max(tasks, default=0.0), "ms", 200),
        Figure("W9", "200,000 lines: frame while scrolling, p95", percentile(frames, 0.95), "ms", 50),
        Figure("W9", "200,000 lines: search", search, "ms", 300),
        Figure("W9", "200,000 lines: the tab's heap", objects, "MB", 150),
        Figure("W9", "200,000 lines: the tab's process", tab, "MB"),
        Figure("W9", f"log of {size:.0f} MB, downloaded: the server's memory grows by",
               site.process.memory() - server, "MB", 5),
    ]  # fmt: skip


def _grow(page: Page, site: Alone, log: Synthetic, lines: int, times: int) -> None:
    """So many lines more, five times a second."""
    for _ in range(times):
        site.do(lambda: log.grow(lines))
        page.wait_for_timeout(200)
