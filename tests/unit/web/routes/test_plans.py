"""What applying a manifest would do, as the page is told: the same as `penstock plan -f` and `penstock diff -f` say."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.scenes.api import SceneApi
from tests.scenes.past import edition, revised
from tests.scenes.stage import moved
from tests.unit.web.page import WIRE, Page
from typer.testing import CliRunner

from penstock.cli.app import build
from penstock.cluster.api import Cluster
from penstock.core.foresight.simulate import GivenUp
from penstock.web.access.guard import PLAN_BYTES
from penstock.web.routes import plans
from penstock.web.routes.plans import planned
from penstock.web.told import Plan


@pytest.fixture
async def api() -> AsyncIterator[SceneApi]:
    found = SceneApi(moved(revised(), time.time()))
    await found.start()
    yield found
    await found.stop()


def text(**options: Any) -> bytes:
    return yaml.safe_dump(edition(0.3, **options), sort_keys=False).encode()


async def sent(page: Page, body: Any, **headers: str) -> tuple[int, Any]:
    """Status and JSON of the answer to a manifest."""
    given = {**page.shown, "Content-Type": "application/yaml", **headers}
    async with page.session.post(page.place + "api/plan", data=body, headers=given) as answer:
        found = await answer.read()
    if answer.status == 200:
        WIRE.validate_json(found, strict=True, extra="forbid")
    return answer.status, json.loads(found)


async def test_what_would_run_and_until_when(page: Page) -> None:
    status, told = await sent(page, text())
    assert status == 200
    (one,) = told["pipelines"]
    assert (one["namespace"], one["name"], one["exists"]) == ("ml", "ranker", True)
    assert [(change["path"], change["action"], change["cause"], change["about"]) for change in one["changes"]] == [
        ("prepare", "reuse", "held", ["1"]),
        ("train", "run", "fields", ["inputs[lr] (0.2 -> 0.3)"]),
        ("evaluate", "run", "upstream", ["train"]),
        ("deploy", "run", "new", []),
    ]
    assert [round(told[name]["seconds"]) for name in ("whole", "before", "left")] != [0, 0, 0]
    assert told["whole"]["seconds"] > told["left"]["seconds"]
    assert [told[name]["steps"] for name in ("whole", "before", "left")] == [4, 3, 3]
    assert told["left"]["path"] == ["train", "evaluate", "deploy"]
    assert [one for one in told["findings"] if one["level"] == "error"] == []


async def test_it_is_what_the_command_line_says(
    api: SceneApi, page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(api.kubeconfig(tmp_path / "kubeconfig")))
    file = tmp_path / "ranker.yaml"
    file.write_bytes(text())

    def said(*words: str) -> Any:
        return json.loads(CliRunner().invoke(build(), [*words, "-f", str(file), "-o", "json"]).stdout)

    _, told = await sent(page, text())
    plan, diff = await asyncio.to_thread(said, "plan"), await asyncio.to_thread(said, "diff")
    assert (round(told["whole"]["seconds"], 3), told["notes"]) == (plan["makespan"], plan["notes"])
    assert told["whole"]["path"] == [one["step"] for one in plan["criticalPath"]]
    same = [{key: one[key] for key in ("path", "action", "cause", "about")} for one in diff["ranker"]]
    assert told["pipelines"][0]["changes"] == same


async def test_problems_have_their_paths_lines_and_words(api: SceneApi, page: Page, tmp_path: Path) -> None:
    broken = edition(0.3)
    broken["spec"]["steps"][2]["inputs"][0]["from"] = "nobody.score"
    body = yaml.safe_dump(broken, sort_keys=False)
    _, told = await sent(page, body)
    assert (told["pipelines"], told["whole"]) == ([], None)
    (finding,) = [one for one in told["findings"] if one["level"] == "error"]
    assert finding["path"] == "spec.steps[2].inputs[0].from"
    assert body.splitlines()[finding["line"] - 1].strip() == "from: nobody.score"
    (tmp_path / "broken.yaml").write_text(body)
    lint = await asyncio.to_thread(CliRunner().invoke, build(), ["lint", str(tmp_path / "broken.yaml"), "-o", "json"])
    assert finding["message"] in [one["message"] for one in json.loads(lint.stdout)]


async def test_text_that_is_no_manifest_is_told_so(page: Page) -> None:
    for body in (b"a: [", b"\xff\xfe", b"kind: Nonsense", b"a: &a [*a]"):
        status, told = await sent(page, body)
        assert (status, told["pipelines"]) == (200, [])
        assert [one["level"] for one in told["findings"]][:1] == ["error"]
    for body in (b"", b"---\n", b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"):
        assert await sent(page, body) == (
            200,
            {"pipelines": [], "findings": [], "whole": None, "before": None, "left": None, "notes": []},
        )


async def test_a_pipeline_that_is_not_there_yet(page: Page) -> None:
    new = edition(0.3)
    new["metadata"]["name"] = "fresh"
    _, told = await sent(page, yaml.safe_dump(new))
    assert not told["pipelines"][0]["exists"]
    assert told["before"] is None
    assert {one["cause"] for one in told["pipelines"][0]["changes"]} == {"new"}
    assert told["left"] == told["whole"]


async def test_a_step_that_never_fits_is_told(page: Page) -> None:
    greedy = edition(0.3)
    greedy["spec"]["steps"][1]["resources"] = {"requests": {"nvidia.com/gpu": 64}}
    _, told = await sent(page, yaml.safe_dump(greedy))
    assert told["whole"]["stuck_count"] == 1
    stuck = {one["path"]: one for one in told["whole"]["stuck"]}
    assert stuck["train"]["reason"] == "NeverFits"
    assert stuck["train"]["message"] == "needs 64 nvidia.com/gpu on one node; no node has nvidia.com/gpu"


async def test_no_more_is_read_than_may_be_sent(page: Page) -> None:
    assert (await sent(page, b"#" * PLAN_BYTES))[0] == 200
    status, told = await sent(page, b"#" * (PLAN_BYTES + 1))
    assert (status, told["error"]) == (413, "at most 1,048,576 bytes may be sent")

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(65):
            yield b"#" * 2**14

    assert (await sent(page, pieces()))[0] == 413


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/x-www-form-urlencoded"])
async def test_only_yaml_is_taken(page: Page, kind: str) -> None:
    assert (await sent(page, text(), **{"Content-Type": kind}))[0] == 415


async def test_one_at_a_time_and_not_for_ever(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, may_go_on, ended, given_up = (threading.Event() for _ in range(4))

    def slow(cluster: Cluster, body: bytes, go_on: Callable[[], bool]) -> Plan:
        begun.set()
        assert may_go_on.wait(60)
        try:
            return planned(cluster, body, go_on)
        except GivenUp:
            given_up.set()
            raise
        finally:
            ended.set()

    monkeypatch.setattr(plans, "planned", slow)
    monkeypatch.setattr(plans, "MOST_SECONDS", 0.05)
    status, told = await sent(page, text())
    assert (status, "takes longer than" in told["error"]) == (504, True)
    assert begun.is_set()
    status, told = await sent(page, text())
    assert (status, told["error"]) == (429, plans.BUSY)
    may_go_on.set()
    monkeypatch.setattr(plans, "MOST_SECONDS", 60.0)
    assert await asyncio.to_thread(ended.wait, 60)
    assert given_up.is_set(), "nobody waits for it, so it does not go on"
    await asyncio.sleep(0.05)
    assert (await sent(page, text()))[0] == 200


async def test_who_may_not_see_steps_is_told_why(api: SceneApi, page: Page) -> None:
    api.allows = lambda namespace, resource: resource != "pipelines"
    status, told = await sent(page, text())
    assert (status, "pipelines is forbidden" in told["error"]) == (403, True)
