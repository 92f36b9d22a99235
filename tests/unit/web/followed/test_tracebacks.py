"""Rows, the head and the past tell tracebacks of steps in Python at the lines of their author's file."""

from __future__ import annotations

import copy
from typing import Any

from tests.scenes.api import SceneApi
from tests.unit.web.page import Page

from penstock.core.asked.sourcemap import SOURCE, annotation
from penstock.core.names import short_hash

SCRIPT = "def train(rows):\n    return 1 / rows\n"
FRAME, PLACE = 'File "<string>", line 2, in train', "digits.py:32, in train"
ONE = "api/pipelines/ml/nightly"


def written(api: SceneApi, kind: str, name: str, **status: Any) -> dict[str, Any]:
    obj = copy.deepcopy(api.objects[kind, "ml", name])
    obj["status"] = {**obj["status"], **status}
    return obj


def sourced(api: SceneApi, line: int = 31) -> None:
    obj = written(api, "Pipeline", "nightly", message=f"train: {FRAME}", failedSteps=[{"name": "train"}])
    obj["metadata"]["annotations"] = {SOURCE: annotation("digits.py", {short_hash(SCRIPT): [line, line + 1]})}
    api.put(obj)


def failed(api: SceneApi, word: str) -> None:
    obj = written(api, "Step", "nightly.train", message=f"{word}: {FRAME}")
    obj["status"]["attempts"][-1]["message"] = f"{word}: {FRAME}"
    obj["spec"]["script"] = SCRIPT
    api.put(obj)


def message(told: dict[str, Any]) -> str:
    steps = told["steps"]
    found: str = steps["words"][steps["states"]["message"][steps["paths"].index("train")]]
    return found


async def test_what_is_shown_and_how_it_changes(api: SceneApi, page: Page) -> None:
    failed(api, "ValueError")
    sourced(api)
    told = await page.get(ONE)
    assert (told["head"]["message"], message(told)) == (f"train: {PLACE}", f"ValueError: {PLACE}")
    assert FRAME not in str(await page.get(f"{ONE}/times"))
    async with page.stream(f"{ONE}/stream", told["id"]) as events:
        failed(api, "KeyError")
        _, _, data = await anext(events)
        assert [row[3] for row in data["rows"]] == [f"KeyError: {PLACE}"]
        sourced(api, line=41)
        _, _, data = await anext(events)
        assert data["head"]["message"] == "train: digits.py:42, in train"
        assert [row[3] for row in data["rows"]] == ["KeyError: digits.py:42, in train"]


async def test_who_looks_later_is_told_the_same(api: SceneApi, page: Page) -> None:
    sourced(api)
    first = await page.get(ONE)
    async with page.stream(f"{ONE}/stream", first["id"]) as events:
        failed(api, "ValueError")
        await anext(events)
        told = await page.get(ONE)
        assert (told["head"]["message"], message(told)) == (f"train: {PLACE}", f"ValueError: {PLACE}")


async def test_without_the_annotation_it_is_told_as_it_is(api: SceneApi, page: Page) -> None:
    failed(api, "ValueError")
    assert message(await page.get(ONE)) == f"ValueError: {FRAME}"
