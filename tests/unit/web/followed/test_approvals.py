"""What waits for a decision is told with the list, and only to whoever may list Steps."""

import asyncio
import copy
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.scenes.api import SceneApi
from tests.scenes.scenes import small, waiting
from tests.unit.web.page import Page

ASK = {"namespace": "ml", "pipeline": "finetune", "path": "agree"}


@pytest.fixture
async def api() -> AsyncIterator[SceneApi]:
    found = SceneApi(waiting(), small())
    await found.start()
    yield found
    await found.stop()


def told(asks: list[Any]) -> list[Any]:
    return [{key: value for key, value in one.items() if key != "since"} for one in asks]


async def watching(api: SceneApi) -> list[Any]:
    """Who watches Steps, once somebody does."""
    while True:
        found = [one for one in api.watchers if one[0] == "steps"]
        if found:
            return found
        await asyncio.sleep(0.01)


async def test_what_waits_is_there_until_somebody_decides(api: SceneApi, page: Page) -> None:
    found = await page.get("api/pipelines")
    assert told(found["asks"]) == [ASK]
    assert found["asks"][0]["since"] > 1_500_000_000
    async with page.stream("api/pipelines/stream", found["id"]) as events:
        gate = copy.deepcopy(api.objects["Step", "ml", "finetune.agree"])
        api.put({**gate, "metadata": {**gate["metadata"], "annotations": {"penstock.dev/approved-by": "ada"}}})
        _, _, data = await anext(events)
        assert data == {"put": [], "drop": [], "asks": []}
        api.put(gate)
        _, _, data = await anext(events)
        assert told(data["asks"]) == [ASK]
        api.put({**gate, "status": {"phase": "Succeeded", "reason": "Approved"}})
        _, _, data = await anext(events)
        assert data["asks"] == []


async def test_no_other_steps_are_read_for_it(api: SceneApi, page: Page) -> None:
    await page.get("api/pipelines")
    assert "GET /steps" in api.requests
    (watcher,) = await watching(api)
    matching = [one for (kind, *_), one in api.objects.items() if kind == "Step" and watcher[2].has(one)]
    assert [one["metadata"]["name"] for one in matching] == ["finetune.agree"]


async def test_a_step_that_is_nobodys_asks_nothing(api: SceneApi, page: Page) -> None:
    gate = copy.deepcopy(api.objects["Step", "ml", "finetune.agree"])
    del gate["metadata"]["ownerReferences"]
    api.put(gate)
    assert (await page.get("api/pipelines"))["asks"] == []


async def test_who_may_list_one_namespace_sees_what_waits_there(api: SceneApi, page: Page) -> None:
    api.allows = lambda namespace, resource: namespace == "ml"
    found = await page.get("api/pipelines")
    assert (found["scope"], told(found["asks"])) == ("ml", [ASK])


async def test_who_may_list_no_steps_sees_the_pipelines(api: SceneApi, page: Page) -> None:
    api.allows = lambda namespace, resource: resource != "steps"
    found = await page.get("api/pipelines")
    assert (len(found["pipelines"]), found["asks"]) == (2, [])
    async with page.stream("api/pipelines/stream", found["id"]) as events:
        gone = api.objects["Pipeline", "ml", "digits"]
        api.delete(gone)
        assert (await anext(events))[0] == "batch"  # and no trouble
