"""What the server tells a page, and when."""

import copy
from typing import Any

import pytest
from tests.scenes.api import SceneApi
from tests.unit.web.page import Page
from yarl import URL

from penstock.web.followed import look, looks


def changed(api: SceneApi, kind: str, name: str, **status: Any) -> None:
    obj = copy.deepcopy(api.objects[kind, "ml", name])
    obj["status"] = {**(obj.get("status") or {}), **status}
    api.put(obj)


async def test_who_asks(page: Page) -> None:
    told = await page.get("api/hello")
    assert (told["user"], told["namespace"]) == ("ada", "ml")


async def test_the_list_and_how_it_changes(api: SceneApi, page: Page) -> None:
    told = await page.get("api/pipelines")
    assert told["scope"] is None
    assert [(one["name"], one["phase"], one["ended"], one["total"]) for one in told["pipelines"]] == [
        ("digits", "Running", 2, 5),
        ("nightly", "Running", 5, 6),
    ]
    async with page.stream("api/pipelines/stream", told["id"]) as events:
        changed(api, "Pipeline", "digits", phase="Succeeded")
        event, id_, data = await anext(events)
        assert event == "batch"
        assert id_ != told["id"]
        assert [(one["name"], one["phase"]) for one in data["put"]] == [("digits", "Succeeded")]
        api.delete(api.objects["Pipeline", "ml", "nightly"])
        _, last, data = await anext(events)
        assert data == {"put": [], "drop": [["ml", "nightly"]], "asks": None}
    async with page.stream("api/pipelines/stream", id_) as events:
        assert await anext(events) == ("batch", last, data)  # what it missed


async def test_a_pipeline_and_how_its_steps_change(api: SceneApi, page: Page) -> None:
    told = await page.get("api/pipelines/ml/digits")
    steps = told["steps"]
    assert steps["paths"] == ["prepare", "augment", "train", "evaluate", "report"]
    phases = [steps["words"][at] for at in steps["states"]["phase"]]
    assert phases == ["Succeeded", "Succeeded", "Running", "Pending", "Pending"]
    assert steps["states"]["attempt"][2] == 2
    async with page.stream("api/pipelines/ml/digits/stream", told["id"]) as events:
        changed(api, "Step", "digits.train", phase="Failed", reason="Error", message="exit code 1")
        event, id_, data = await anext(events)
        assert event == "batch"
        assert [row[:4] for row in data["rows"]] == [[2, "Failed", "Error", "exit code 1"]]
    again = await page.get("api/pipelines/ml/digits")
    assert again["id"] == id_
    assert again["steps"]["words"][again["steps"]["states"]["phase"][2]] == "Failed"


async def test_an_unchanged_state_is_not_sent_again(page: Page) -> None:
    async with page.ask("api/pipelines/ml/digits") as answer:
        tag = answer.headers["ETag"]
        assert answer.headers["Content-Encoding"] == "gzip"
    async with page.ask("api/pipelines/ml/digits", If_None_Match=tag) as answer:
        assert answer.status == 304


async def test_other_steps_make_a_page_begin_anew(api: SceneApi, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look, "RESET_PAUSE_SECONDS", 0.0)
    told = await page.get("api/pipelines/ml/digits")
    async with page.stream("api/pipelines/ml/digits/stream", told["id"]) as events:
        edited = copy.deepcopy(api.objects["Pipeline", "ml", "digits"])
        edited["spec"]["steps"].append({"name": "extra", "script": "x", "needs": ["report"]})
        edited["metadata"]["generation"] += 1
        api.put(edited)
        seen = [(await anext(events))[0]]
        while seen[-1] != "reset":
            seen.append((await anext(events))[0])
    again = await page.get("api/pipelines/ml/digits")
    assert again["steps"]["paths"][-1] == "extra"
    assert again["steps"]["flags"][-1] == 1  # there is no Step yet
    assert again["head"]["edited"]


async def test_an_id_that_is_not_known_makes_a_page_begin_anew(page: Page) -> None:
    for last in ("", "nonsense", "00000000-3"):
        async with page.stream("api/pipelines/stream", last) as events:
            assert (await anext(events))[0] == "reset"


async def test_what_is_wrong_with_a_manifest_is_told(api: SceneApi, page: Page) -> None:
    broken = copy.deepcopy(api.objects["Pipeline", "ml", "digits"])
    broken["metadata"].update(name="broken", uid="uid-broken")
    broken["spec"]["steps"][1]["needs"] = ["nobody"]
    broken["status"] = {"phase": "Invalid"}
    api.put(broken)
    told = await page.get("api/pipelines/ml/broken")
    (problem,) = told["problems"]
    assert (problem["path"], problem["reason"]) == ("spec.steps[1].needs[0]", "UnknownStep")
    assert told["steps"]["paths"] == []


async def test_a_pipeline_that_is_not_there(page: Page) -> None:
    async with page.ask("api/pipelines/ml/nobody") as answer:
        assert (answer.status, await answer.json()) == (404, {"error": "there is no such Pipeline (any more)"})


async def test_who_may_list_one_namespace_only_gets_that(api: SceneApi, page: Page) -> None:
    api.allows = lambda namespace, resource: namespace == "ml"
    told = await page.get("api/pipelines")
    assert told["scope"] == "ml"
    assert len(told["pipelines"]) == 2


async def test_who_may_list_nothing_is_told_why(api: SceneApi, page: Page) -> None:
    api.allows = lambda namespace, resource: False
    async with page.ask("api/pipelines") as answer:
        assert answer.status == 502
        assert "you are not allowed to do that: pipelines is forbidden" in (await answer.json())["error"]


async def test_one_watch_serves_all_pages_and_ends_when_nobody_looks(
    api: SceneApi, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = await page.get("api/pipelines/ml/digits")
    path = "api/pipelines/ml/digits/stream"
    async with page.stream(path, told["id"]) as one, page.stream(path, told["id"]) as two:
        changed(api, "Step", "digits.train", phase="Failed")
        assert await anext(one) == await anext(two)
        assert api.watched == ["pipelines", "steps"]
        assert api.requests.count("WATCH ml/steps") == 1
        monkeypatch.setattr(looks, "LINGER_SECONDS", 0.0)
    await api.unwatched.wait()


async def test_trouble_with_the_api_server_is_told_and_its_end_too(api: SceneApi, page: Page) -> None:
    told = await page.get("api/pipelines")
    async with page.stream("api/pipelines/stream", told["id"]) as events:
        api.allows = lambda namespace, resource: False
        api.cut()
        event, _, data = await anext(events)
        assert (event, data["final"]) == ("trouble", True)
        assert data["message"].startswith("you are not allowed to do that")
        api.allows = lambda namespace, resource: True
        changed(api, "Pipeline", "digits", phase="Failed")
        assert await anext(events) == ("trouble", "", {"message": "", "final": False})
        assert (await anext(events))[2]["put"][0]["phase"] == "Failed"


async def test_the_graph_and_what_is_open_in_it(page: Page) -> None:
    told = await page.get("api/pipelines/ml/nightly/graph?open=load,nothing")
    assert [box[0] for box in told["boxes"]] == ["load", "probe", "train", "deploy", "alarm", ":finally", "tidy"]
    assert ["load", "train"] in [way[:2] for way in told["ways"]]
    async with page.ask("api/pipelines/ml/nobody/graph") as answer:
        assert answer.status == 404


async def test_another_graph_of_the_same_steps_is_told(
    api: SceneApi, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "RESET_PAUSE_SECONDS", 0.0)
    told = await page.get("api/pipelines/ml/digits")
    before = await page.get("api/pipelines/ml/digits/graph")
    async with page.stream("api/pipelines/ml/digits/stream", told["id"]) as events:
        edited = copy.deepcopy(api.objects["Pipeline", "ml", "digits"])
        edited["spec"]["steps"][-1]["needs"] = ["prepare"]
        edited["metadata"]["generation"] += 1
        api.put(edited)
        while (await anext(events))[0] != "reset":
            pass
    after = await page.get("api/pipelines/ml/digits/graph")
    assert [way[:2] for way in before["ways"]] != [way[:2] for way in after["ways"]]


async def test_one_step_in_full(api: SceneApi, page: Page) -> None:
    told = await page.get("api/pipelines/ml/digits/steps/train")
    assert [(one["number"], one["reason"], one["code"]) for one in told["attempts"]] == [
        (1, "OOMKilled", 137),
        (2, "", None),
    ]
    async with page.ask("api/pipelines/ml/digits/steps/nobody") as answer:
        assert answer.status == 404
    before = len(api.requests)
    for other in ("digits/steps/x%2F..%2F..%2Fpods%2Fp", "digits/steps/..", "digits/steps/%2e%2e", "x%2F..%2Fdigits"):
        async with page.session.get(
            URL(f"{page.place}api/pipelines/ml/{other}", encoded=True), headers=page.shown
        ) as answer:
            assert answer.status == 404
    assert len(api.requests) == before
    api.allows = lambda namespace, resource: resource != "steps"
    async with page.ask("api/pipelines/ml/digits/steps/train") as answer:
        assert answer.status == 403


async def test_credentials_that_the_api_server_does_not_take_lock_nobody_out_of_their_own_page(
    api: SceneApi, page: Page
) -> None:
    """Only the token of the page itself does: another would help as little."""
    api.revoked.add("ada")
    async with page.ask("api/pipelines/ml/digits/steps/train") as answer:
        assert answer.status == 502
        assert "does not accept your credentials" in (await answer.json())["error"]
