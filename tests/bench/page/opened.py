"""Row W1: from the address to the graph, and to the answer to a click, each time by a browser that knows nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass

from playwright.sync_api import Browser

from tests.bench.figures import Figure, percentile
from tests.bench.page.server import Alone, shown
from tests.browser.site import noticing
from tests.scenes.scenes import fanout, large
from tests.scenes.stage import Scene

TIMES = 20
GRAPH, CLICK = "until the graph is drawn", "until the graph is drawn and a click answered"


@dataclass(frozen=True)
class Opened:
    """Milliseconds from the address until the graph was there, and until the click was answered."""

    drawn: float
    clicked: float


def figures() -> list[Figure]:
    """Three sizes."""
    return [
        *_size("300 steps", fanout(), "sweep", "baseline", (700, None)),
        *_size("5,000 steps", large(), "corpus", "index", (2_000, 3_000)),
        *_size("20,000 steps", large(3_200, 7_190), "corpus", "index", (5_000, None)),
    ]


def _size(name: str, scene: Scene, pipeline: str, step: str, goals: tuple[float | None, float | None]) -> list[Figure]:
    with shown(scene) as (browser, site):
        first = _open(browser, site, pipeline, step)
        found = [_open(browser, site, pipeline, step) for _ in range(TIMES)]
    drawn, clicked = ([getattr(one, field) for one in found] for field in ("drawn", "clicked"))
    return [
        Figure("W1", f"{name}, nobody looked before: {CLICK}", first.clicked, "ms", goals[0]),
        Figure("W1", f"{name}: {GRAPH}, p50", percentile(drawn, 0.5), "ms"),
        Figure("W1", f"{name}: {CLICK}, p50", percentile(clicked, 0.5), "ms", goals[0]),
        Figure("W1", f"{name}: {CLICK}, p95", percentile(clicked, 0.95), "ms", goals[1]),
    ]


def _open(browser: Browser, site: Alone, pipeline: str, step: str) -> Opened:
    with noticing(browser, site.place) as page:
        began = time.perf_counter()
        page.goto(f"{site.place}?pipeline=ml/{pipeline}#token={site.token}", wait_until="commit")
        box = page.locator(".node .label").get_by_text(step, exact=True)
        box.wait_for()
        drawn = time.perf_counter()
        box.click()
        page.locator(".panel h2").get_by_text(step, exact=True).wait_for()
        return Opened((drawn - began) * 1000, (time.perf_counter() - began) * 1000)
