"""The page of a server for many, under a prefix: a token of the cluster is pasted, kept by the tab, and forgotten."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from penstock.web.server.shared import Offer
from tests.browser.site import Site
from tests.scenes.scenes import failing, small
from tests.scenes.stage import Scene
from tests.unit.web.lodging import SECRET, lodging

KEPT = "() => [Object.values(sessionStorage), Object.values(localStorage)].map((one) => one.join())"


class Many(Site):
    """A server as in the cluster. `token` is what an address brings that somebody sent."""

    def __init__(self, scenes: list[Scene], folder: Path, offer: Offer) -> None:
        super().__init__(scenes, folder)
        self._offer = offer

    @asynccontextmanager
    async def _serving(self, kubeconfig: Path) -> AsyncIterator[str]:
        async with lodging(self.api, kubeconfig.parent, self._offer) as inn:
            yield f"{inn.place}#token=admin"


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Many]:
    with Many([small(), failing()], tmp_path_factory.mktemp("many"), Offer(base="/tools/penstock")) as made:
        yield made


@pytest.fixture
def page(browser: Browser, many: Many) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()


def test_a_token_is_pasted_and_forgotten(page: Page, many: Many) -> None:
    page.goto(f"{many.place}#token={many.token}")
    expect(page.get_by_text("This page is locked.")).to_be_visible()  # an address signs nobody in
    expect(page.get_by_text("sign in with your proxy")).to_be_visible()
    assert page.url == many.place
    page.get_by_label("Paste a token of your cluster.").fill(" reader\n")
    page.get_by_role("button", name="Unlock").click()
    expect(page.locator(".list td.name a")).to_have_text(["nightly", "digits"])
    expect(page.get_by_text("Only Pipelines of ml are shown")).to_be_visible()
    expect(page.locator(".me")).to_contain_text("reader")
    assert SECRET not in page.content()
    in_tab, in_browser = page.evaluate(KEPT)
    assert "reader" in in_tab
    assert "reader" not in in_browser
    page.get_by_role("link", name="digits").click()
    expect(page.locator("canvas").first).to_be_visible()
    page.reload()
    expect(page.locator("canvas").first).to_be_visible()
    assert page.url.startswith(f"{many.place}?pipeline=ml/digits")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("This page is locked.")).to_be_visible()
    assert "reader" not in "".join(page.evaluate(KEPT))
    expect(page.locator(".me")).to_have_count(0)


def test_what_one_may_not_see_is_said(page: Page, many: Many) -> None:
    page.goto(f"{many.place}?pipeline=lab/digits-{SECRET}")
    page.get_by_label("Paste a token of your cluster.").fill("reader")
    page.get_by_role("button", name="Unlock").click()
    expect(page.get_by_text("you may not list pipelines in namespace lab")).to_be_visible()
