"""One Pipeline: its steps on an axis of time."""

from __future__ import annotations

import time

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.site import Site, looking
from tests.scenes.scenes import small


def bars(page: Page, name: str) -> Locator:
    """What is drawn of a step: its waits and attempts."""
    return page.get_by_role("row").filter(has=page.get_by_text(name, exact=True)).locator(".bit")


def spans(page: Page, name: str) -> list[tuple[float, float]]:
    """Left and right of the bars of a step, in pixels of the screen."""
    boxes = "bits => bits.map(bit => { const box = bit.getBoundingClientRect(); return [box.left, box.right]; })"
    found: list[tuple[float, float]] = bars(page, name).evaluate_all(boxes)
    return found


def test_what_waits_and_what_runs_follow_one_another(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?lens=time&pipeline=ml/digits") as page:
        expect(page.locator(".row .label")).to_have_text(["prepare", "augment", "train", "evaluate", "report"])
        expect(page.locator(".bit[data-phase='Failed']")).to_have_count(1)
        (prepare,), (augment,), train = spans(page, "prepare"), spans(page, "augment"), spans(page, "train")
        assert len(train) == 3
        for before, after in [(prepare, augment), (augment, train[0]), (train[0], train[1]), (train[1], train[2])]:
            assert abs(before[1] - after[0]) <= 1
        assert abs((train[0][1] - train[0][0]) / (prepare[1] - prepare[0]) - 140 / 31) < 0.1
        assert spans(page, "evaluate") == []
        row = page.get_by_role("row").filter(has=page.get_by_text("train", exact=True))
        told = row.get_by_role("gridcell").get_attribute("aria-label") or ""
        assert told.startswith("OOMKilled · 2m20s, waits 12s: pause before the next attempt, attempt 2 · Running")
        now = page.locator(".over .now").bounding_box()
        assert now is not None
        assert abs(train[2][1] - now["x"]) <= 3


def test_5000_steps_are_a_few_lines_and_groups_open(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?lens=time&pipeline=ml/corpus") as page:
        expect(page.locator(".profile .runs")).to_have_count(2)
        grid = page.get_by_role("treegrid")
        expect(grid).to_have_attribute("aria-rowcount", "13")
        page.get_by_role("row").filter(has=page.get_by_text("train", exact=True)).locator(".flip").click()
        expect(grid).to_have_attribute("aria-rowcount", str(13 + 1790))
        assert page.locator(".row").count() < 60
        expect(page.locator(".row .label", has_text="#0")).to_be_visible()
        grid.focus()
        page.keyboard.press("End")
        expect(page.locator(".row[data-active] .label")).to_have_text("tidy")


def test_coming_closer_is_in_the_address(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?lens=time&pipeline=ml/digits") as page:
        expect(bars(page, "train")).to_have_count(3)
        grid = page.get_by_role("treegrid")
        grid.focus()
        before = spans(page, "train")[1]
        for _ in range(4):
            page.keyboard.press("+")
        page.wait_for_url("**span=*")
        closer = spans(page, "train")[1]
        assert closer[1] - closer[0] > 1.5 * (before[1] - before[0])
        was = page.url
        page.keyboard.press("Shift+ArrowLeft")
        page.wait_for_url(lambda url: url != was)
        kept = spans(page, "train")[1]
        assert kept[0] > closer[0] + 50
        page.reload()
        expect(bars(page, "train")).to_have_count(3)
        again = spans(page, "train")[1]
        assert abs(again[0] - kept[0]) <= 4
        grid.focus()
        page.keyboard.press("0")
        page.wait_for_url(lambda url: "span" not in url)


def test_looking_back_shows_the_graph_as_it_was(browser: Browser, site: Site) -> None:
    began = time.time() - (small().now - 1_800_000_000)
    with looking(browser, site, f"?pipeline=ml/digits&t={round(began + 100)}") as page:
        expect(page.locator("main")).to_contain_text("This is how it was at")
        node = page.locator(".node", has=page.get_by_text("train", exact=True))
        expect(node).to_contain_text("Running")
        page.goto(page.url.replace(f"t={round(began + 100)}", f"t={round(began + 40)}"))
        expect(node).to_contain_text("Pending")
        expect(page.locator(".node", has=page.get_by_text("augment", exact=True))).to_contain_text("Running")
        page.get_by_role("button", name="Time").click()
        slider = page.get_by_role("slider", name="As of")
        slider.focus()
        page.keyboard.press("Home")
        expect(page.get_by_role("button", name="Pending 4")).to_be_visible()
        page.get_by_role("button", name="Back to now").click()
        expect(page.get_by_role("button", name="Succeeded 2")).to_be_visible()
        page.wait_for_url(lambda url: "&t=" not in url)


def test_a_step_that_ends_is_drawn_so(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?lens=time&pipeline=ml/finetune") as page:
        row = page.get_by_role("row").filter(has=page.get_by_text("train", exact=True))
        expect(row.locator(".bit[data-wait='room']")).to_have_count(1)
        site.change("Step", "finetune.train", phase="Queued", reason="Parallelism")
        expect(row.locator(".bit[data-wait='limit']")).to_have_count(1)


def test_the_plan_and_the_resources_are_on_the_same_axis(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?lens=time&pipeline=ml/finetune") as page:
        row = page.get_by_role("row").filter(has=page.get_by_text("train", exact=True))
        expect(row.locator(".coming")).to_have_count(1)
        expect(row.locator(".planned")).to_have_count(1)
        gpus = page.get_by_role("region", name="Resources over time").get_by_role("listitem", name="nvidia.com/gpu")
        expect(gpus).to_have_attribute(
            "aria-label", "nvidia.com/gpu: this Pipeline 1, others 6, foreign pods 0, free 1 of 8"
        )
        box, coming = gpus.locator(".box[data-reserved]").bounding_box(), row.locator(".coming").bounding_box()
        assert box is not None
        assert coming is not None
        assert abs(box["x"] - coming["x"]) <= 2
        assert abs(box["width"] - coming["width"]) <= 4
        lines = page.locator(".now").evaluate_all("lines => lines.map(line => line.getBoundingClientRect().left)")
        assert len(lines) == 4
        assert max(lines) - min(lines) <= 1.5
        expect(page.locator(".summary")).to_contain_text("Planned 125m, expected 124m")


def test_why_a_step_waits_is_told_with_numbers_and_holders(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?pipeline=ml/finetune&step=train") as page:
        panel = page.get_by_role("complementary")
        expect(panel).to_contain_text("Needs 4 nvidia.com/gpu; 1 of 8 are free.")
        expect(panel.get_by_role("list", name="Held by").get_by_role("listitem")).to_have_count(3)
        expect(panel).to_contain_text("Number 1 of")
        expect(panel).to_contain_text("Should start in about")
        panel.get_by_role("link", name="finetune/probe").click()
        expect(panel.get_by_role("heading", level=2)).to_have_text("probe")
    with looking(browser, site, "?pipeline=ml/finetune&step=train", locale="zh-CN") as page:
        expect(page.get_by_role("complementary")).to_contain_text("需要 4 nvidia.com/gpu；空闲 1，共 8。")
