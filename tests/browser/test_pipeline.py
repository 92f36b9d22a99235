"""One Pipeline: its steps as a table."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.site import Site, looking

LATE = re.compile(r"^\+\d+")


def labels(page: Page) -> list[str]:
    return page.locator(".row .label").all_inner_texts()


def test_steps_in_the_order_of_the_graph(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?lens=table&pipeline=ml/digits") as page:
        expect(page.get_by_role("heading", level=1)).to_have_text("digits")
        expect(page.locator(".row .label")).to_have_text(["prepare", "augment", "train", "evaluate", "report"])
        assert page.title() == "ml/digits · Penstock"


def test_the_table_tells_by_how_much_a_step_is_late(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?lens=table&pipeline=ml/sweep") as page:
        cell = page.get_by_role("row").filter(has=page.get_by_text("baseline", exact=True)).locator(".duration")
        expect(cell.locator(".off")).to_have_text(LATE)
        expect(cell.locator(".off")).to_have_attribute("title", re.compile(r"^planned .+ late$"))
        assert cell.evaluate("cell => cell.scrollWidth <= cell.clientWidth")


def test_a_failed_step_says_why(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?lens=table&pipeline=ml/nightly") as page:
        page.get_by_role("row").filter(has=page.get_by_text("train", exact=True)).click()
        panel = page.get_by_role("complementary")
        expect(panel).to_contain_text('File "train.py", line 12\nValueError: loss is NaN')
        expect(panel).to_contain_text("penstock logs nightly train -n ml")
        assert page.url == f"{site.place}?lens=table&pipeline=ml/nightly&step=train"
        panel.get_by_role("button", name="Close").click()
        expect(panel).to_have_count(0)
        page.go_back()
        expect(panel).to_be_visible()


def test_5000_steps_are_a_few_lines_and_by_the_keyboard_alone_all_can_be_reached(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?lens=table&pipeline=ml/corpus") as page:
        grid = page.get_by_role("treegrid")
        expect(grid).to_have_attribute("aria-rowcount", "13")
        assert "shards" in labels(page)
        grid.focus()
        for _ in range(6):
            page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowRight")
        expect(grid).to_have_attribute("aria-rowcount", str(13 + 800 * 5))
        assert page.locator(".row").count() < 60
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        expect(page.get_by_role("complementary")).to_contain_text("shards.0.read")
        page.keyboard.press("End")
        expect(page.locator(".row[data-active] .label")).to_have_text("tidy")
        page.keyboard.press("Escape")
        expect(page.get_by_role("complementary")).to_have_count(0)


def test_a_filter_opens_what_it_finds(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?lens=table&pipeline=ml/corpus&q=shards.777.embed") as page:
        expect(page.locator(".row .label")).to_have_text(["shards", "#777", "embed"])


def test_what_changes_is_counted_and_nothing_else_moves(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?lens=table&pipeline=ml/sweep&open=tune") as page:
        grid = page.get_by_role("treegrid")
        grid.evaluate("grid => { grid.scrollTop = 4000 }")
        expect(page.locator(".row .label", has_text="#118")).to_be_visible()
        before = labels(page)
        running = page.get_by_role("button", name="Running 40")
        expect(running).to_be_visible()
        step = next(
            one["metadata"]["name"]
            for one in site.api.objects.values()
            if one["kind"] == "Step"
            and one["metadata"]["name"].startswith("sweep.tune.")
            and (one.get("status") or {}).get("phase") == "Running"
        )
        site.change("Step", step, phase="Failed", reason="OOMKilled")
        expect(page.get_by_role("button", name="Running 39")).to_be_visible()
        expect(page.get_by_role("button", name="Failed 1")).to_be_visible()
        assert labels(page) == before
        assert grid.evaluate("grid => grid.scrollTop") == 4000


def test_one_that_is_not_there_says_so(browser: Browser, site: Site) -> None:
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(f"{site.place}?pipeline=ml/nobody#token={site.token}")
    expect(page.locator("main")).to_contain_text("there is no such Pipeline")
    page.get_by_role("link", name="Back to the list").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pipelines")
    context.close()


def test_the_panel_tells_attempts_values_and_the_undo(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?lens=table&pipeline=ml/digits&step=train") as page:
        panel = page.get_by_role("complementary")
        expect(panel.locator(".attempts li")).to_have_count(2)
        expect(panel.locator(".attempts li").first).to_contain_text("OOMKilled")
        expect(panel.locator(".attempts li").first).to_contain_text("exit code 137")
        panel.get_by_role("link", name="augment").click()
        expect(panel.get_by_role("heading", level=2)).to_have_text("augment")
        panel.get_by_role("link", name="← prepare.rows").click()
        expect(panel.locator(".values")).to_contain_text("rows")
        site.change("Step", "digits.prepare", attempts=[{"number": 1, "exitCode": 3}, {"number": 2}], reason="Error")
        expect(panel.locator(".attempts li")).to_have_count(2)
    with looking(browser, site, "?lens=table&pipeline=ml/rollout&step=route") as page:
        expect(page.get_by_role("heading", name="Attempts of the undo")).to_be_visible()
