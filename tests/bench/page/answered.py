"""Row W2: how long 5,000 steps keep one waiting who clicks, opens, filters, moves and comes closer."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from tests.bench.figures import Figure, percentile
from tests.bench.page.server import shown
from tests.browser.site import looking
from tests.scenes.scenes import large

TIMES, MOVES = 20, 120
CLOSED = 13 + 1790
OPEN = CLOSED + 800 * 5
"""Lines of the table with the group of the shards closed and open."""
UNTIL = """([kind, selector, text]) => {
    window.answer = new Promise(done => addEventListener(kind, event => {
        const there = () => [...document.querySelectorAll(selector)].some(one => one.textContent === text || !text);
        const look = () => requestAnimationFrame(() => there()
            ? requestAnimationFrame(() => done(performance.now() - event.timeStamp)) : look());
        look();
    }, {capture: true, once: true}));
}"""
"""What is waited for has been painted when the next frame begins."""
FRAMES = """() => {
    const times = window.times = [];
    let last = performance.now();
    const step = now => (times.push(now - last), last = now, window.times === times && requestAnimationFrame(step));
    requestAnimationFrame(step);
}"""
TASKS = """() => {
    window.tasks = [];
    const told = list => tasks.push(...list.getEntries().map(one => one.duration));
    new PerformanceObserver(told).observe({type: "longtask"});
}"""
"""Those of more than 50 ms, by the browser's own definition."""


def figures() -> list[Figure]:
    """In the table, then in the graph with all instances open."""
    with shown(large()) as (browser, site):
        with looking(browser, site, "?pipeline=ml/corpus&lens=table&open=train") as page:
            page.locator(".row .label", has_text="#3").first.wait_for()
            page.evaluate(TASKS)
            clicks, filters, opens = _clicks(page), _filters(page), _groups(page)
            tasks: list[float] = page.evaluate("tasks")
        with looking(browser, site, "?pipeline=ml/corpus") as page:
            page.get_by_role("button", name="Open shards").wait_for()
            page.evaluate(TASKS)
            opens += _boxes(page)
            page.get_by_role("button", name="Open train").click()
            page.locator(".node[data-kind=cells]").wait_for()
            pans, zooms = _frames(page, _pan), _frames(page, _zoom)
            tasks += page.evaluate("tasks")
    return [
        Figure("W2", "5,000 steps: click to details, p95", percentile(clicks, 0.95), "ms", 100),
        Figure("W2", "5,000 steps: a group opens or closes, p95", percentile(opens, 0.95), "ms", 100),
        Figure("W2", "5,000 steps: filter, p95", percentile(filters, 0.95), "ms", 100),
        Figure("W2", "5,000 steps: frame while the graph is dragged, p95", percentile(pans, 0.95), "ms", 50),
        Figure("W2", "5,000 steps: frame while it comes closer or farther, p95", percentile(zooms, 0.95), "ms", 50),
        Figure("W2", "5,000 steps: longest task after the page was loaded", max(tasks, default=0.0), "ms", 200),
    ]


def _answer(page: Page, kind: str, selector: str, text: str, act: Callable[[], None]) -> float:
    """Milliseconds from the event until some element is there, by its text if that is not empty."""
    page.evaluate(UNTIL, [kind, selector, text])
    act()
    return float(page.evaluate("answer"))


def _clicks(page: Page) -> list[float]:
    rows = page.locator(".row .label").filter(has_text="#")
    names = [one.removeprefix("#") for one in rows.all_inner_texts()[:5]] * (TIMES // 5)
    return [
        _answer(page, "click", ".panel h2", f"train.{name}", page.get_by_text(f"#{name}", exact=True).click)
        for name in names
    ]


def _filters(page: Page) -> list[float]:
    find = page.get_by_role("searchbox").first
    return [
        _answer(page, "input", ".row .label", f"#{number}", lambda: find.fill(f"shards.{number}.em"))  # noqa: B023
        for number in range(100, 100 + TIMES)
    ]


def _groups(page: Page) -> list[float]:
    page.get_by_role("searchbox").first.fill("")
    lines = f".grid[aria-rowcount='{CLOSED}']"
    page.locator(lines).wait_for()
    flip = page.locator(".row[aria-level='1']", has_text="shards").locator(".flip")
    found = []
    for _ in range(TIMES // 2):
        found.append(_answer(page, "click", f".grid[aria-rowcount='{OPEN}']", "", flip.click))
        found.append(_answer(page, "click", lines, "", flip.click))
    return found


def _boxes(page: Page) -> list[float]:
    found = []
    for _ in range(TIMES // 4):
        opens, closes = (page.get_by_role("button", name=f"{verb} shards") for verb in ("Open", "Close"))
        found.append(_answer(page, "click", ".node .label", "embed", opens.click))
        found.append(_answer(page, "click", "button.flip[aria-label='Open shards']", "", closes.click))
    return found


def _frames(page: Page, act: Callable[[Page, int], None]) -> list[float]:
    """Milliseconds of each frame while something is done again and again."""
    page.mouse.move(640, 500)
    page.evaluate(FRAMES)
    for at in range(MOVES):
        act(page, at)
    page.mouse.up()
    found: list[float] = page.evaluate("(found => (window.times = null, found))(window.times)")
    return found[2:]


def _pan(page: Page, at: int) -> None:
    if at == 0:
        page.mouse.down()
    page.mouse.move(640 + at % 40 * 5, 500 - at % 30 * 5)


def _zoom(page: Page, at: int) -> None:
    page.mouse.wheel(0, 120 if at // 20 % 2 else -120)
