"""Why steps wait, the plan and the resources: the same as the command line says, and no more than may be seen."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from tests.scenes.api import SceneApi
from tests.scenes.scenes import waiting
from tests.unit.core.admission.clusters import GPU, NOW
from tests.unit.web.page import Page
from typer.testing import CliRunner

from penstock.cli.app import build
from penstock.cluster import observing
from penstock.cluster.api import Cluster
from penstock.web.server.ui import serving
from penstock.web.surveyed import surveys

ONE = "api/pipelines/ml/finetune"


class Still:
    """A clock that stands."""

    @staticmethod
    def time() -> float:
        return NOW + 360


@pytest.fixture
async def api(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SceneApi]:
    monkeypatch.setattr(observing, "time", Still)
    found = SceneApi(waiting())
    await found.start()
    yield found
    await found.stop()


@pytest.fixture
def kubeconfig(api: SceneApi, tmp_path: Path) -> str:
    return str(api.kubeconfig(tmp_path / "kubeconfig"))


@pytest.fixture
async def page(kubeconfig: str) -> AsyncIterator[Page]:
    async with serving(Cluster(kubeconfig=kubeconfig)) as address, aiohttp.ClientSession() as session:
        place, _, token = address.partition("#token=")
        yield Page(session, place, token)


async def said(kubeconfig: str, *command: str) -> Any:
    """What the command line says."""
    arguments = [*command, "-o", "json", "--kubeconfig", kubeconfig]
    found = await asyncio.to_thread(CliRunner().invoke, build(), arguments, prog_name="penstock")
    assert not found.exception, found.output
    return json.loads(found.stdout)


def without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_nothing(one) for key, one in value.items() if one is not None}
    return [without_nothing(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("step", ["tokenize", "train", "probe", "agree", "check-1", "check-2", "export"])
async def test_why_is_what_the_command_says(page: Page, kubeconfig: str, step: str) -> None:
    told = await page.get(f"{ONE}/steps/{step}/why")
    assert without_nothing(told["answers"]) == await said(kubeconfig, "why", f"finetune/{step}")
    assert (told["at"], told["hidden"]) == (NOW + 360, [])


async def test_the_plan_is_what_the_command_says(page: Page, kubeconfig: str) -> None:
    paths = (await page.get(ONE))["steps"]["paths"]
    told = await page.get(f"{ONE}/outlook")
    plan = await said(kubeconfig, "plan", "finetune")
    assert {name: round(told[name], 3) for name in ("planned", "expected", "late")} == {
        name: plan[name] for name in ("planned", "expected", "late")
    }
    rows = {paths[row]: (planned, end, late) for row, planned, end, _, _, late in told["rows"]}
    assert rows == {
        one["step"]: (one["planned"]["start"], one["planned"]["end"], one.get("late")) for one in plan["steps"]
    }
    expected = {paths[row]: (start, end) for row, _, _, start, end, _ in told["rows"] if start is not None}
    assert expected == {
        one["step"]: (one["expected"]["start"], one["expected"]["end"]) for one in plan["steps"] if "expected" in one
    }


async def test_who_holds_what(page: Page) -> None:
    told = await page.get(f"{ONE}/outlook")
    lanes = {one["resource"]: one for one in told["lanes"]}
    assert list(lanes) == ["cpu", "memory", GPU]
    gpus = lanes[GPU]
    assert gpus["total"] == 8
    assert gpus["past"] == [[NOW + 360, 8, 6, 0]]
    assert gpus["mine"][0] == [NOW + 290, 1]
    assert [amount for _, amount in gpus["ahead"]] == [6, 2, 0]
    assert gpus["boxes"] == [["train", NOW + 1800, NOW + 5400, 4, True]]
    assert lanes["cpu"]["past"] == [[NOW + 360, 64, 0, 6]]
    assert lanes["memory"]["total"] == 256 * 2**30


async def test_what_may_not_be_listed_is_said(api: SceneApi, page: Page) -> None:
    api.allows = lambda namespace, resource: resource != "nodes" and (resource != "pods" or namespace == "ml")
    told = await page.get(f"{ONE}/outlook")
    assert told["hidden"] == ["nodes", "pods"]
    assert told["notes"] == ["you may see only namespace ml; steps of others, which may go first, are not counted"]
    gpus = next(one for one in told["lanes"] if one["resource"] == GPU)
    assert (gpus["total"], gpus["past"][0][1:]) == (None, [None, 0, 0])
    why = await page.get(f"{ONE}/steps/train/why")
    assert "vision" not in json.dumps(why)
    assert why["hidden"] == ["nodes", "pods"]


async def test_what_one_cannot_plan_says_so(api: SceneApi, page: Page) -> None:
    async with page.ask("api/pipelines/ml/nobody/outlook") as answer:
        assert answer.status == 404
    broken = {**api.objects["Pipeline", "ml", "finetune"], "status": {"phase": "Invalid"}}
    broken["spec"] = {**broken["spec"], "steps": [{"name": "a", "script": "x", "needs": ["nobody"]}]}
    broken["metadata"] = {**broken["metadata"], "generation": 9}
    api.put(broken)
    assert "not valid" in (await page.get(f"{ONE}/outlook"))["error"]


async def test_the_cluster_is_listed_once_for_all_who_ask(
    api: SceneApi, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surveys, "FRESH_SECONDS", 600.0)
    asked = [page.get(f"{ONE}/outlook"), page.get(f"{ONE}/outlook"), page.get(f"{ONE}/steps/train/why")]
    await asyncio.gather(*asked)
    assert api.requests.count("GET /nodes") == 1


async def test_what_was_seen_before_is_kept(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surveys, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(surveys, "SHARE", 0.0)
    await page.get(f"{ONE}/outlook")
    told = await page.get(f"{ONE}/outlook")
    assert len(told["lanes"][0]["past"]) == 2


async def test_all_pipelines_on_all_nodes(api: SceneApi, page: Page) -> None:
    told = await page.get("api/capacity")
    assert [(one["name"], one["use"][2]) for one in told["nodes"]] == [("gpu-1", [GPU, 8, 7, 0])]
    shares = {(one["namespace"], one["name"]): one for one in told["shares"]}
    assert shares["ns", "vision"]["holds"] == {GPU: 4}
    assert shares["ml", "finetune"]["holds"] == {GPU: 1}
    assert shares["ml", "finetune"]["waiting"] == 5
    assert shares["ml", "finetune"]["end"] > NOW


async def test_of_what_may_not_be_listed_nothing_is_told(api: SceneApi, page: Page) -> None:
    api.allows = lambda namespace, resource: namespace == "ml"
    told = await page.get("api/capacity")
    assert told["nodes"] == []
    assert [one["name"] for one in told["shares"]] == ["finetune"]
    assert "nodes" in told["hidden"]
    assert "vision" not in json.dumps(told)
