"""The log of a step, in the panel that tells of it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.site import Site, looking
from tests.scenes.logs import ContainerLog
from tests.scenes.scenes import HOSTILE

LAST = "?pipeline=ml/digits&step=train&log=last"
NOW = time.time()
LINE = re.compile("&line=")


@pytest.fixture
def log(site: Site) -> Iterator[ContainerLog]:
    """That of the second attempt of `train`, which runs: 12,000 lines, three of which were written at each instant."""
    lines = ((NOW - 10_000 + at // 3, f"epoch {at} \x1b[32mok\x1b[0m") for at in range(12_000))
    found = site.log("digits", "train", 2, ContainerLog(lines, ended=False))
    site.log("digits", "train", 1, ContainerLog([(NOW - 20_000, "out of memory")]))
    yield found
    site.do(found.end)


def texts(page: Page) -> list[str]:
    return page.locator(".sheet .text").all_inner_texts()


def at_the_end(page: Page) -> bool:
    script = "document.querySelector('.sheet').scrollHeight - document.querySelector('.sheet').clientHeight"
    return bool(page.evaluate(f"Math.abs(document.querySelector('.sheet').scrollTop - ({script})) < 2"))


def test_it_begins_with_the_end_and_goes_on(browser: Browser, site: Site, log: ContainerLog) -> None:
    with looking(browser, site, "?pipeline=ml/digits&step=train") as page:
        page.get_by_role("button", name="Logs").click()
        expect(page.locator(".sheet .text").last).to_have_text("epoch 11999 ok")
        expect(page.get_by_text("5,000 lines")).to_be_visible()
        assert "log=last" in page.url
        assert len(texts(page)) < 120
        site.do(lambda: log.say(time.time(), *(f"line {at}" for at in range(3_000))))
        expect(page.locator(".sheet .text").last).to_have_text("line 2999")
        assert at_the_end(page)
        site.do(log.end)
        expect(page.locator(".stands")).to_contain_text("Ended")


def test_who_reads_above_stays_there(browser: Browser, site: Site, log: ContainerLog) -> None:
    with looking(browser, site, LAST) as page:
        expect(page.locator(".sheet .text").last).to_have_text("epoch 11999 ok")
        page.locator(".sheet").evaluate("sheet => sheet.scrollTop = 20_000")
        expect(page.get_by_role("button", name="Follow the end")).to_have_attribute("aria-pressed", "false")
        before = page.locator(".sheet").evaluate("sheet => sheet.scrollTop")
        site.do(lambda: log.say(time.time(), "more"))
        expect(page.get_by_text("5,001 lines")).to_be_visible()
        assert page.locator(".sheet").evaluate("sheet => sheet.scrollTop") == before
        page.get_by_role("button", name="Follow the end").click()
        expect(page.locator(".sheet .text").last).to_have_text("more")


def test_earlier_lines_come_before_and_what_is_read_stays_in_place(
    browser: Browser, site: Site, log: ContainerLog
) -> None:
    with looking(browser, site, LAST) as page:
        expect(page.get_by_text("5,000 lines")).to_be_visible()
        page.locator(".sheet").evaluate("sheet => sheet.scrollTop = 0")
        expect(page.locator(".sheet .text").first).to_have_text("epoch 7000 ok")
        known = 5_000
        while page.get_by_role("button", name="Show 1,000 earlier lines").count():
            page.get_by_role("button", name="Show 1,000 earlier lines").click()
            known = min(known + 1_000, 12_000)
            expect(page.get_by_text(f"{known:,} lines")).to_be_visible()
            if known == 6_000:
                expect(page.locator(".sheet .text", has_text="epoch 7000 ok")).to_be_in_viewport()
            page.wait_for_timeout(100)
        assert known == 12_000
        page.locator(".sheet").evaluate("sheet => sheet.scrollTop = 0")
        expect(page.locator(".sheet .text").first).to_have_text("epoch 0 ok")


def test_what_is_searched_for_is_found_and_is_in_the_address(browser: Browser, site: Site, log: ContainerLog) -> None:
    with looking(browser, site, LAST) as page:
        expect(page.get_by_text("5,000 lines")).to_be_visible()
        find = page.get_by_role("searchbox", name="Find in these lines")
        find.fill("EPOCH 7123 O")
        expect(page.locator(".find [role=status]")).to_have_text("– of 1")
        assert "find=EPOCH+7123+O" in page.url
        find.press("Enter")
        expect(page.locator(".find [role=status]")).to_have_text("1 of 1")
        expect(page.locator(".sheet .text[data-current]")).to_have_text("epoch 7123 ok")
        expect(page.locator(".sheet .text[data-current]")).to_be_in_viewport()
        assert page.locator(".sheet mark").all_inner_texts() == ["epoch 7123 ", "o"]
        site.do(lambda: log.say(time.time(), "another epoch 7123 o"))
        expect(page.locator(".find [role=status]")).to_have_text("1 of 2")
        page.reload()
        expect(find).to_have_value("EPOCH 7123 O")
        expect(page.locator(".find [role=status]")).to_have_text("– of 2")


def test_where_one_reads_is_in_the_address(browser: Browser, site: Site, log: ContainerLog) -> None:
    with looking(browser, site, LAST) as page:
        expect(page.get_by_text("5,000 lines")).to_be_visible()
        assert not LINE.search(page.url)
        page.get_by_role("button", name="Show 1,000 earlier lines").click()
        expect(page.get_by_text("6,000 lines")).to_be_visible()
        page.locator(".sheet").evaluate("sheet => sheet.scrollTop = 3_000")
        expect(page).to_have_url(LINE)
        where, read = page.url.removeprefix(site.place), in_the_middle(page)
    with looking(browser, site, where) as page:
        expect(page.get_by_text("6,000 lines")).to_be_visible()  # for which it had to ask
        expect(page.locator(".sheet .text", has_text=read)).to_be_in_viewport()
        assert in_the_middle(page) == read
        page.wait_for_timeout(1_000)
        assert page.url == site.place + where
        site.do(lambda: log.say(time.time(), "more"))
        expect(page.get_by_text("6,001 lines")).to_be_visible()
        assert in_the_middle(page) == read
        page.get_by_role("button", name="Follow the end").click()
        expect(page.locator(".sheet .text").last).to_have_text("more")
        expect(page).not_to_have_url(LINE)


STRANGE = ["-1", "0", "2026", "1e999", "9" * 400, "<img src=x onerror=alert(1)>", ",", "nobody,1970-01-01T00:00:00Z"]


@pytest.mark.parametrize("line", STRANGE)
def test_what_names_no_line_of_this_log_leads_to_its_end(
    browser: Browser, site: Site, log: ContainerLog, line: str
) -> None:
    with looking(browser, site, f"{LAST}&line={quote(line)}") as page:
        expect(page.locator(".sheet .text").last).to_have_text("epoch 11999 ok")
        expect(page.get_by_text("5,000 lines")).to_be_visible()
        expect(page).not_to_have_url(LINE)
        page.wait_for_timeout(1_000)
        expect(page.get_by_text("5,000 lines")).to_be_visible()
        assert at_the_end(page)


@pytest.mark.parametrize("after", ["", ",-5", ",9999999999", ",Infinity", ",NaN"])
def test_however_late_a_line_was_written_the_end_is_the_last(
    browser: Browser, site: Site, log: ContainerLog, after: str
) -> None:
    pod = site.pod("digits", "train", 2)
    with looking(browser, site, f"{LAST}&line={pod},9999-12-31T23:59:59Z{after}") as page:
        expect(page.locator(".sheet .text").last).to_have_text("epoch 11999 ok")
        expect(page).not_to_have_url(LINE)
        assert at_the_end(page)


def test_a_line_of_one_step_is_none_of_another(browser: Browser, site: Site, log: ContainerLog) -> None:
    site.log("digits", "prepare", 1, ContainerLog((NOW - 5_000 + at, f"row {at}") for at in range(10_000)))
    where = f"{LAST}&lens=table&line={site.pod('digits', 'train', 2)},1970-01-01T00:00:00Z"
    with looking(browser, site, where) as page:
        expect(page.locator(".sheet .text").first).to_have_text("epoch 0 ok")
        page.locator(".row .label", has_text="prepare").click()
        expect(page.locator(".sheet .text").last).to_have_text("row 9999")
        expect(page).not_to_have_url(LINE)
        expect(page.get_by_text("5,000 lines")).to_be_visible()


def test_for_a_line_no_more_is_asked_for_than_is_kept(browser: Browser, site: Site) -> None:
    lines = ((NOW - 10_000 + at, "x" * 7_000) for at in range(6_500))
    site.log("digits", "train", 2, ContainerLog(lines))
    script = """async pod => {
        const {Feed} = await import(new URL("static/pipeline/log/feed.js", document.baseURI));
        const feed = new Feed("api/pipelines/ml/digits/steps/train", pod);
        await feed.open();
        await feed.back("1970-01-01T00:00:00Z", () => true);
        return [feed.more, feed.characters];
    }"""
    with looking(browser, site) as page:
        more, characters = page.evaluate(script, site.pod("digits", "train", 2))
        assert more
        assert 32 * 2**20 <= characters < 40 * 2**20


def in_the_middle(page: Page) -> str:
    """The line that is there."""
    found = """sheet => {
        const {top, height} = sheet.getBoundingClientRect(), middle = top + sheet.clientHeight / 2;
        const over = (line) => line.getBoundingClientRect().bottom > middle;
        return [...sheet.querySelectorAll('.text')].find(over).innerText;
    }"""
    return str(page.locator(".sheet").evaluate(found))


def test_the_attempt_before_can_be_chosen(browser: Browser, site: Site, log: ContainerLog) -> None:
    with looking(browser, site, LAST) as page:
        page.get_by_role("combobox", name="Attempt").select_option(label="Attempt 1")
        expect(page.locator(".sheet .text")).to_have_text(["out of memory"])
        assert "log=last" not in page.url
        page.reload()
        expect(page.locator(".sheet .text")).to_have_text(["out of memory"])
        expect(page.locator(".stands")).to_contain_text("Ended")


def test_a_stream_that_breaks_off_goes_on_where_it_was(browser: Browser, site: Site, log: ContainerLog) -> None:
    with looking(browser, site, LAST, quiet=False) as page:
        expect(page.get_by_text("5,000 lines")).to_be_visible()
        site.do(log.cut)
        site.do(lambda: log.say(NOW - 10_000 + 11_999 // 3, "at the same instant"))
        site.do(lambda: log.say(time.time(), "later"))
        expect(page.locator(".sheet .text").last).to_have_text("later")
        assert texts(page)[-3:] == ["epoch 11999 ok", "at the same instant", "later"]
        expect(page.get_by_text("5,002 lines")).to_be_visible()


def test_the_whole_is_downloaded(browser: Browser, site: Site, log: ContainerLog, tmp_path: Path) -> None:
    with looking(browser, site, LAST) as page:
        site.do(log.end)
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Download the whole log").click()
        waiting.value.save_as(tmp_path / "log")
        lines = (tmp_path / "log").read_text().splitlines()
        assert (lines[0], len(lines)) == ("epoch 0 \x1b[32mok\x1b[0m", 12_000)
        assert waiting.value.suggested_filename.endswith(".log")


def test_hostile_lines_stay_texts(browser: Browser, site: Site) -> None:
    site.log("nightly", "train", 2, ContainerLog((NOW, one.replace("\n", "")) for one in HOSTILE))
    with looking(browser, site, "?pipeline=ml/nightly&step=train&log=last&times=1") as page:
        expect(page.locator(".sheet .text")).to_have_count(len(HOSTILE))
        assert page.locator(".sheet img, .sheet script, .sheet a").count() == 0
        shown = page.locator(".sheet").inner_text()
        assert not set(shown) & set("\u202e\u2066\u200b\ufeff\u2028\x1b\x07\x7f\x00")
        assert "‹U+202E›gnp.exe‹U+202C›" in shown
        assert "red ‹U+001B›]8;;https://evil.example‹U+0007›link" in shown
        heights = page.locator(".sheet .text").evaluate_all("lines => lines.map(line => line.offsetHeight)")
        assert set(heights) == {18}


COLOURS = [
    ("\x1b[1;31merror\x1b[0m plain", [("error", "f1 bold"), (" plain", "")]),
    ("\x1b[31ma\x1b[42mb\x1b[39mc\x1b[49md", [("a", "f1"), ("b", "f1 b2"), ("c", "b2"), ("d", "")]),
    ("\x1b[4m\x1b[7mx\x1b[24;27my", [("x", "under inverse"), ("y", "")]),
    ("\x1b[38;5;196mred\x1b[38;5;21mblue\x1b[38;5;3mthree", [("red", "f9"), ("blue", "f12"), ("three", "f3")]),
    ("\x1b[38;2;255;0;0mred\x1b[48;2;10;10;10mdark", [("red", "f9"), ("dark", "f9 b0")]),
    ("\x1b[97;101mbright\x1b[mplain", [("bright", "f15 b9"), ("plain", "")]),
    ("\x1b[38;5mshort\x1b[38;5;999mwrong\x1b[xno", [("short", ""), ("wrong\x1b[xno", "")]),
    ("a\x1b[Kb", [("a", ""), ("b", "")]),
]


def test_colours_are_classes(browser: Browser, site: Site) -> None:
    script = """async texts => {
        const {tokens} = await import(new URL("static/pipeline/log/ansi.js", document.baseURI));
        return texts.map(text => tokens(text).map(one => [one.text, one.kind]));
    }"""
    with looking(browser, site) as page:
        told = page.evaluate(script, [text for text, _ in COLOURS])
        assert [[tuple(part) for part in parts] for parts in told] == [parts for _, parts in COLOURS]


def test_where_there_is_no_log_it_says_so(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?pipeline=ml/finetune&step=agree&log=last") as page:
        expect(page.get_by_role("complementary")).to_contain_text("There are no logs")


def test_a_container_that_has_not_started_is_waited_for(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?pipeline=ml/nightly&step=tidy&log=last") as page:
        expect(page.locator(".stands")).to_contain_text("waiting to start: ContainerCreating")
        site.log("nightly", "tidy", 1, ContainerLog([(NOW, "tidied")]))
        expect(page.locator(".sheet .text")).to_have_text(["tidied"])
