"""Every view in both themes and languages: for everybody, and never more than it seems."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import axe
from tests.browser.site import Site, looking
from tests.browser.views import VIEWS, last
from tests.scenes.logs import ContainerLog
from tests.scenes.scenes import HOSTILE

COLOURS = [
    f"{fore} {back} \x1b[{fore}mwords\x1b[{back}mand\x1b[39mmore" for fore in range(30, 38) for back in (0, 44, 107)
]


@pytest.fixture(autouse=True)
def log(site: Site) -> None:
    """A log in colours."""
    site.log("digits", "train", 2, ContainerLog((1e9 + at, COLOURS[at % len(COLOURS)]) for at in range(6_000)))


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing(browser: Browser, site: Site, view: str, theme: str, locale: str) -> None:
    with looking(browser, site, VIEWS[view], color_scheme=theme, locale=locale) as page:
        page.wait_for_selector(last(view), timeout=60_000)
        assert axe.violations(page) == []
        assert axe.fits(page)


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
@pytest.mark.parametrize("view", VIEWS)
def test_twice_as_large_it_still_fits(browser: Browser, site: Site, view: str, locale: str) -> None:
    """A window of 1280 x 800 at a zoom of 200 % (WCAG 2.2, 1.4.4)."""
    large = {"viewport": {"width": 640, "height": 400}, "device_scale_factor": 2}
    with looking(browser, site, VIEWS[view], locale=locale, **large) as page:
        page.wait_for_selector(last(view), timeout=60_000)
        assert axe.fits(page)


def test_hostile_texts_stay_texts(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?pipeline=ml/hostile&lens=table") as page:
        expect(page.locator(".row")).to_have_count(len(HOSTILE))
        assert page.title() == "ml/hostile · Penstock"
        assert page.locator("main img, main script, main iframe").count() == 0
        places = page.locator("a").evaluate_all("links => links.map(link => new URL(link.href).origin)")
        assert set(places) == {site.place.rstrip("/")}
        shown = page.locator("main").inner_text()
        assert not set(shown) & set("\u202e\u2066\u200b\ufeff\u2028\x1b\x07\x7f\x00")
        assert "‹U+202E›gnp.exe‹U+202C›" in shown
        assert "‹U+001B›[31mred" in shown


def test_theme_and_language_are_remembered(browser: Browser, site: Site) -> None:
    with looking(browser, site, color_scheme="light") as page:
        expect(page.get_by_role("heading", level=1)).to_have_text("Pipelines")
        page.get_by_label("Language").select_option("zh")
        expect(page.get_by_role("heading", level=1)).to_have_text("流水线")
        for _ in range(2):
            page.get_by_role("button", name="主题").click()
        assert page.evaluate("getComputedStyle(document.body.parentElement).colorScheme") == "dark"
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_have_text("流水线")
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
