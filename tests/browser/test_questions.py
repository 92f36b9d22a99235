"""Twelve questions that people ask of a Pipeline: two clicks from the list at most, and the answer has an address."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import yaml
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.site import Site, looking
from tests.scenes.cron import scheduled
from tests.scenes.past import edition, revised
from tests.scenes.stage import Scene

MOST_CLICKS = 2
Find = Callable[[Page], Locator]
Told = tuple[Find, str | re.Pattern[str]]
"""Where a part of the answer stands, and what is said there."""


@dataclass(frozen=True)
class Question:
    """``clicks`` lead from the list to the answer. ``typed``: what is written before the last of them."""

    asked: str
    clicks: tuple[Find, ...]
    told: tuple[Told, ...]
    typed: str = ""


def link(name: str) -> Find:
    return lambda page: page.get_by_role("link", name=name, exact=True).first


def button(name: str) -> Find:
    return lambda page: page.get_by_role("button", name=name, exact=True)


def step(name: str) -> Find:
    """A box of the graph, by its name."""
    return lambda page: page.locator(".node .label").get_by_text(name, exact=True)


def box(name: str) -> Find:
    """The same with all that stands in it."""
    return lambda page: page.locator(".node", has=page.get_by_text(name, exact=True))


def region(name: str) -> Find:
    return lambda page: page.get_by_role("region", name=name)


def panel(page: Page) -> Locator:
    return page.get_by_role("complementary")


def row(name: str) -> Find:
    return lambda page: page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))


def edit() -> str:
    """The manifest of `ranker` with another learning rate."""
    return yaml.safe_dump(edition(0.3), sort_keys=False)


QUESTIONS = (
    Question(
        "Until when does train wait, and for whom?",
        (link("finetune"), step("train")),
        (
            (panel, "Needs 4 nvidia.com/gpu; 1 of 8 are free."),
            (panel, "vision/detect"),
            (panel, "Should start in about"),
        ),
    ),
    Question(
        "What would this edit run?",
        (link("Plan"), button("Plan")),
        (
            (lambda page: page.locator(".fates"), "3 would run=1 would be reused"),
            (region("What would become of ranker"), "inputs[lr] (0.2 -> 0.3) changed"),
        ),
        edit(),
    ),
    Question(
        "Which effects are still there?",
        (link("rollout"),),
        ((box("route"), "Taken back"), (box("migrate"), "Succeeded")),
    ),
    Question(
        "Why did it fail?",
        (link("nightly"), step("train")),
        ((panel, "ValueError: loss is NaN"),),
    ),
    Question(
        "How often was it tried, and how did that end?",
        (link("digits"), step("train")),
        ((lambda page: panel(page).locator(".attempts li").first, re.compile("OOMKilled.*exit code 137")),),
    ),
    Question(
        "When will it be done?",
        (),
        ((row("finetune"), "done in about"),),
    ),
    Question(
        "How does it go against the plan?",
        (link("finetune"), button("Time")),
        ((lambda page: page.locator(".summary"), re.compile("Planned .+, expected .+")),),
    ),
    Question(
        "Who holds the GPUs?",
        (link("Capacity"),),
        ((region("Resources over time"), "nvidia.com/gpu"), (lambda page: page.locator("main"), "finetune")),
    ),
    Question(
        "What waits for my decision?",
        (lambda page: page.locator("a.asking"),),
        ((lambda page: page.locator(".ask").first, "Publish it?"),),
    ),
    Question(
        "What made the last revision another?",
        (link("ranker"), button("History")),
        ((region("What differs"), "inputs[lr] (0.5 -> 0.2) changed"),),
    ),
    Question(
        "When does it run next?",
        (link("Schedules"),),
        ((lambda page: region("Schedules")(page).locator("tbody tr").first, re.compile(r"17 \* \* \* \*.*in ")),),
    ),
    Question(
        "How far is it?",
        (link("corpus"),),
        (
            (lambda page: page.locator(".facts"), re.compile(r"\d+ of 5,000 steps")),
            (lambda page: page.locator(".tools"), re.compile(r"Running \d+")),
        ),
    ),
)


@pytest.fixture(scope="module")
def site(scenes: list[Scene], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site([*scenes, revised(), scheduled(time.time())], tmp_path_factory.mktemp("questions")) as made:
        yield made


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.asked)
def test_it_is_answered_within_two_clicks_and_has_an_address(browser: Browser, site: Site, question: Question) -> None:
    assert len(question.clicks) <= MOST_CLICKS
    with looking(browser, site) as page:
        expect(page.locator(".list td.name a").first).to_be_visible()
        for number, find in enumerate(question.clicks, 1):
            if question.typed and number == len(question.clicks):
                page.get_by_label("Manifest").fill(question.typed)
            find(page).click()
        answered(page, question)
        assert (page.url == site.place) == (not question.clicks)
        if not question.typed:  # what was written stays with who wrote it
            page.reload()
            answered(page, question)


def answered(page: Page, question: Question) -> None:
    for find, said in question.told:
        expect(find(page)).to_contain_text(said)
