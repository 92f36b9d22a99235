"""Chromium as the tests start it: Debian's, or one that is there already."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.cluster import packages

NAMES = ("chromium", "chromium-browser", "google-chrome")
NEEDED = {
    "chromium": "chromium",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc": "fonts-noto-cjk",
}
"""With letters for Chinese, which a Debian has not."""
QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)


def found() -> str:
    """The program; empty if there is none."""
    return next((path for path in map(shutil.which, NAMES) if path), "")


def ensure() -> str:
    """The program, installed if there is none and that is possible.

    Raises:
        ClusterError: not root, or no apt; the text has the command that does it.
    """
    if not found():
        packages.ensure(NEEDED)
    return found()


@contextmanager
def launched(*words: str) -> Iterator[Browser]:
    """A browser without a window, with further words of its command. Raises ClusterError as `ensure` does."""
    program = ensure()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*QUIET, *words])
        try:
            yield browser
        finally:
            browser.close()
