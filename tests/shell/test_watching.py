"""The watches, kopf's and our own: who is let in, and what is in the stream that should not be there."""

import asyncio
from pathlib import Path

import pytest

from penstock.engine import watching
from penstock.shell import session
from tests.shell.conftest import running, until
from tests.shell.fake import FakeCluster
from tests.shell.kubeconfig import let_in, write_token
from tests.shell.test_loop import drive, pipeline


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "PAUSE", 0.05)
    monkeypatch.setattr(session, "PAUSE", 0.05)


async def test_watches_go_on_with_a_new_token_when_the_old_one_has_expired(
    cluster: FakeCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        let_in(cluster, tmp_path, monkeypatch) as client,
        running(cluster, client),
    ):
        cluster.apply(pipeline())
        await until(lambda: list(cluster.pending()))
        write_token(cluster, tmp_path, "second")
        cluster.tokens = {"second"}
        cluster.cut_watches()
        await until(lambda: not cluster.watchers())
        await until(lambda: len(cluster.watchers()) >= 7)
        await drive(cluster)


async def test_watches_go_on_when_a_token_was_refused_by_mistake(
    cluster: FakeCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        let_in(cluster, tmp_path, monkeypatch) as client,
        running(cluster, client),
    ):
        cluster.tokens, known = set(), cluster.tokens
        cluster.cut_watches()
        await until(lambda: not cluster.watchers())
        await asyncio.sleep(0.3)
        cluster.tokens = known
        await until(lambda: len(cluster.watchers()) >= 7)
        cluster.apply(pipeline())
        await drive(cluster)


async def test_an_error_in_a_stream_or_a_page_in_its_place_ends_nothing(cluster: FakeCluster) -> None:
    async with running(cluster):
        cluster.apply(pipeline())
        await until(lambda: list(cluster.pending()))
        for plural in ("pods", "steps", "pipelines"):
            cluster.tell(plural, "ERROR", {"metadata": {}, "code": 500, "message": "etcdserver: leader changed"})
        pages = ["<html>", "{", "[]"]
        cluster.faults.append(lambda verb, path: pages.pop() if verb == "GET" and "/pods" in path and pages else None)
        await until(lambda: not pages and len(cluster.watchers()) >= 7)
        await drive(cluster)


async def test_no_page_or_half_an_answer_misleads_about_what_there_is_to_watch(cluster: FakeCluster) -> None:
    discovered = ("/api", "/apis", "/api/v1", "/apis/penstock.dev/v1alpha1")
    pages = {path: ["<html>", '{"groups": [', "[]"] for path in discovered}
    cluster.faults.append(lambda _, path: pages[path].pop() if pages.get(path) else None)
    async with running(cluster):
        await until(lambda: not any(pages.values()) and len(cluster.watchers()) >= 7)
        cluster.apply(pipeline())
        await drive(cluster)


async def test_what_went_while_kopf_could_not_watch_is_let_go_when_it_lists_anew(cluster: FakeCluster) -> None:
    async with running(cluster) as operator:
        cluster.apply(pipeline(suspend=True))
        await until(lambda: len(cluster.all("steps")) == 3)
        cluster.deaf.add("pipelines")
        cluster.delete("pipelines", "ns", "p")
        cluster.deaf.clear()
        cluster.tell("pipelines", "ERROR", {"metadata": {}, "code": 410})
        await until(lambda: not len(operator.store.pipelines))
