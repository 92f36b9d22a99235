"""What comes and goes by the hundred thousand is not looked through for cycles; cycles go all the same."""

import asyncio
import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.scenes.api import SceneApi
from tests.scenes.scenes import small

from penstock.cluster.api import Cluster
from penstock.web.server import rubbish, ui

MANY = 400_000


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = gc.get_threshold()
    gc.collect()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def passes(through: int) -> int:
    return int(gc.get_stats()[through]["collections"])


def survey() -> list[dict[str, list[int]]]:
    return [{"attempts": [number]} for number in range(MANY // 2)]


def test_all_that_is_kept_is_not_looked_through_while_a_survey_is_made() -> None:
    before = passes(2)
    kept = [survey(), survey()]
    assert passes(2) > before  # as Python does it by itself
    rubbish.rarely()
    before = passes(2)
    for _ in range(4):
        kept = [*kept[1:], survey()]
    assert passes(2) == before


def test_cycles_go_once_others_have_come() -> None:
    class Cycle:
        def __init__(self) -> None:
            self.me = self

    rubbish.rarely()
    gone = weakref.ref(Cycle())
    kept = survey()
    assert gone() is None
    assert kept


async def test_the_server_does_so(tmp_path: Path) -> None:
    api = SceneApi(small())
    await api.start()
    ready = asyncio.Event()
    cluster = Cluster(kubeconfig=str(api.kubeconfig(tmp_path / "kubeconfig")))
    serving = asyncio.create_task(ui.serve(cluster, 0, {}, lambda _: ready.set()))
    await ready.wait()
    assert gc.get_threshold() == (rubbish.YOUNG, rubbish.MIDDLE, rubbish.OLD)
    serving.cancel()
    await asyncio.wait([serving])
    await api.stop()
