"""Row W5: how old what is computed is while somebody looks, and how long others wait for the server meanwhile."""

from __future__ import annotations

import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Page, Response

from tests.bench.figures import Figure, percentile
from tests.bench.page.counted import counted
from tests.bench.page.server import Alone, shown
from tests.browser.site import looking
from tests.scenes.scenes import large, waiting
from tests.scenes.stage import Scene

SECONDS, RATE, PROBES = 60.0, 5.0, 20.0
SAME = (
    "tests/unit/web/surveyed/test_outlooks.py",
    "tests/unit/web/routes/test_plans.py",
    "tests/unit/web/routes/test_past.py",
)
"""What the page is told is compared with `penstock why`, `plan` and `diff -o json` there."""


@dataclass
class Ages:
    """Answers of one route: when each came, and of when it was, in seconds since 1970."""

    came: list[tuple[float, float]] = field(default_factory=list)

    def note(self, at: float) -> None:
        self.came.append((time.time(), at))

    def oldest(self, end: float) -> float:
        """Seconds by which what was on the screen lagged behind at most: just before the next came."""
        until = [when for when, _ in self.came[1:]] + [end]
        return max(next_ - at for next_, (_, at) in zip(until, self.came, strict=True))


def figures() -> list[Figure]:
    """Small, where a step waits for others' GPUs, and large; then whether both surfaces say the same."""
    return [
        *_looked_at("8 steps", waiting(), "?pipeline=ml/finetune&lens=time&step=train", "Step finetune.probe"),
        *_looked_at("5,000 steps", large(), "?pipeline=ml/corpus&lens=time&step=publish", "Step corpus.train.7"),
        *counted("W5", "why, plan and diff: the page against `-o json` of the command line", *SAME),
    ]


def _looked_at(name: str, scene: Scene, where: str, changing: str) -> list[Figure]:
    ages = {"why": Ages(), "outlook": Ages()}

    def told(answer: Response) -> None:
        route = answer.url.rpartition("/")[2]
        if route in ages and answer.ok:
            ages[route].note(answer.json()["at"])

    with shown(scene) as (browser, site), looking(browser, site, where) as page:
        page.on("response", told)
        page.locator(".lane").first.wait_for()
        with _probing(site) as probes:
            _change(page, site, *changing.split())
        end = time.time()
    return [
        *(
            Figure("W5", f"{name}, {RATE:.0f} changes/s: `{route}` on the screen, oldest", one.oldest(end), "s", 5)
            for route, one in ages.items()
        ),
        Figure("W5", f"{name}, {RATE:.0f} changes/s: answer of /healthz, p99", percentile(probes, 0.99), "ms", 50),
    ]


def _change(page: Page, site: Alone, kind: str, name: str) -> None:
    began = time.monotonic()
    for number in range(int(SECONDS * RATE)):
        site.change(kind, name, message=f"event {number}")
        page.wait_for_timeout(max(0.0, began + (number + 1) / RATE - time.monotonic()) * 1000)


@contextmanager
def _probing(site: Alone) -> Iterator[list[float]]:
    """Milliseconds that /healthz, which does nothing, takes: no less than the server's loop lags."""
    found: list[float] = []
    ended = threading.Event()

    def probe() -> None:
        while not ended.wait(1 / PROBES):
            began = time.perf_counter()
            urllib.request.urlopen(f"{site.place}healthz", timeout=60).read()
            found.append((time.perf_counter() - began) * 1000)

    thread = threading.Thread(target=probe)
    thread.start()
    try:
        yield found
    finally:
        ended.set()
        thread.join()
