"""What can be done from the page: said first, then done, and refused in the API server's words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import axe
from tests.browser.site import Site, looking


@pytest.fixture(autouse=True)
def permitted(site: Site) -> Iterator[None]:
    yield
    site.api.permits = lambda verb, resource: True


def of(site: Site, kind: str, name: str) -> Any:
    return site.api.objects[kind, "ml", name]


def test_suspend_and_resume(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?pipeline=ml/sweep") as page:
        head = page.locator(".head")
        head.get_by_role("button", name="Suspend").click()
        dialog = page.get_by_role("dialog", name="Suspend sweep?")
        expect(dialog).to_contain_text("These 40 steps run to their end:")
        expect(dialog).to_contain_text("95 steps do not start until it is resumed.")
        dialog.get_by_role("button", name="Do nothing").click()
        expect(dialog).to_have_count(0)
        assert "suspend" not in of(site, "Pipeline", "sweep")["spec"]
        head.get_by_role("button", name="Suspend").click()
        dialog.get_by_role("button", name="Suspend").click()
        expect(dialog).to_have_count(0)
        assert of(site, "Pipeline", "sweep")["spec"]["suspend"] is True
        expect(head.get_by_role("button", name="Suspend")).to_have_count(0)
        head.get_by_role("button", name="Resume").click()
        page.get_by_role("dialog").get_by_role("button", name="Resume").click()
        expect(head.get_by_role("button", name="Suspend")).to_be_visible()
        assert of(site, "Pipeline", "sweep")["spec"]["suspend"] is False


def test_a_rerun_says_which_steps_run(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?pipeline=ml/digits&step=augment") as page:
        page.get_by_role("complementary").get_by_role("button", name="Run again").click()
        dialog = page.get_by_role("dialog", name="Run digits/augment again?")
        expect(dialog.locator(".parts li")).to_have_text(["augment", "train", "evaluate", "report"])
        expect(dialog).to_contain_text("1 steps keep their results.")
        dialog.get_by_label("Only this step").check()
        dialog.get_by_role("button", name="Run again").click()
        expect(dialog).to_have_count(0)
        asked = of(site, "Pipeline", "digits")["metadata"]["annotations"]["penstock.dev/rerun"]
        assert asked.endswith(" only=augment")


def test_an_approval_from_the_list_to_the_decision(browser: Browser, site: Site) -> None:
    with looking(browser, site) as page:
        page.get_by_role("link", name="Approvals: 1").click()
        card = page.locator(".ask")
        expect(card).to_contain_text("finetune / agree")
        expect(card).to_contain_text("Publish it?")
        expect(card.locator(".parts li")).to_have_text(["export"])
        assert page.url.endswith("?view=approvals")
        card.get_by_role("button", name="Approve").click()
        page.get_by_role("dialog").get_by_role("button", name="Approve").click()
        expect(page.get_by_text("Nothing waits for an approval.")).to_be_visible()
        notes = of(site, "Step", "finetune.agree")["metadata"]["annotations"]
        assert notes == {"penstock.dev/approved-by": "ada"}
        undecided = {**of(site, "Step", "finetune.agree")}
        undecided["metadata"] = {**undecided["metadata"], "annotations": {}}
        site.do(lambda: site.api.put(undecided))
        expect(card).to_be_visible()


def test_who_may_not_has_no_buttons(browser: Browser, site: Site) -> None:
    site.api.permits = lambda verb, resource: False
    with looking(browser, site, "?pipeline=ml/finetune&step=agree") as page:
        expect(page.get_by_role("complementary")).to_contain_text("WaitingForApproval")
        page.goto(f"{site.place}?view=approvals")
        expect(page.locator(".ask")).to_contain_text("You may not decide this")
        with page.expect_response("**/actions"):
            page.goto(f"{site.place}?pipeline=ml/finetune&step=agree")
        expect(page.get_by_role("complementary")).to_contain_text("tokenize")
        script = """async path => {
            const {ask} = await import(new URL("static/net.js", document.baseURI));
            return (await ask(path)).json();
        }"""
        assert page.evaluate(script, "api/pipelines/ml/finetune/actions") == {"verbs": []}
        assert page.locator("button[data-verb]").count() == 0


def test_a_refusal_is_told_and_nothing_is_lost(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?pipeline=ml/nightly", quiet=False) as page:
        page.locator(".head").get_by_role("button", name="Cancel").click()
        dialog = page.get_by_role("dialog", name="Cancel nightly?")
        expect(dialog).to_contain_text("After that runs what is in finally:")
        site.api.permits = lambda verb, resource: False
        dialog.get_by_role("button", name="Cancel").click()
        expect(dialog.get_by_role("alert")).to_contain_text('User "ada" cannot patch resource "pipelines"')
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        assert "cancel" not in of(site, "Pipeline", "nightly")["spec"]


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("verb", ["rerun", "cancel", "reject"])
def test_axe_finds_nothing_in_a_dialog(browser: Browser, site: Site, verb: str, theme: str, locale: str) -> None:
    where = "?pipeline=ml/finetune&step=agree"
    with looking(browser, site, where, color_scheme=theme, locale=locale) as page:
        page.locator(f"button[data-verb={verb}]").last.click()
        page.wait_for_selector(".confirm .parts, .confirm .foreseen p:not(.faint)")
        assert axe.violations(page) == []
        assert axe.fits(page)
