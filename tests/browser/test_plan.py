"""A manifest in the page: pasted, chosen or dropped, and what it would do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser, Page, expect

from tests.browser import axe
from tests.browser.site import Site, looking
from tests.scenes.past import edition, revised
from tests.scenes.scenes import HOSTILE

DROP = """([area, text]) => {
    const held = new DataTransfer();
    held.items.add(new File([text], "ranker.yaml"));
    for (const kind of ["dragover", "drop"])
        area.dispatchEvent(new DragEvent(kind, { dataTransfer: held, bubbles: true, cancelable: true }));
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site([revised()], tmp_path_factory.mktemp("plan")) as made:
        yield made


def text(**spec: Any) -> str:
    manifest = edition(0.3)
    manifest["spec"].update(spec)
    return yaml.safe_dump(manifest, sort_keys=False)


def broken() -> str:
    manifest = edition(0.3)
    manifest["spec"]["steps"][2]["inputs"][0]["from"] = "nobody.score"
    return yaml.safe_dump(manifest, sort_keys=False)


def told(page: Page) -> None:
    table = page.get_by_role("region", name="What would become of ranker")
    expect(table.locator("tbody tr")).to_have_count(4)
    expect(table).to_contain_text("inputs[lr] (0.2 -> 0.3) changed")
    expect(page.locator(".fates")).to_have_text("▶3 would run=1 would be reused")
    expect(page.locator(".result .facts")).to_contain_text("What would run takes2m 3 steps")
    expect(page.locator(".result .facts")).to_contain_text("2m40s 4 steps 40s longer")


def test_pasted(browser: Browser, site: Site) -> None:
    with looking(browser, site) as page:
        page.get_by_role("link", name="Plan").click()
        assert page.url == f"{site.place}?view=plan"
        expect(page.get_by_role("button", name="Plan")).to_be_disabled()
        page.get_by_label("Manifest").fill(text())
        page.keyboard.press("Control+Enter")
        told(page)
        page.get_by_role("link", name="ranker").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("ranker")
        page.go_back()
        told(page)
        assert site.api.objects["Pipeline", "ml", "ranker"]["spec"]["params"][0]["value"] == 0.2


def test_chosen_and_dropped(browser: Browser, site: Site, tmp_path: Path) -> None:
    file = tmp_path / "ranker.yaml"
    file.write_text(text())
    with looking(browser, site, "?view=plan") as page:
        page.get_by_label("Choose files").set_input_files(file)
        told(page)
        page.evaluate(DROP, [page.get_by_label("Manifest").element_handle(), broken()])
        expect(page.get_by_role("heading", level=2)).to_have_text("The manifest is not valid.")


def test_a_problem_leads_to_its_line(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?view=plan") as page:
        page.get_by_label("Manifest").fill(broken())
        page.get_by_role("button", name="Plan").click()
        expect(page.locator(".problems code")).to_have_text("spec.steps[2].inputs[0].from")
        page.locator("button.line").click()
        chosen = "area => area.value.slice(area.selectionStart, area.selectionEnd)"
        assert page.get_by_label("Manifest").evaluate(chosen).strip() == "from: nobody.score"


def test_what_is_too_large_is_not_sent(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?view=plan") as page:
        page.get_by_label("Manifest").evaluate(
            "area => { area.value = '#'.repeat(2 ** 20 + 1); area.dispatchEvent(new Event('input', {bubbles: true})); }"
        )
        asked: list[str] = []
        page.on("request", lambda sent: asked.append(sent.url))
        page.get_by_role("button", name="Plan").click()
        expect(page.get_by_role("alert")).to_contain_text("larger than 1 MiB")
        assert [url for url in asked if url.endswith("api/plan")] == []


def test_hostile_texts_stay_texts(browser: Browser, site: Site) -> None:
    steps = [{"name": one, "script": one, "image": one} for one in HOSTILE if one.isprintable()]
    with looking(browser, site, "?view=plan") as page:
        page.get_by_label("Manifest").fill(text(steps=steps))
        page.get_by_role("button", name="Plan").click()
        expect(page.locator(".problems li")).not_to_have_count(0)
        assert page.locator("main img, main script, main iframe").count() == 0


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("manifest", ["", text(), broken()], ids=["nothing", "good", "broken"])
def test_axe_finds_nothing(browser: Browser, site: Site, manifest: str, theme: str, locale: str) -> None:
    with looking(browser, site, "?view=plan", color_scheme=theme, locale=locale) as page:
        page.locator("#manifest").fill(manifest)
        if manifest:
            page.locator(".editor .strong").click()
            page.wait_for_selector(".result table, .result .problems")
        assert axe.violations(page) == []
        assert axe.fits(page)
