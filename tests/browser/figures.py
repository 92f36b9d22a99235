"""What a log of 200 MB costs, on a synthetic source on loopback: `python -m tests.browser.figures`.

Figures of the machine on which it runs, for people to read; no test judges by them.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from penstock.core import labels
from tests.browser.conftest import QUIET
from tests.scenes.api import SceneApi
from tests.scenes.logs import ContainerLog, instant
from tests.scenes.scenes import small
from tests.scenes.stage import moved

LINES = 2_000_000
RATE = 1_000
FRAMES = """() => new Promise(done => {
    const sheet = document.querySelector(".sheet"), times = [], top = sheet.scrollHeight;
    let last = performance.now(), at = 0;
    const step = now => {
        times.push(now - last), last = now;
        sheet.scrollTop = (at += 1) * top / 240 % top;
        at < 240 ? requestAnimationFrame(step) : done(times.slice(2).sort((a, b) => a - b));
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
WATCH = """() => {
    window.tasks = [];
    const told = list => tasks.push(...list.getEntries().map(one => one.duration));
    new PerformanceObserver(told).observe({type: "longtask"});
}"""


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


def rss(pid: int) -> float:
    """MB."""
    (line,) = [one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


def renderers() -> list[float]:
    """MB of each process that shows a page."""
    found = []
    for one in Path("/proc").glob("[0-9]*"):
        try:
            if b"--type=renderer" in (one / "cmdline").read_bytes():
                found.append(rss(int(one.name)))
        except OSError:
            continue
    return found


def serve(api: SceneApi, loop: asyncio.AbstractEventLoop) -> None:
    """The API server, in a thread."""
    ready = threading.Event()

    async def begin() -> None:
        await api.start()
        ready.set()

    loop.create_task(begin())
    threading.Thread(target=loop.run_forever, daemon=True).start()
    ready.wait(60)


def show(name: str, value: float, unit: str, goal: str) -> None:
    print(f"{name:<58} {value:>9.1f} {unit:<3} {goal}", flush=True)


def measure(page: Page, address: str, log: Synthetic, server: int, loop: asyncio.AbstractEventLoop) -> None:
    """All figures."""
    place, _, token = address.partition("#")
    page.goto(f"{place}?pipeline=ml/digits&step=train#{token}")
    page.get_by_role("button", name="Logs").wait_for()
    before, began = rss(server), time.perf_counter()
    page.get_by_role("button", name="Logs").click()
    page.locator(".sheet .text").first.wait_for()
    show("first lines of a log of 200 MB", (time.perf_counter() - began) * 1000, "ms", "<= 1000")
    page.get_by_text("5,000 lines").wait_for()
    page.evaluate(WATCH)
    for _ in range(30 * 5):
        loop.call_soon_threadsafe(log.grow, RATE // 5)
        page.wait_for_timeout(200)
    tasks: list[float] = page.evaluate("tasks")
    show("1,000 lines/s for 30 s: longest task", max(tasks, default=0.0), "ms", "<= 200")
    for _ in range(33):
        loop.call_soon_threadsafe(log.grow, 5_000)
        page.wait_for_timeout(150)
    page.get_by_text("200,000 lines").wait_for(timeout=60_000)
    frames: list[float] = page.evaluate(FRAMES)
    show("scrolling through 200,000 lines: frame, p95", frames[len(frames) * 95 // 100], "ms", "<= 50")
    show("search in 200,000 lines", page.evaluate(SEARCH, "loss=0.5"), "ms", "<= 300")
    metrics: Any = page.context.new_cdp_session(page)
    metrics.send("HeapProfiler.collectGarbage")
    metrics.send("Performance.enable")
    told = {one["name"]: one["value"] for one in metrics.send("Performance.getMetrics")["metrics"]}
    show("tab with 200,000 lines: heap", told["JSHeapUsedSize"] / 2**20, "MB", "<= 150")
    show("tab with 200,000 lines: process", max(renderers(), default=0.0), "MB", "")
    with page.expect_download(timeout=300_000) as waiting:
        page.get_by_role("button", name="Download the whole log").click()
    began = time.perf_counter()
    size = waiting.value.path().stat().st_size
    show("the whole, downloaded", size / 2**20, "MB", f"in {time.perf_counter() - began:.0f} s")
    show("server: more memory after all this", rss(server) - before, "MB", "<= 5")


def main() -> None:
    """Measures, and prints."""
    loop, log = asyncio.new_event_loop(), Synthetic()
    api = SceneApi(moved(small(), time.time()))
    serve(api, loop)
    pods = [one for (kind, *_), one in api.objects.items() if kind == "Pod"]
    wanted = {labels.STEP: "train", labels.ATTEMPT: "2"}
    (pod,) = [one for one in pods if wanted.items() <= one["metadata"]["labels"].items()]
    api.logs[pod["metadata"]["name"]] = log
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        config = api.kubeconfig(Path(folder) / "kubeconfig")
        command = [sys.executable, "-m", "penstock.cli", "ui", "--no-browser", "--kubeconfig", str(config)]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(QUIET))
        try:
            measure(browser.new_page(viewport={"width": 1280, "height": 800}), address, log, server.pid, loop)
        finally:
            browser.close()
            server.terminate()
            server.wait(30)


if __name__ == "__main__":
    main()
