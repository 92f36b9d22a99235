"""The page itself in Chromium, behind oauth2-proxy: signing in, a session that ends, signing out."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser import chromium
from tests.viewers.oidc import USER
from tests.viewers.signon import front
from tests.viewers.town import NAMES, OURS, Town

expect.set_options(timeout=60_000)
"""No test judges how fast the machine is."""
HERE = "--host-resolver-rules=MAP penstock.example.com 127.0.0.1"


def test_one_signs_in_is_told_of_the_end_and_comes_back(place: Town) -> None:
    with front(place, cookie_refresh="5m") as proxied, chromium.launched(HERE) as browser:
        context = browser.new_context(locale="en-GB", ignore_https_errors=True)
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        sent: list[str] = []
        page.on("request", lambda one: sent.append(one.url) if "/api/" in one.url else None)

        where = f"{proxied.place}?pipeline={OURS}/{NAMES[OURS]}"
        page.goto(where)
        page.get_by_role("button", name="Sign in with").click()
        expect(page.locator("canvas").first).to_be_visible()
        assert page.url == where
        expect(page.locator(".me")).to_contain_text(USER)

        context.clear_cookies()
        page.get_by_role("link", name="Capacity").click()
        expect(page.get_by_text("Your session may have ended")).to_be_visible()
        many = len(sent)
        page.wait_for_timeout(2_000)
        assert len(sent) == many
        page.get_by_role("link", name="Sign in").click()
        expect(page.get_by_role("heading", name="Capacity")).to_be_visible()
        assert page.url == f"{proxied.place}?view=capacity"
        expect(page.locator(".me")).to_contain_text(USER)

        page.get_by_role("link", name="Sign out").click()
        expect(page.get_by_role("button", name="Sign in with")).to_be_visible()
        assert page.url == proxied.place
        assert complaints == []
