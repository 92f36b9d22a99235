"""The history of a Pipeline, two revisions compared, and the way back: what it would do, and that it does it."""

import asyncio
import copy
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.scenes.api import SceneApi
from tests.scenes.past import revised
from tests.scenes.stage import moved
from tests.unit.web.page import Page

from penstock.cluster.api import Cluster
from penstock.web.server.ui import serving

ONE = "api/pipelines/ml/ranker"


@pytest.fixture
async def api() -> AsyncIterator[SceneApi]:
    found = SceneApi(moved(revised(), time.time()))
    await found.start()
    yield found
    await found.stop()


async def sent(page: Page, path: str, body: Any, **headers: str) -> tuple[int, Any]:
    """Status and JSON of the answer to a POST."""
    given = {**page.shown, "Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with page.session.post(page.place + path, data=data, headers=given) as answer:
        return answer.status, await answer.json()


def spec(api: SceneApi) -> dict[str, Any]:
    found: dict[str, Any] = api.objects["Pipeline", "ml", "ranker"]["spec"]
    return found


async def test_the_revisions_newest_first(page: Page) -> None:
    told = await page.get(f"{ONE}/history")
    assert told["may"]
    rows = [(one["number"], one["phase"], one["ran"], one["reused"], one["present"]) for one in told["revisions"]]
    assert rows == [(3, "Succeeded", None, None, True), (2, "Failed", 1, 0, False), (1, "Succeeded", 4, 0, False)]
    assert all(one["kept"] for one in told["revisions"])
    assert told["revisions"][2]["description"] == "Learning rate 0.1."
    assert told["revisions"][0]["began"] > told["revisions"][1]["began"] > told["revisions"][2]["began"]


async def test_what_made_one_revision_another(page: Page) -> None:
    told = await page.get(f"{ONE}/history/1/3")
    tasks = {one["task"]: one for one in told["tasks"]}
    assert [(name, one["how"]) for name, one in tasks.items()] == [
        ("prepare", "same"),
        ("train", "changed"),
        ("evaluate", "changed"),
        ("deploy", "removed"),
    ]
    assert tasks["train"]["fields"] == ["inputs[lr] (0.1 -> 0.2)"]
    assert (tasks["evaluate"]["fields"], tasks["evaluate"]["upstream"]) == ([], ["train"])
    assert tasks["prepare"]["old"] == tasks["prepare"]["new"] != ""
    assert {name: one["took"] for name, one in tasks.items()} == {
        "prepare": [40, 40],
        "train": [40, 35],
        "evaluate": [40, 35],
        "deploy": [None, None],  # the Step is gone, and its results with it
    }
    assert (tasks["deploy"]["old"] != "", tasks["deploy"]["new"]) == (True, "")
    assert "-description: Learning rate 0.1." in told["lines"]
    assert "+description: Learning rate 0.2." in told["lines"]


async def test_what_a_rollback_would_do_is_what_it_then_does(api: SceneApi, page: Page) -> None:
    told = await page.get(f"{ONE}/rollback/1")
    assert [(one["path"], one["action"]) for one in told["changes"]] == [
        ("prepare", "reuse"),
        ("train", "reuse"),
        ("evaluate", "reuse"),
        ("deploy", "run"),
    ]
    assert not told["same"]
    before = copy.deepcopy(api.objects["Pipeline", "ml", "ranker"])
    assert await sent(page, f"{ONE}/rollback/1", {"generation": told["generation"]}) == (
        200,
        {"revision": 1, "done": True},
    )
    assert spec(api)["params"][0]["value"] == 0.1
    assert api.objects["Pipeline", "ml", "ranker"]["status"] == before["status"]
    again = await page.get(f"{ONE}/rollback/1")
    assert again["same"]
    assert await sent(page, f"{ONE}/rollback/1", {"generation": again["generation"]}) == (
        200,
        {"revision": 1, "done": False},
    )


async def test_what_was_edited_since_it_was_looked_at_is_not_rolled_back(api: SceneApi, page: Page) -> None:
    told = await page.get(f"{ONE}/rollback/1")
    edited = copy.deepcopy(api.objects["Pipeline", "ml", "ranker"])
    edited["spec"]["suspend"] = True
    edited["metadata"]["generation"] += 1
    api.put(edited)
    status, answer = await sent(page, f"{ONE}/rollback/1", {"generation": told["generation"]})
    assert (status, spec(api)["params"][0]["value"]) == (409, 0.2)
    assert answer["error"].startswith("the Pipeline has changed since you looked")


async def test_a_status_that_changes_meanwhile_is_no_edit(api: SceneApi, page: Page) -> None:
    told = await page.get(f"{ONE}/rollback/1")
    changed = copy.deepcopy(api.objects["Pipeline", "ml", "ranker"])
    changed["status"]["message"] = "it goes on"
    api.put(changed)
    status, _ = await sent(page, f"{ONE}/rollback/1", {"generation": told["generation"]})
    assert (status, spec(api)["params"][0]["value"]) == (200, 0.1)


async def test_a_revision_that_is_not_kept(page: Page) -> None:
    for path in ("rollback/7", "history/7/1", "history/1/7"):
        async with page.ask(f"{ONE}/{path}") as answer:
            assert answer.status == 404
            assert "has no revision 7 that is kept; kept: 1, 2, 3" in (await answer.json())["error"]
    assert (await sent(page, f"{ONE}/rollback/7", {"generation": 3}))[0] == 404


async def test_a_pipeline_that_is_not_there(page: Page) -> None:
    for path in ("history", "history/1/2", "rollback/1"):
        async with page.ask(f"api/pipelines/ml/nobody/{path}") as answer:
            assert answer.status == 404


async def test_who_may_not_roll_back_is_told_so_and_cannot(api: SceneApi, page: Page) -> None:
    api.permits = lambda verb, resource: False
    assert not (await page.get(f"{ONE}/history"))["may"]
    told = await page.get(f"{ONE}/rollback/1")
    status, answer = await sent(page, f"{ONE}/rollback/1", {"generation": told["generation"]})
    assert (status, spec(api)["params"][0]["value"]) == (403, 0.2)
    assert "cannot update resource" in answer["error"]


async def test_who_may_not_see_revisions_is_told_why(api: SceneApi, page: Page) -> None:
    api.allows = lambda namespace, resource: resource != "controllerrevisions"
    async with page.ask(f"{ONE}/history") as answer:
        assert answer.status == 403
        assert "controllerrevisions is forbidden" in (await answer.json())["error"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": ""}, 401),
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
async def test_other_pages_roll_nothing_back(api: SceneApi, page: Page, headers: dict[str, str], status: int) -> None:
    assert (await sent(page, f"{ONE}/rollback/1", {"generation": 3}, **headers))[0] == status
    assert spec(api)["params"][0]["value"] == 0.2


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"1", b'{"generation": "3"}', b'{"generation": null}'])
async def test_a_body_that_says_nothing_is_refused(api: SceneApi, page: Page, body: bytes) -> None:
    status, answer = await sent(page, f"{ONE}/rollback/1", body)
    assert (status, list(answer)) == (400, ["error"])
    assert spec(api)["params"][0]["value"] == 0.2


async def test_a_body_without_a_length_is_read_no_further_than_it_may_be(page: Page) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 2**14
            yield b"x" * 2**14
            await asyncio.sleep(0)

    headers = {**page.shown, "Content-Type": "application/json"}
    with pytest.raises(aiohttp.ClientError):  # noqa: PT012 - whether the answer comes or the connection ends first
        async with page.session.post(page.place + f"{ONE}/rollback/1", data=endless(), headers=headers) as answer:
            assert answer.status == 413
            raise aiohttp.ClientError
    assert taken < 2**24


async def test_a_rollback_here_is_a_rollback_there(api: SceneApi, tmp_path: Path) -> None:
    """Without a cluster's address in a namespace of its own: the Pipeline's namespace counts, not the context's."""
    cluster = Cluster(namespace="other", kubeconfig=str(api.kubeconfig(tmp_path / "kubeconfig")))
    async with serving(cluster) as address, aiohttp.ClientSession() as session:
        place, _, token = address.partition("#token=")
        page = Page(session, place, token)
        told = await page.get(f"{ONE}/rollback/1")
        assert (await sent(page, f"{ONE}/rollback/1", {"generation": told["generation"]}))[0] == 200
        assert spec(api)["params"][0]["value"] == 0.1


async def test_how_long_steps_took_is_told_to_who_may_list_them(api: SceneApi, page: Page) -> None:
    api.allows = lambda namespace, resource: resource != "steps"
    told = await page.get(f"{ONE}/history/1/3")
    assert {one["task"]: one["how"] for one in told["tasks"]}["train"] == "changed"
    assert {tuple(one["took"]) for one in told["tasks"]} == {(None, None)}
