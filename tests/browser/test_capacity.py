"""All Pipelines on all nodes."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.browser.site import Site, looking


def test_who_holds_what_and_where(browser: Browser, site: Site) -> None:
    with looking(browser, site) as page:
        page.get_by_role("link", name="Capacity").click()
        page.wait_for_url("**?view=capacity")
        gpus = page.get_by_role("region", name="Resources over time").get_by_role("listitem").nth(2)
        said = "nvidia.com/gpu: Steps 7, foreign pods 0, free 1 of 8"
        expect(gpus).to_have_attribute("aria-label", said)
        node = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="gpu-1"))
        expect(node.get_by_role("img", name="Steps 7, foreign pods 0, free 1 of 8")).to_be_visible()
        page.get_by_role("link", name="finetune").click()
        page.wait_for_url("**pipeline=ml/finetune**")
        expect(page.locator(".bit").first).to_be_visible()
