"""The pages of `-o html`: opened as files, in both themes and languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from penstock.web.report.drawn import drawn
from penstock.web.report.page import page as page_of
from penstock.web.words import Words
from tests.browser import axe
from tests.unit.web.report.test_page import reported


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["failing", "hostile"])
def test_it_stands_alone(browser: Browser, tmp_path: Path, name: str, theme: str, language: str) -> None:
    stands_alone(browser, tmp_path, theme, page_of(reported(name), Words(language)))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["failing", "hostile"])
def test_a_drawing_stands_alone(browser: Browser, tmp_path: Path, name: str, theme: str) -> None:
    graph = reported(name).graph
    assert graph is not None
    stands_alone(browser, tmp_path, theme, drawn(graph, 0.0, "1.2.3"))


def stands_alone(browser: Browser, tmp_path: Path, theme: str, text: str) -> None:
    (tmp_path / "report.html").write_text(text)
    context = browser.new_context(color_scheme=theme)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url))
    page.goto((tmp_path / "report.html").as_uri())
    assert len(asked) == 1
    assert axe.violations(page) == []
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(244, 246, 248)") == (theme == "light")
    assert page.evaluate("getComputedStyle(document.querySelector('svg [stroke=\"#8a95a3\"]')).stroke") != ""
    assert axe.fits(page)
    context.close()
    assert complaints == []
