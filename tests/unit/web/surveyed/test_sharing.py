"""In the cluster one look at it serves all who may see the same, and shows nobody more than that."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.scenes.api import SceneApi
from tests.scenes.scenes import failing, small
from tests.unit.web.lodging import SECRET, Lodging, lodging

from penstock.web.surveyed import surveys

WHY = "api/pipelines/ml/digits/steps/train/why"
OUTLOOK = "api/pipelines/ml/digits/outlook"
KINDS = ("nodes", "pods", "jobs", "resourcequotas", "limitranges")


@pytest.fixture
async def inn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Lodging]:
    monkeypatch.setattr(surveys, "FRESH_SECONDS", 600.0)
    api = SceneApi(small(), failing())
    await api.start()
    async with lodging(api, tmp_path) as found:
        api.users["colleague"] = api.users["reader"]
        yield found
    await api.stop()


def lists(inn: Lodging, plural: str) -> list[tuple[str, str]]:
    """Who listed objects of a kind, and where."""
    return [(who, path) for who, verb, path in inn.api.asked if verb == "list" and path.rpartition("/")[2] == plural]


async def test_who_may_see_the_same_shares_one_look_made_with_the_servers_account(inn: Lodging) -> None:
    asked = [inn.page(who).get(path) for who in ("reader", "colleague") for path in (WHY, OUTLOOK)]
    answers = await asyncio.gather(*asked)
    assert answers[0] == answers[2]
    assert {who for kind in KINDS for who, _ in lists(inn, kind)} == {"ada"}
    assert [path.split("/")[-2] for _, path in lists(inn, "resourcequotas")] == ["ml"]
    assert SECRET not in json.dumps(answers)
    assert answers[0]["hidden"] == ["nodes", "pods", "jobs", "resourcequotas", "limitranges"]
    assert answers[0]["notes"] == [
        "you may see only namespace ml; steps of others, which may go first, are not counted"
    ]


async def test_who_may_see_all_has_another_look_and_those_who_may_not_nothing_of_it(inn: Lodging) -> None:
    whole, part = await inn.page("admin").get("api/capacity"), await inn.page("reader").get("api/capacity")
    assert {one["namespace"] for one in whole["shares"]} >= {"ml", "lab"}
    assert {one["namespace"] for one in part["shares"]} == {"ml"}
    assert (part["nodes"], SECRET in json.dumps(part)) == ([], False)


async def test_capacity_is_of_all_namespaces_in_which_one_may_look(inn: Lodging) -> None:
    inn.api.users["reader"] = lambda namespace, resource: namespace in ("ml", "lab")
    told = await inn.page("reader").get("api/capacity")
    assert {one["namespace"] for one in told["shares"]} == {"ml", "lab"}
    assert told["notes"][0].startswith("you may see only namespaces lab, ml;")


async def test_a_namespace_in_which_one_may_not_list_jobs_hides_none_of_the_others(inn: Lodging) -> None:
    inn.api.users["reader"] = lambda namespace, resource: (
        namespace == "ml" or (namespace == "lab" and resource != "jobs")
    )
    told = await inn.page("reader").get("api/capacity")
    assert {one["namespace"] for one in told["shares"]} == {"ml"}
    inn.api.users["colleague"] = lambda namespace, resource: namespace == "lab" and resource != "jobs"
    async with inn.page("colleague").ask("api/capacity") as answer:
        assert (answer.status, (await answer.json())["error"]) == (
            403,
            "you may not list jobs in namespace lab; ask who looks after it for the right",
        )


async def test_what_the_servers_account_may_not_list_each_asks_for_themselves(inn: Lodging) -> None:
    inn.api.allows = lambda namespace, resource: resource != "nodes"
    told = await inn.page("admin").get("api/capacity")
    assert told["hidden"] == []
    assert {who for who, _ in lists(inn, "nodes")} == {"admin"}
    assert (await inn.page("reader").get(WHY))["hidden"][0] == "nodes"
    assert {who for who, _ in lists(inn, "resourcequotas")} == {"admin", "ada"}


async def test_who_has_lost_a_right_sees_nothing_of_the_look_that_others_share(
    inn: Lodging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penstock.web.access.reviews.YES_SECONDS", 0.0)
    await inn.page("colleague").get(WHY)
    await inn.page("reader").get(WHY)
    inn.api.users["reader"] = lambda namespace, resource: namespace == "ml" and resource != "pods"
    async with inn.page("reader").ask(WHY) as answer:
        assert (answer.status, "you may not list pods" in await answer.text()) == (403, True)
    await inn.page("colleague").get(WHY)
