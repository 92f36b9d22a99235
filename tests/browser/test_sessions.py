"""The page behind a proxy that signs people in: whatever it answers once a session has ended, the page says so."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from penstock.web.server.shared import Offer
from tests.browser.test_sign_in import Many
from tests.scenes.scenes import small

LOGIN = "https://login.example.com/authorize"
PROXIED = Offer(sign_in="/oauth2/start?rd=", sign_out="/oauth2/sign_out?rd=/")


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Many]:
    with Many([small()], tmp_path_factory.mktemp("proxied"), PROXIED) as made:
        yield made


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Many]:
    """With a proxy of which the page knows nothing."""
    with Many([small()], tmp_path_factory.mktemp("plain"), Offer()) as made:
        yield made


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Somebody with a session: the proxy brings their token."""
    bearing = {"Authorization": "Bearer reader"}
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 800}, extra_http_headers=bearing)
    yield context.new_page()
    context.close()


def answered(status: int, kind: str, body: str) -> Callable[[Route], None]:
    return lambda route: route.fulfill(status=status, content_type=kind, body=body)


def led_elsewhere(route: Route) -> None:
    route.fulfill(status=302, headers={"Location": LOGIN})


def with_an_expired_token(route: Route) -> None:
    route.continue_(headers={**route.request.headers, "authorization": "Bearer stranger"})


JSON, HTML, SIGN_IN = "application/json", "text/html", "<h1>Sign in</h1>"
ENDED = {
    "JSON": answered(401, JSON, "{}"),
    "JSON of another form": answered(401, JSON, '{"error": {"code": 401}}'),
    "null": answered(401, JSON, "null"),
    "a page": answered(401, HTML, SIGN_IN),
    "a page that is well": answered(200, f"{HTML}; charset=utf-8", SIGN_IN),
    "a page that forbids": answered(403, HTML, SIGN_IN),
    "the way elsewhere": led_elsewhere,
    "an expired token": with_an_expired_token,
}


@pytest.mark.parametrize("how", ENDED)
def test_a_session_that_ended_is_told_with_the_way_back(page: Page, proxied: Many, how: str) -> None:
    page.goto(f"{proxied.place}?q=dig")
    expect(page.locator(".list td.name a")).to_have_text(["digits"])
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.url) if "/api/" in one.url else None)
    page.route(re.compile("/api/"), ENDED[how])
    page.get_by_role("link", name="digits").click()
    expect(page.get_by_text("Your session may have ended")).to_be_visible()
    here = "/?pipeline=ml/digits"
    assert page.url == proxied.place.removesuffix("/") + here
    link = page.get_by_role("link", name="Sign in")
    assert link.get_attribute("href") == f"/oauth2/start?rd={quote(here, safe='')}"
    many = len(sent)
    page.wait_for_timeout(3_000)
    assert len(sent) == many  # nothing is asked over and over
    page.unroute(re.compile("/api/"))
    page.reload()
    expect(page.locator("canvas").first).to_be_visible()


def test_it_is_told_though_what_shows_a_view_cannot_be_fetched_either(page: Page, proxied: Many) -> None:
    page.goto(proxied.place)
    expect(page.locator(".list td.name a")).to_have_text(["digits"])
    page.route(re.compile("/static/"), lambda route: route.fulfill(status=403, body=SIGN_IN))
    page.route(re.compile("/api/"), ENDED["JSON"])
    page.get_by_role("link", name="Capacity").click()
    expect(page.get_by_text("Your session may have ended")).to_be_visible()


@pytest.mark.parametrize("how", ["JSON", "the way elsewhere"])
def test_with_a_proxy_that_it_does_not_know_the_page_is_loaded_again(page: Page, plain: Many, how: str) -> None:
    page.goto(plain.place)
    expect(page.locator(".list td.name a")).to_have_text(["digits"])
    expect(page.get_by_role("link", name="Sign out")).to_have_count(0)
    page.route(re.compile("/api/"), ENDED[how])
    page.get_by_role("link", name="digits").click()
    expect(page.get_by_text("Your session may have ended")).to_be_visible()
    page.unroute(re.compile("/api/"))
    page.get_by_role("link", name="Sign in").click()
    expect(page.locator("canvas").first).to_be_visible()
    assert page.url == f"{plain.place}?pipeline=ml/digits"


def test_a_session_that_ends_during_a_stream_is_told(page: Page, proxied: Many) -> None:
    page.route(re.compile("/stream$"), ENDED["a page that is well"])
    page.goto(proxied.place)
    expect(page.get_by_text("Your session may have ended")).to_be_visible()


def test_a_stream_of_nothing_is_not_asked_for_over_and_over(page: Page, proxied: Many) -> None:
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.url) if one.url.endswith("/stream") else None)
    page.route(re.compile("/stream$"), lambda route: route.fulfill(status=200, content_type="text/event-stream"))
    page.goto(proxied.place)
    expect(page.locator(".standing")).to_have_text("Reconnecting")
    page.wait_for_timeout(3_000)
    assert 1 <= len(sent) <= 10
    page.unroute(re.compile("/stream$"))
    expect(page.locator(".standing")).to_have_text("Live")


def test_one_signs_out_where_the_proxy_does_it(page: Page, proxied: Many) -> None:
    page.goto(f"{proxied.place}?pipeline=ml/digits")
    expect(page.get_by_role("link", name="Sign out")).to_have_attribute("href", "/oauth2/sign_out?rd=/")
    expect(page.get_by_role("button", name="Sign out")).to_have_count(0)


def test_who_brings_a_token_of_their_own_is_told_nothing_of_sessions(browser: Browser, plain: Many) -> None:
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(plain.place)
    expect(page.get_by_text("This page is locked.")).to_be_visible()
    expect(page.get_by_text("Your session may have ended")).to_have_count(0)
    page.get_by_label("Paste a token of your cluster.").fill("reader")
    page.get_by_role("button", name="Unlock").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("This page is locked.")).to_be_visible()
    expect(page.get_by_text("Your session may have ended")).to_have_count(0)
    context.close()
