"""Every view in both themes and languages: for everybody, and never more than it seems."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.site import Site, looking
from tests.scenes.logs import ContainerLog
from tests.scenes.scenes import HOSTILE

AXE = Path(__file__).parent / "vendor" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
VIEWS = {
    "list": "",
    "nothing": "?q=nobody",
    "steps": "?pipeline=ml/corpus&open=shards&lens=table",
    "group": "?pipeline=ml/sweep&step=tune&lens=table",
    "step": "?pipeline=ml/nightly&step=train&lens=table",
    "hostile": "?pipeline=ml/hostile&step=say-4&lens=table",
    "graph": "?pipeline=ml/corpus&inside=shards,train",
    "undo": "?pipeline=ml/rollout&step=route",
    "time": "?pipeline=ml/finetune&step=train&lens=time",
    "time of 5,000": "?pipeline=ml/corpus&lens=time&open=shards&t=1",
    "capacity": "?view=capacity",
    "approvals": "?view=approvals",
    "no approvals": "?view=approvals&namespace=other",
    "log": "?pipeline=ml/digits&step=train&log=last&find=8&times=1",
    "no log": "?pipeline=ml/finetune&step=agree&log=last&lens=table",
}
COMPUTED = {
    "time": ".lane",
    "capacity": ".wholes",
    "approvals": ".ask .strong",
    "no approvals": ".asks .empty",
    "log": ".sheet .text",
    "no log": ".panel > .faint",
}
"""What comes last, where more is computed or fetched."""
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
        page.wait_for_selector(COMPUTED.get(view, "table, .grid, .node, .empty .strong"), timeout=60_000)
        page.evaluate(AXE.read_text())
        found = page.evaluate("rules => axe.run(document, {runOnly: rules})", list(RULES))
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


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
