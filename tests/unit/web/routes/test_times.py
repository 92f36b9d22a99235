"""When the steps of a Pipeline waited and ran, as the server tells it."""

import copy

from tests.scenes.api import SceneApi
from tests.unit.web.page import Page

from penstock.core.asked.view.times import KINDS


async def test_when_steps_ran(api: SceneApi, page: Page) -> None:
    snapshot = await page.get("api/pipelines/ml/digits")
    told = await page.get("api/pipelines/ml/digits/times")
    assert told["id"] == snapshot["id"]
    paths = snapshot["steps"]["paths"]
    train = [(KINDS[kind], start, length) for row, kind, start, length, *_ in told["bars"] if paths[row] == "train"]
    assert train == [("run", 89.0, 140.0), ("wait", 229.0, 12.0), ("run", 241.0, None)]


async def test_what_has_not_changed_is_not_sent_again(page: Page) -> None:
    async with page.ask("api/pipelines/ml/digits/times") as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        tag = answer.headers["ETag"]
    async with page.ask("api/pipelines/ml/digits/times", If_None_Match=tag) as answer:
        assert answer.status == 304


async def test_one_that_has_not_begun_has_none(api: SceneApi, page: Page) -> None:
    new = copy.deepcopy(api.objects["Pipeline", "ml", "digits"])
    new["metadata"].update(name="new", uid="new")
    del new["status"]
    api.put(new)
    told = await page.get("api/pipelines/ml/new/times")
    assert (told["began"], told["bars"]) == (None, [])
    async with page.ask("api/pipelines/ml/nobody/times") as answer:
        assert answer.status == 404
