"""What the page may do: said before, written as the command line writes it, and refused in the API server's words."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.scenes.api import SceneApi
from tests.scenes.scenes import failing, undoing, waiting
from tests.unit.web.page import Page

from penstock.cluster.api import Cluster
from penstock.web.access import guard
from penstock.web.server.ui import serving

FINETUNE = "api/pipelines/ml/finetune/actions"


@pytest.fixture
async def api() -> AsyncIterator[SceneApi]:
    found = SceneApi(waiting(), undoing(), failing())
    await found.start()
    yield found
    await found.stop()


async def act(page: Page, path: str, **sent: Any) -> tuple[int, Any]:
    async with page.session.post(page.place + path, json=sent, headers=page.shown) as answer:
        return answer.status, await answer.json()


def writes(api: SceneApi) -> list[str]:
    return [one for one in api.requests if one.split()[0] not in ("GET", "WATCH")]


def parts(told: list[Any]) -> dict[str, int]:
    return {one["task"]: one["steps"] for one in told}


async def test_what_may_be_done_is_what_makes_sense_and_is_allowed(api: SceneApi, page: Page) -> None:
    decisions = ["approve", "reject"]
    assert (await page.get(FINETUNE))["verbs"] == ["rerun", "suspend", "cancel", *decisions]
    api.permits = lambda verb, resource: (verb, resource) == ("patch", "steps")
    assert (await page.get(FINETUNE))["verbs"] == decisions
    api.permits = lambda verb, resource: (verb, resource) == ("patch", "pipelines")
    assert (await page.get(FINETUNE))["verbs"] == ["rerun", "suspend", "cancel"]
    ended = dict(api.objects["Pipeline", "ml", "finetune"])
    api.put({**ended, "status": {**ended["status"], "phase": "Cancelled"}, "spec": {**ended["spec"], "cancel": True}})
    assert (await page.get(FINETUNE))["verbs"] == ["rerun", "resume"]


async def test_what_a_rerun_would_run(page: Page) -> None:
    told = await page.get(f"{FINETUNE}/rerun")
    assert told["runs"][0]["task"] == "tokenize"
    assert (len(told["runs"]), told["keeps"]) == (8, 0)
    told = await page.get(f"{FINETUNE}/rerun?step=train")
    assert told["runs"][0] == {"task": "train", "steps": 1, "why": "a rerun is asked for"}
    assert {"train", "export"} <= set(parts(told["runs"]))
    assert told["keeps"] == 1
    told = await page.get(f"{FINETUNE}/rerun?step=tokenize&only=1")
    assert told["runs"][0]["task"] == "tokenize"
    async with page.ask(f"{FINETUNE}/rerun?step=train.3") as answer:
        assert (answer.status, (await answer.json())["error"]) == (
            409,
            "pipeline 'finetune' has no step 'train.3'; did you mean train?",
        )


async def test_what_the_others_would_do(api: SceneApi, page: Page) -> None:
    phases = {
        name: (one.get("status") or {}).get("phase")
        for (kind, _, name), one in api.objects.items()
        if kind == "Step" and name.startswith("finetune.")
    }
    running = {name.partition(".")[2]: 1 for name, phase in phases.items() if phase == "Running"}
    assert len(running) == 2
    told = await page.get(f"{FINETUNE}/suspend")
    assert (parts(told["goes_on"]), told["waits"]) == (running, 5)
    told = await page.get(f"{FINETUNE}/cancel")
    assert parts(told["ends"]) == running
    assert (told["runs"], told["waits"]) == ([], 5)
    told = await page.get(f"{FINETUNE}/approve?step=agree")
    assert (parts(told["runs"]), told["message"], told["undoes"]) == ({"export": 0}, "Publish it?", False)
    told = await page.get("api/pipelines/ml/nightly/actions/cancel")
    assert "tidy" in parts(told["runs"])
    assert (await page.get("api/pipelines/ml/rollout/actions/reject?step=verify"))["undoes"] is True


async def test_to_look_at_what_would_be_writes_nothing(api: SceneApi, page: Page) -> None:
    for verb in ("rerun", "suspend", "resume", "cancel", "approve?step=agree", "reject?step=agree"):
        await page.get(f"{FINETUNE}/{verb}")
    assert writes(api) == []


async def test_suspend_and_resume_and_cancel(api: SceneApi, page: Page) -> None:
    assert await act(page, f"{FINETUNE}/suspend") == (200, {"verb": "suspend", "what": "finetune"})
    assert api.objects["Pipeline", "ml", "finetune"]["spec"]["suspend"] is True
    assert (await act(page, f"{FINETUNE}/cancel"))[0] == 200
    assert (await act(page, f"{FINETUNE}/resume"))[0] == 200
    spec = api.objects["Pipeline", "ml", "finetune"]["spec"]
    assert (spec["suspend"], spec["cancel"]) == (False, False)


async def test_rerun(api: SceneApi, page: Page) -> None:
    def asked() -> str:
        return str(api.objects["Pipeline", "ml", "finetune"]["metadata"]["annotations"]["penstock.dev/rerun"])

    assert (await act(page, f"{FINETUNE}/rerun"))[0] == 200
    assert len(asked()) == 8
    assert (await act(page, f"{FINETUNE}/rerun", step="train"))[0] == 200
    assert asked()[8:] == " from=train"
    assert (await act(page, f"{FINETUNE}/rerun", step="train", only=True))[0] == 200
    assert asked()[8:] == " only=train"
    status, told = await act(page, f"{FINETUNE}/rerun", step="trian")
    assert (status, told["error"]) == (409, "pipeline 'finetune' has no step 'trian'; did you mean train?")


async def test_a_decision_is_in_ones_own_name_and_only_the_last_counts(api: SceneApi, page: Page) -> None:
    def notes() -> Any:
        return api.objects["Step", "ml", "finetune.agree"]["metadata"]["annotations"]

    assert await act(page, f"{FINETUNE}/approve", step="agree", **{"as": "boss"}) == (
        200,
        {"verb": "approve", "what": "finetune.agree"},
    )
    assert notes() == {"penstock.dev/approved-by": "ada"}
    assert (await act(page, f"{FINETUNE}/reject", step="agree"))[0] == 200
    assert notes() == {"penstock.dev/rejected-by": "ada"}
    status, told = await act(page, f"{FINETUNE}/approve", step="train")
    assert (status, told["error"]) == (409, "step 'finetune.train' is no approval; nothing waits for a decision")


async def test_what_the_api_server_refuses_is_told_in_its_words(api: SceneApi, page: Page) -> None:
    api.permits = lambda verb, resource: False
    for verb in ("rerun", "suspend", "cancel", "approve", "reject"):
        status, told = await act(page, f"{FINETUNE}/{verb}", step="agree")
        assert status == 403
        assert 'is forbidden: User "ada" cannot patch resource' in told["error"]
    assert (await act(page, "api/pipelines/ml/nobody/actions/suspend"))[0] in (404, 409)


@pytest.mark.parametrize("sent", [b"", b"[]", b"nonsense", b'{"step": 3}', b'{"step": "../x"}', b'{"only": true}'])
async def test_nonsense_is_refused(api: SceneApi, page: Page, sent: bytes) -> None:
    headers = {**page.shown, "Content-Type": "application/json"}
    async with page.session.post(f"{page.place}{FINETUNE}/rerun", data=sent, headers=headers) as answer:
        assert answer.status == 400
    async with page.session.post(f"{page.place}{FINETUNE}/approve", data=b"{}", headers=headers) as answer:
        assert answer.status == 400
    assert writes(api) == []


async def test_only_the_page_itself_can_act(api: SceneApi, page: Page) -> None:
    path, plain = f"{page.place}{FINETUNE}/suspend", {"Content-Type": "text/plain"}
    for more in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Authorization": "Bearer x"}):
        async with page.session.post(path, json={}, headers={**page.shown, **more}) as answer:
            assert answer.status in (401, 403)
    async with page.session.post(path, data=b"{}", headers={**page.shown, **plain}) as answer:
        assert answer.status == 415  # what a form can send
    async with page.session.get(path, headers=page.shown) as answer:
        assert answer.status == 200  # which foresees
    for method in ("PUT", "PATCH", "DELETE"):
        async with page.session.request(method, path, json={}, headers=page.shown) as answer:
            assert answer.status == 405
    assert writes(api) == []


async def test_long_and_slow_bodies_are_not_waited_for(
    api: SceneApi, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(70):
            yield b" " * 1024

    headers = {**page.shown, "Content-Type": "application/json"}
    async with page.session.post(f"{page.place}{FINETUNE}/suspend", data=pieces(), headers=headers) as answer:
        assert answer.status == 413
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.05)
    host, port = page.place.removeprefix("http://").strip("/").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), family=socket.AF_INET)
    head = f"POST /{FINETUNE}/suspend HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {page.token}\r\n"
    writer.write(f"{head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{".encode())
    assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
    writer.close()
    assert writes(api) == []


async def test_read_only_has_no_actions_and_refuses_them(api: SceneApi, tmp_path: Path) -> None:
    cluster = Cluster(kubeconfig=str(api.kubeconfig(tmp_path / "kubeconfig")))
    cluster.read_only = True
    async with serving(cluster) as address, aiohttp.ClientSession() as session:
        place, _, token = address.partition("#token=")
        page = Page(session, place, token)
        assert (await page.get(FINETUNE))["verbs"] == []
        assert (await page.get("api/hello"))["user"] == "ada"
        for verb in ("rerun", "suspend", "cancel", "approve", "reject"):
            status, told = await act(page, f"{FINETUNE}/{verb}", step="agree")
            assert (status, told["error"]) == (403, "this is only to look: `--read-only` was given")
    assert writes(api) == []
