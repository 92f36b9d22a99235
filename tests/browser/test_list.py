"""The list of Pipelines."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.browser.site import Site, looking


def names(page: Page) -> list[str]:
    return page.locator(".list td.name a").all_inner_texts()


def test_all_pipelines_with_how_they_stand(browser: Browser, site: Site) -> None:
    with looking(browser, site) as page:
        row = page.get_by_role("row").filter(has_text="digits")
        expect(row).to_contain_text("Running")
        expect(row).to_contain_text("2 of 5 steps")
        expect(row.get_by_role("img", name="Progress")).to_have_accessible_name(
            "Progress: 2 Succeeded, 1 Running, 2 Pending"
        )
        assert sorted(names(page)) == ["corpus", "digits", "finetune", "hostile", "nightly", "rollout", "sweep"]
        assert names(page)[-1] == "hostile"  # what has ended comes last


def test_filters_are_in_the_address_and_the_token_is_not(browser: Browser, site: Site) -> None:
    with looking(browser, site) as page:
        page.get_by_role("searchbox").fill("digit")
        expect(page.locator(".list td.name a")).to_have_text(["digits"])
        assert page.url == f"{site.place}?q=digit"
        page.get_by_role("searchbox").fill("")
        page.get_by_role("button", name="Failed 1").click()
        expect(page.locator(".list td.name a")).to_have_text(["hostile"])
        assert page.url == f"{site.place}?phase=Failed"
        page.reload()  # the token is remembered
        expect(page.locator(".list td.name a")).to_have_text(["hostile"])


def test_it_can_be_sorted(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?sort=-name") as page:
        expect(page.locator(".list td.name a").first).to_have_text("sweep")
        page.get_by_role("button", name="Name", exact=True).click()
        page.get_by_role("button", name="Name", exact=True).click()
        expect(page.locator(".list td.name a").first).to_have_text("corpus")
        expect(page.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "ascending")


def test_where_nothing_matches_it_says_what_to_do(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?q=nobody") as page:
        page.get_by_text("Clear the filters").click()
        expect(page.locator(".list td.name a")).to_have_count(7)


def test_a_change_shows_by_itself(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?q=rollout") as page:
        expect(page.locator(".list .state .word")).to_have_text("Undoing")
        site.change("Pipeline", "rollout", phase="Failed", reason="Failed", message="all is taken back")
        expect(page.locator(".list td.state")).to_contain_text("all is taken back")
        expect(page.locator(".list .state .word")).to_have_text("Failed")


def test_those_that_are_late_can_be_picked_out(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?q=d") as page:
        expect(page.locator(".list td.name a")).not_to_have_count(0)
        expect(page.get_by_role("button", name="Late")).to_have_count(0)
        found = {"type": "Late", "status": "True", "reason": "Overdue", "message": "2h past its estimate"}
        site.change("Pipeline", "digits", conditions=[found])
        page.get_by_role("button", name="Late 1").click()
        expect(page.locator(".list td.name a")).to_have_text(["digits"])
        assert page.url == f"{site.place}?q=d&late=1"
        site.change("Pipeline", "digits", conditions=[])
        expect(page.get_by_text("Clear the filters")).to_be_visible()
        page.get_by_text("Clear the filters").click()
        expect(page.locator(".list td.name a")).not_to_have_count(0)
        assert page.url == site.place


def test_without_the_token_it_is_locked_and_can_be_unlocked(browser: Browser, site: Site) -> None:
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(f"{site.place}?q=digits")
    expect(page.get_by_role("heading")).to_have_text("This page is locked.")
    page.get_by_label("Open the address").fill(f"{site.place}#token={site.token}")
    page.get_by_role("button", name="Unlock").click()
    expect(page.locator(".list td.name a")).to_have_text(["digits"])
    context.close()


def test_trouble_with_the_cluster_is_said_and_passes(browser: Browser, site: Site) -> None:
    with looking(browser, site) as page:
        expect(page.get_by_role("status")).to_have_text("Live")
        site.api.allows = lambda namespace, resource: False
        site.do(site.api.cut)
        expect(page.get_by_role("status")).to_have_text("Reconnecting")
        site.api.allows = lambda namespace, resource: True
        expect(page.get_by_role("status")).to_have_text("Live", timeout=15_000)
