"""The pictures of the page in docs/pictures: `python -m tests.browser.pictures` takes them anew."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.browser import chromium
from tests.browser.site import Site, looking
from tests.scenes.scenes import SCENES

PLACE = Path(__file__).parents[2] / "docs" / "pictures"
SHOWN = {
    "page-time": ("?pipeline=ml/finetune&step=train&lens=time", ".lane"),
    "page-graph": ("?pipeline=ml/nightly&step=train", ".node"),
}
"""By file: what is shown, and what stands there once all of it does."""


def main() -> int:
    """Takes them, light and dark."""
    folder = Path(tempfile.mkdtemp(prefix="penstock-pictures-"))
    with Site([make() for make in SCENES.values()], folder) as site, chromium.launched() as browser:
        for name, (where, last) in SHOWN.items():
            for theme in ("light", "dark"):
                with looking(browser, site, where, color_scheme=theme, viewport={"width": 1200, "height": 740}) as page:
                    page.wait_for_selector(last, timeout=60_000)
                    page.wait_for_timeout(1_500)  # what is computed, such as why a step waits, comes a little later
                    page.screenshot(path=PLACE / f"{name}-{theme}.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
