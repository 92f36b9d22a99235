"""etcd restored from a backup: versions go back, which a list shows, and only a new start can mend."""

import asyncio
import copy
import itertools
from collections.abc import AsyncIterator, Mapping

import pytest

from penstock.engine import listing
from penstock.engine.listing import Lister, WentBack
from penstock.engine.resources import STEPS, Object, Resource
from penstock.engine.store import Key, Store
from penstock.shell.client import HttpClient
from penstock.shell.process import _again_and_again
from penstock.shell.settings import Settings
from tests.shell.conftest import until
from tests.shell.fake import FakeCluster
from tests.shell.test_store import step


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PATIENCE", 0.0)


@pytest.fixture
def lister(client: HttpClient) -> Lister:
    return Lister(client, Store(), Settings(), lambda key: None)


def made(name: str) -> dict[str, object]:
    return {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "Pipeline",
        "metadata": {"name": name},
        "spec": {"steps": []},
    }


@pytest.mark.parametrize("bump", [0, 1_000_000_000], ids=["plain", "etcdutl --bump-revision"])
@pytest.mark.parametrize("change", ["edited", "created", "deleted"])
async def test_it_is_noticed_whatever_was_done_since_the_backup(
    cluster: FakeCluster, lister: Lister, change: str, bump: int
) -> None:
    cluster.apply(made("p"))
    await lister.compare()
    backup, version = copy.deepcopy(cluster.objects), next(cluster.versions)
    if change == "edited":
        cluster.apply({**made("p"), "spec": {"steps": [1]}})
    elif change == "created":
        cluster.apply(made("q"))
    else:
        cluster.delete("pipelines", "ns", "p")
    await lister.compare()
    cluster.restore(backup, version + bump)
    if change == "created" and bump:
        await lister.compare()  # what is not there any more counts as deleted: all is as it was
        assert lister.store.pipeline(Key("ns", "q")) is None
    else:
        with pytest.raises(WentBack, match="restored"):
            await lister.compare()


async def test_a_process_that_has_noticed_ends(cluster: FakeCluster, client: HttpClient) -> None:
    lister = Lister(client, Store(), Settings.model_validate({"resyncSeconds": 10}), lambda key: None)
    lister.seconds = 0.0
    cluster.apply(made("p"))
    await lister.compare()
    cluster.versions = itertools.count(1)
    with pytest.raises(WentBack):
        await _again_and_again("lister", lister.run)


async def test_a_doubt_has_everything_compared_at_once(cluster: FakeCluster, lister: Lister) -> None:
    await lister.first()
    cluster.apply(made("p"))  # of which no watch tells here
    running = asyncio.create_task(lister.run())
    lister.doubt()
    await until(lambda: lister.store.pipeline(Key("ns", "p")))
    running.cancel()


class Scripted(HttpClient):
    """An API server whose lists of Steps are given: version and items of each; and what happens after each page."""

    def __init__(self, store: Store, *lists: tuple[int, list[Object]], meanwhile: Object | None = None) -> None:
        self.store = store
        self.lists = list(lists)
        self.meanwhile = meanwhile

    async def pages(
        self, resource: Resource, namespace: str | None, params: Mapping[str, str] | None = None
    ) -> AsyncIterator[tuple[int, list[Object]]]:
        if resource is not STEPS:
            return
        version, items = self.lists.pop(0)
        for item in items:
            if self.meanwhile:
                self.store.put(STEPS, self.meanwhile)
            yield version, [item]


def scripted(*lists: tuple[int, list[Object]], meanwhile: Object | None = None) -> Lister:
    store = Store()
    return Lister(Scripted(store, *lists, meanwhile=meanwhile), store, Settings(), lambda key: None)


async def test_writes_while_a_list_is_being_read_are_newer_than_it() -> None:
    lister = scripted((10, [step(5), step(6, uid="u-2")]), (30, [step(20)]), meanwhile=step(20))
    await lister.compare()
    await lister.compare()
    (found,) = lister.store.steps
    assert found.version == "20"


async def test_one_answer_that_is_old_is_not_believed() -> None:
    lister = scripted((10, [step(5)]), (8, [step(5)]), (12, [step(5)]))
    await lister.compare()
    await lister.compare()
    assert lister.store.steps.get("u-s") is not None


async def test_an_object_that_is_older_than_it_was_is_not_believed_once() -> None:
    lister = scripted((10, [step(5)]), (20, [step(4)]), (20, [step(4)]))
    await lister.compare()
    with pytest.raises(WentBack):
        await lister.compare()
