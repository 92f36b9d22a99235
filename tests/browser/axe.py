"""What axe-core finds in a page, which is evaluated there: a script tag would be blocked by the page's own policy."""

from __future__ import annotations

from importlib.resources import files

from playwright.sync_api import Page

AXE = files("axe_playwright_python") / "axe.min.js"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


def violations(page: Page) -> list[tuple[str, list[str]]]:
    """Rules that the page breaks, with the markup that does."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", list(RULES))
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]]


def fits(page: Page) -> bool:
    """Whether nothing sticks out to the side."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
