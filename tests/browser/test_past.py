"""The history of a Pipeline: two revisions compared, and a rollback that is looked at before it is made."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import axe
from tests.browser.site import Site, looking
from tests.scenes.past import revised

HISTORY = "?pipeline=ml/ranker&lens=history"


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site([revised()], tmp_path_factory.mktemp("past")) as made:
        yield made


def test_what_made_a_revision_another(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?pipeline=ml/ranker") as page:
        page.get_by_role("button", name="History").click()
        expect(page.get_by_role("heading", level=2)).to_have_text("From revision 2 to revision 3")
        page.get_by_role("link", name="Revision 1").click()
        expect(page.get_by_role("heading", level=2)).to_have_text("From revision 1 to revision 3")
        table = page.get_by_role("region", name="What differs")
        expect(table).to_contain_text("inputs[lr] (0.1 -> 0.2) changed")
        expect(table).to_contain_text("depends on train, which differs")
        expect(table.locator("td.brief")).to_have_text(["40s → 35s", "40s → 35s", ""])
        expect(page.locator("pre.lines [data-sign='+']")).to_have_text(
            ["+  value: 0.2\n", "+description: Learning rate 0.2.\n"]
        )
        assert "revision=1" in page.url
        page.get_by_label("Compare with").select_option("2")
        expect(page.get_by_role("heading", level=2)).to_have_text("From revision 1 to revision 2")
        page.reload()
        expect(page.get_by_role("heading", level=2)).to_have_text("From revision 1 to revision 2")


def test_its_revisions_stand_in_rows_below_their_titles(browser: Browser, site: Site) -> None:
    with looking(browser, site, HISTORY) as page:
        expect(page.get_by_role("region", name="History").locator("tbody tr")).to_have_count(3)
        tops = (
            page.get_by_role("region", name="History")
            .locator("tr")
            .evaluate_all("rows => rows.map(row => row.getBoundingClientRect().top)")
        )
        assert tops == sorted(set(tops))


def test_a_rollback_does_what_was_shown(browser: Browser, site: Site) -> None:
    with looking(browser, site, f"{HISTORY}&revision=1&show=rollback") as page:
        table = page.get_by_role("region", name="What a rollback to revision 1 would do")
        expect(table.locator("tbody tr")).to_have_count(4)
        expect(table).to_contain_text("the result of run 1 counts")
        expect(page.locator(".fates")).to_have_text("▶1 would run=3 would be reused")
        page.get_by_role("button", name="Roll back to revision 1").click()
        expect(page.get_by_role("status").filter(has_text="applied again")).to_be_visible()
        spec = site.api.objects["Pipeline", "ml", "ranker"]["spec"]
        assert spec["params"][0]["value"] == 0.1
        expect(page.locator(".notice", has_text="The latest edit has not been taken up yet.")).to_be_visible()


def test_who_may_not_roll_back_has_no_button(browser: Browser, site: Site) -> None:
    site.api.permits = lambda verb, resource: False
    with looking(browser, site, f"{HISTORY}&revision=1&show=rollback") as page:
        expect(page.get_by_text("You may not change Pipelines in ml.")).to_be_visible()
        expect(page.get_by_role("button", name="Roll back to revision 1")).to_have_count(0)
        expect(page.get_by_text("penstock rollback ranker --to 1 -n ml")).to_be_visible()


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("where", ["&revision=1", "&revision=1&show=rollback"])
def test_axe_finds_nothing(browser: Browser, site: Site, where: str, theme: str, locale: str) -> None:
    with looking(browser, site, HISTORY + where, color_scheme=theme, locale=locale) as page:
        page.wait_for_selector(".chosen table")
        assert axe.violations(page) == []
        assert axe.fits(page)
