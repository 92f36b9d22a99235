"""Row W3: from the event of a watch to the screen, 20 events a second for five minutes, of 5,000 steps as a table."""

from __future__ import annotations

import time

from playwright.sync_api import Page

from tests.bench.figures import Figure, percentile
from tests.bench.page.server import heap, shown, tabs
from tests.browser.site import looking
from tests.scenes.scenes import large

SECONDS, RATE = 300.0, 20.0
SETTLING = 3.0
WATCH = """() => {
    window.seen = {};
    const told = changes => {
        const shown = changes.map(one => (one.target.closest ?? (() => null)).call(one.target, ".message")
            ?? one.target.parentElement?.closest(".message"));
        const found = shown.map(one => /event (\\d+)/.exec(one?.textContent ?? "")?.[1]).filter(Boolean);
        requestAnimationFrame(() => setTimeout(() => {
            for (const one of found) seen[one] ??= (performance.timeOrigin + performance.now()) / 1000;
        }));
    };
    const kinds = {subtree: true, childList: true, characterData: true};
    new MutationObserver(told).observe(document.querySelector(".lines"), kinds);
}"""
"""Instants at which the text of an event stood in the page and had been painted."""


def figures() -> list[Figure]:
    """One tab."""
    with shown(large()) as (browser, site), looking(browser, site, "?pipeline=ml/corpus&lens=table&open=train") as page:
        names = _in_sight(page)
        page.evaluate(WATCH)
        before, began, own = heap(page), time.monotonic(), site.process.cpu()
        spent = {one: one.cpu() for one in tabs(browser)}
        sent: list[float] = []
        while time.monotonic() - began < SECONDS:
            site.change("Step", f"corpus.{names[len(sent) % len(names)]}", message=f"event {len(sent)}")
            sent.append(time.time())
            time.sleep(max(0.0, began + len(sent) / RATE - time.monotonic()))
        seconds = time.monotonic() - began
        tab, server = sum(one.cpu() - was for one, was in spent.items()), site.process.cpu() - own
        time.sleep(SETTLING)
        seen: dict[str, float] = page.evaluate("seen")
        growth = heap(page) - before
    late = [(seen[str(number)] - when) * 1000 for number, when in enumerate(sent) if str(number) in seen]
    name = f"5,000 steps, {RATE:.0f} events/s for {SECONDS:.0f} s"
    return [
        Figure("W3", f"{name}: event to screen, p50", percentile(late, 0.5), "ms", 300),
        Figure("W3", f"{name}: event to screen, p99", percentile(late, 0.99), "ms", 1_000),
        Figure("W3", f"{name}: events that were never on the screen", len(sent) - len(late), "", 0),
        Figure("W3", f"{name}: rate that was reached", len(sent) / seconds, "/s"),
        Figure("W3", f"{name}: the tab's share of a core", tab / seconds * 100, "%", 10),
        Figure("W3", f"{name}: the server's share of a core", server / seconds * 100, "%"),
        Figure("W3", f"{name}: the tab's heap grows by", growth, "MB", 10),
    ]


def _in_sight(page: Page) -> list[str]:
    """Steps whose lines are on the screen."""
    rows = page.locator(".row .label").filter(has_text="#")
    rows.first.wait_for()
    page.locator(".grid").evaluate("grid => { grid.scrollTop = 4000 }")
    page.wait_for_timeout(500)
    return [f"train.{one.removeprefix('#')}" for one in rows.all_inner_texts()]
