"""A graph, and what was found out about it, is there for the next survey, for as long as it would be the same."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.scenes.api import SceneApi
from tests.scenes.scenes import large

from penstock.cluster import compiling
from penstock.cluster.api import Cluster
from penstock.cluster.compiling import Made
from penstock.cluster.observing import Sight, observe
from penstock.core.graph.compiler import Compiled, compile_pipeline
from penstock.core.graph.graph import Graph
from penstock.web.surveyed import surveys


@pytest.fixture
async def api() -> AsyncIterator[SceneApi]:
    found = SceneApi(large())
    await found.start()
    yield found
    await found.stop()


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What was compiled."""
    found: list[object] = []

    def counted(spec: Any, components: Any) -> Compiled:
        found.append(spec)
        return compile_pipeline(spec, components)

    monkeypatch.setattr(compiling, "compile_pipeline", counted)
    return found


async def seen(api: SceneApi, folder: Path, before: Mapping[str, Made]) -> Sight:
    cluster = Cluster(kubeconfig=str(api.kubeconfig(folder / "kubeconfig")))
    return await asyncio.to_thread(observe, cluster, (), before)


def graph(sight: Sight) -> Graph | None:
    (one,) = sight.observed
    return one.graph


def edit(api: SceneApi, kind: str, **spec: Any) -> None:
    (obj,) = [one for (of, *_), one in api.objects.items() if of == kind]
    obj = copy.deepcopy(obj)
    obj["spec"] |= spec
    api.put(obj)


async def test_what_is_the_same_is_compiled_once(api: SceneApi, tmp_path: Path, compiled: list[object]) -> None:
    first = await seen(api, tmp_path, {})
    second = await seen(api, tmp_path, first.made)
    third = await seen(api, tmp_path, second.made)
    assert len(compiled) == 1
    assert graph(first) is graph(second) is graph(third) is not None


async def test_another_spec_is_compiled_anew(api: SceneApi, tmp_path: Path, compiled: list[object]) -> None:
    first = await seen(api, tmp_path, {})
    edit(api, "Pipeline", parallelism=3)
    second = await seen(api, tmp_path, first.made)
    assert len(compiled) == 2
    assert graph(first) is not graph(second)
    assert graph(second) is not None


async def test_a_pipeline_that_is_gone_is_kept_no_longer(api: SceneApi, tmp_path: Path) -> None:
    first = await seen(api, tmp_path, {})
    (obj,) = [one for (kind, *_), one in api.objects.items() if kind == "Pipeline"]
    api.delete(obj)
    assert len(first.made) == 1
    assert (await seen(api, tmp_path, first.made)).made == {}


async def test_surveys_hand_graphs_on(
    api: SceneApi, tmp_path: Path, compiled: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surveys, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(surveys, "SHARE", 0.0)
    found = surveys.Surveys(Cluster(kubeconfig=str(api.kubeconfig(tmp_path / "kubeconfig"))))
    first, second = await found.find(lambda survey: survey), await found.find(lambda survey: survey)
    assert first is not second
    assert len(compiled) == 1
