"""Who is let in, and what every answer carries."""

import json

import pytest
from tests.unit.web.page import Page

DATA = (
    "api/hello",
    "api/pipelines",
    "api/pipelines/stream",
    "api/pipelines/ml/digits",
    "api/pipelines/ml/digits/stream",
    "api/pipelines/ml/digits/history",
    "api/pipelines/ml/digits/rollback/1",
    "api/schedules",
)
PAGE = ("", "static/app.js")


async def answered(page: Page, path: str, **headers: str) -> int:
    async with page.ask(path, **headers) as answer:
        if answer.status >= 400:
            told = json.loads(await answer.read())
            assert set(told) == {"error"}
        return int(answer.status)


@pytest.mark.parametrize("path", DATA)
@pytest.mark.parametrize("shown", ["", "Bearer ", "Bearer forged", "Basic YTpi", "Bearer \u00e9"])
async def test_no_data_without_the_token(page: Page, path: str, shown: str) -> None:
    assert await answered(page, path, Authorization=shown) == 401


@pytest.mark.parametrize("path", [*DATA, *PAGE])
async def test_only_this_host_is_answered_for(page: Page, path: str) -> None:
    """A foreign name that leads here (DNS rebinding) would give another page this one's origin."""
    assert await answered(page, path, Host="evil.example") == 421
    assert await answered(page, path, Host="127.0.0.1") == 421  # without the port it is another server


@pytest.mark.parametrize("path", [*DATA, *PAGE])
async def test_other_pages_may_not_ask(page: Page, path: str) -> None:
    assert await answered(page, path, Origin="https://evil.example") == 403
    assert await answered(page, path, Origin="null") == 403


@pytest.mark.parametrize("path", DATA)
@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
async def test_data_goes_to_requests_of_the_page_itself_only(page: Page, path: str, site: str) -> None:
    assert await answered(page, path, Sec_Fetch_Site=site) == 403


async def test_the_page_itself_needs_no_token_and_may_be_linked_to(page: Page) -> None:
    for path in PAGE:
        assert await answered(page, path, Authorization="", Sec_Fetch_Site="cross-site") == 200


async def test_only_files_of_the_page_are_served(page: Page) -> None:
    for path in ("static/../server.py", "static/%2e%2e/server.py", "static//etc/passwd", "static/", "nothing", "api/x"):
        assert await answered(page, path) == 404


async def test_nothing_can_be_sent(page: Page) -> None:
    headers = {"Authorization": f"Bearer {page.token}"}
    async with page.session.post(page.place, data=b"x", headers=headers) as answer:
        assert answer.status == 405
    async with page.session.post(page.place + "api/pipelines", data=b"x" * 70_000, headers=headers) as answer:
        assert answer.status == 413


@pytest.mark.parametrize("path", [*DATA, *PAGE, "nothing"])
async def test_every_answer_says_what_a_browser_may_do_with_it(page: Page, path: str) -> None:
    async with page.ask(path) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        if path.startswith("api/"):
            assert answer.headers["Cache-Control"] == "no-store"
