"""Writes: what does not go through is looked at anew, and never tried again at once for nothing."""

import pytest

from penstock.engine.client import Refused
from penstock.engine.resources import PIPELINES
from penstock.engine.store import Key, Store
from penstock.engine.writer import Writer
from penstock.shell.client import HttpClient
from tests.shell.fake import FakeCluster
from tests.shell.test_loop import pipeline


async def test_a_delete_of_what_has_changed_is_planned_anew(cluster: FakeCluster, client: HttpClient) -> None:
    store = Store()
    store.put(PIPELINES, cluster.apply(pipeline()))
    seen = store.pipeline(Key("ns", "p"))
    assert seen
    cluster.apply(pipeline(priority=1))
    assert not await Writer(client, store).delete_pipeline(seen)
    known = store.pipeline(Key("ns", "p"))
    assert known
    assert known.version > seen.version
    assert await Writer(client, store).delete_pipeline(known)


async def test_a_delete_of_what_cannot_be_read_any_more_is_refused(cluster: FakeCluster, client: HttpClient) -> None:
    store = Store()
    store.put(PIPELINES, cluster.apply(pipeline()))
    seen = store.pipeline(Key("ns", "p"))
    assert seen
    known = cluster.get("pipelines", "p")
    cluster.update("pipelines", {**known, "metadata": {**known["metadata"], "annotations": 5}})
    with pytest.raises(Refused):
        await Writer(client, store).delete_pipeline(seen)
