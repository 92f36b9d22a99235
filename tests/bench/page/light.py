"""Row W6: what the page weighs, what it asks of others, and what the browser says of it, behind a path too."""

from __future__ import annotations

import urllib.request

from playwright.sync_api import Browser

from penstock.web.routes.sent import sent
from tests.bench.figures import Figure
from tests.bench.page.server import Alone, Many, served
from tests.browser import chromium
from tests.browser.site import listening
from tests.browser.views import VIEWS, last
from tests.scenes.logs import ContainerLog
from tests.scenes.scenes import SCENES

TOKEN = "admin"
FETCHED = """performance.getEntriesByType("resource").filter(one => /[.](js|css)$/.test(one.name))
    .reduce((sum, one) => sum + one.encodedBodySize, 0)"""


def figures() -> list[Figure]:
    """Each view once, of `penstock ui` and of the server in the cluster."""
    scenes = [make() for make in SCENES.values()]
    complaints: list[str] = []
    with chromium.launched() as browser:
        for kind in (Alone, Many):
            with served(*scenes, kind=kind) as site:
                site.api.users = {TOKEN: lambda namespace, resource: True} if kind is Many else {}
                site.log("digits", "train", 2, ContainerLog((1e9 + at, f"epoch {at}") for at in range(6_000)))
                found = {view: _looked_at(browser, site, view) for view in VIEWS}
                complaints += [one for said, _ in found.values() for one in said]
                _, opened = found["graph"]
                sizes = [_sent(site, name) for name, _ in sent() if name.endswith((".js", ".css"))]
    elsewhere = [one for one in complaints if one.startswith(("http", "ws"))]
    policy = [one for one in complaints if "Content Security Policy" in one]
    return [
        Figure("W6", "JavaScript and CSS as they are sent", sum(sizes) / 1000, "KB", 80),
        Figure("W6", "of these, what is fetched until the graph of a Pipeline is drawn", opened / 1000, "KB"),
        Figure("W6", f"{2 * len(VIEWS)} views, half behind a path: requests to other hosts", len(elsewhere), "", 0),
        Figure("W6", f"{2 * len(VIEWS)} views, half behind a path: reports of the policy", len(policy), "", 0),
        Figure("W6", f"{2 * len(VIEWS)} views, half behind a path: whatever else the browser complains about",
               len(complaints) - len(elsewhere) - len(policy), "", 0),
    ]  # fmt: skip


def _looked_at(browser: Browser, site: Alone, view: str) -> tuple[list[str], float]:
    """What the browser complains about, and the bytes of the scripts and style sheets that it fetches."""
    with listening(browser, site.place) as (page, complaints):
        page.add_init_script(f"sessionStorage.setItem('penstock.token', '{TOKEN}')")
        page.goto(f"{site.place}{VIEWS[view]}#token={site.token}")
        page.wait_for_selector(last(view), timeout=60_000)
        page.wait_for_timeout(500)
        fetched = float(page.evaluate(FETCHED))
    return complaints, fetched


def _sent(site: Alone, name: str) -> int:
    """Bytes of its body."""
    request = urllib.request.Request(f"{site.place}static/{name}", headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return len(answer.read())
