"""Schedules as the page is told, to those who may see them."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.scenes.api import SceneApi
from tests.scenes.cron import scheduled
from tests.unit.web.lodging import SECRET, lodging
from tests.unit.web.page import Page


@pytest.fixture
async def api() -> AsyncIterator[SceneApi]:
    found = SceneApi(scheduled(time.time()))
    await found.start()
    yield found
    await found.stop()


async def test_all_of_them(page: Page) -> None:
    told = await page.get("api/schedules")
    assert [one["name"] for one in told["schedules"]] == ["etl", "nightly", "weekly"]
    assert (told["scope"], told["hidden"]) == (None, "")
    assert [one["count"] > 0 for one in told["schedules"]] == [True, True, False]
    assert all(one["upcoming"][0]["at"] > told["now"] for one in told["schedules"][:2])


async def test_who_may_list_one_namespace_only_gets_that(api: SceneApi, page: Page) -> None:
    api.allows = lambda namespace, resource: namespace == "ml"
    told = await page.get("api/schedules")
    assert (told["scope"], len(told["schedules"])) == ("ml", 3)
    assert told["schedules"][0]["count"] > 0


async def test_who_may_not_see_pipelines_is_told_so(api: SceneApi, page: Page) -> None:
    api.allows = lambda namespace, resource: resource != "pipelines"
    told = await page.get("api/schedules")
    assert "pipelines is forbidden" in told["hidden"]
    assert [one["made"] for one in told["schedules"]] == [[], [], []]


async def test_who_may_see_nothing_is_told_why(api: SceneApi, page: Page) -> None:
    api.allows = lambda namespace, resource: False
    async with page.ask("api/schedules") as answer:
        assert answer.status == 403
        assert "pipelineschedules is forbidden" in (await answer.json())["error"]


async def test_in_the_cluster_each_sees_those_of_where_they_may_look(api: SceneApi, tmp_path: Path) -> None:
    async with lodging(api, tmp_path) as inn:
        everything = await inn.page("admin").get("api/schedules")
        assert (everything["scope"], len(everything["schedules"])) == (None, 6)
        api.users["reader"] = lambda namespace, resource: namespace == "lab"  # which is nobody's home
        told = await inn.page("reader").get("api/schedules")
        assert told["scope"] == "lab"
        assert {one["namespace"] for one in told["schedules"]} == {"lab"}
        async with inn.page("nobody").ask("api/schedules") as answer:
            assert (answer.status, SECRET in await answer.text()) == (403, False)


async def test_who_may_list_pipelines_everywhere_sees_schedules_where_they_may(api: SceneApi, tmp_path: Path) -> None:
    """Be it the first thing that anybody asks."""
    async with lodging(api, tmp_path) as inn:
        api.users["reader"] = lambda namespace, resource: namespace == "lab" or resource == "pipelines"
        assert (await inn.page("reader").get("api/schedules"))["scope"] == "lab"
