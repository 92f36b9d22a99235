"""The panel tells the traceback of a step that is written in Python at the lines of its author's file."""

from __future__ import annotations

import copy

from playwright.sync_api import Browser, expect

from penstock.core.asked.sourcemap import SOURCE, annotation
from penstock.core.names import short_hash
from tests.browser.site import Site, looking

SCRIPT = "def train(rows):\n    return 1 / rows\n"
FRAME, PLACE = 'File "<string>", line 2, in train', "digits.py:32, in train"


def test_why_a_step_failed(browser: Browser, site: Site) -> None:
    pipeline = copy.deepcopy(site.api.objects["Pipeline", "ml", "nightly"])
    pipeline["metadata"]["annotations"] = {SOURCE: annotation("digits.py", {short_hash(SCRIPT): [31, 32]})}
    step = copy.deepcopy(site.api.objects["Step", "ml", "nightly.train"])
    step["spec"]["script"] = SCRIPT
    site.do(lambda: (site.api.put(pipeline), site.api.put(step)))
    with looking(browser, site, "?pipeline=ml/nightly&step=train") as page:
        said = page.locator(".panel > .why")
        expect(said).to_contain_text("loss is NaN")
        site.change("Step", "nightly.train", message=f"Traceback: {FRAME}: ValueError")
        expect(said).to_contain_text(f"Traceback: {PLACE}: ValueError")
        site.change("Step", "nightly.train", message=f"{FRAME}: KeyError")
        expect(said).to_contain_text(f"{PLACE}: KeyError")
        expect(page.locator(".panel .attempts li")).not_to_have_count(0)
        page.goto(page.url.replace("step=train", "step=load"))
        expect(page.get_by_role("heading", name="load", exact=True)).to_be_visible()
        expect(said).to_have_count(0)


def test_the_table_and_what_stands_above_it_tell_it_so(browser: Browser, site: Site) -> None:
    pipeline = copy.deepcopy(site.api.objects["Pipeline", "ml", "nightly"])
    pipeline["metadata"]["annotations"] = {SOURCE: annotation("digits.py", {short_hash(SCRIPT): [31, 32]})}
    pipeline["status"].update(message=f"train: {FRAME}: ValueError", failedSteps=[{"name": "train"}])
    step = copy.deepcopy(site.api.objects["Step", "ml", "nightly.train"])
    step["spec"]["script"] = SCRIPT
    step["status"]["message"] = f"Traceback: {FRAME}: ValueError"
    site.do(lambda: (site.api.put(pipeline), site.api.put(step)))
    with looking(browser, site, "?pipeline=ml/nightly&lens=table") as page:
        expect(page.get_by_role("treegrid")).to_contain_text(f"Traceback: {PLACE}: ValueError")
        expect(page.get_by_text(f"train: {PLACE}: ValueError")).to_be_visible()
        assert FRAME not in page.content()
