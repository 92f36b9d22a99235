"""Schedules in the page: next ticks, last Pipelines, backfills."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import axe
from tests.browser.site import Site, looking
from tests.scenes.cron import scheduled


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site([scheduled(time.time())], tmp_path_factory.mktemp("schedules")) as made:
        yield made


def test_when_each_fires_next_and_how_it_went(browser: Browser, site: Site) -> None:
    with looking(browser, site) as page:
        page.get_by_role("link", name="Schedules").click()
        rows = page.get_by_role("region", name="Schedules").locator("tbody tr")
        expect(rows).to_have_count(3)
        expect(rows.nth(0)).to_contain_text("17 * * * *")
        expect(rows.nth(0)).to_contain_text("in ")
        signs = rows.nth(0).locator("svg.sign").evaluate_all("found => found.map(one => one.dataset.phase)")
        assert signs == ["Succeeded", "Failed", "Succeeded", "Succeeded", "Pending"]
        expect(rows.nth(1)).to_contain_text("8 / 10")
        expect(rows.nth(2)).to_contain_text("Invalid")


def test_one_of_them_has_an_address(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?view=schedules") as page:
        page.get_by_role("link", name="nightly", exact=True).click()
        assert page.url == f"{site.place}?view=schedules&schedule=ml/nightly"
        expect(page.get_by_role("region", name="Next ticks").locator("tbody tr")).to_have_count(5)
        expect(page.get_by_role("progressbar")).to_have_js_property("value", 0.8)
        expect(page.get_by_text("8 of 10 ticks have their Pipeline.")).to_be_visible()
        page.reload()
        expect(page.get_by_role("heading", level=2)).to_contain_text("nightly")
        page.get_by_role("link", name="weekly", exact=True).click()
        expect(page.locator(".problems")).to_contain_text("day-of-week '8' is not valid")


def test_a_change_comes_in_when_one_looks_again(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?view=schedules&schedule=ml/etl") as page:
        table = page.get_by_role("region", name="Pipelines")
        expect(table.locator("tbody tr")).to_have_count(5)
        name = table.locator("tbody a").first.inner_text()
        site.change("Pipeline", name, phase="Failed")
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(table.locator("tbody tr").first).to_contain_text("Failed")


def test_a_filter_that_nothing_matches(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?view=schedules&q=nobody") as page:
        page.get_by_role("button", name="Clear the filters").click()
        expect(page.locator("table.pick tbody tr")).to_have_count(3)


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["etl", "nightly", "weekly"])
def test_axe_finds_nothing(browser: Browser, site: Site, name: str, theme: str, locale: str) -> None:
    where = f"?view=schedules&schedule=ml/{name}"
    with looking(browser, site, where, color_scheme=theme, locale=locale) as page:
        page.wait_for_selector(".one h2")
        assert axe.violations(page) == []
        assert axe.fits(page)
