"""Namespaces: what happens to one costs no other; and what a resync does for all."""

import asyncio

import pytest

from penstock.core.admission.ledger import Ledger
from penstock.engine import children, trouble, watching
from penstock.engine.resources import JOBS
from penstock.engine.store import Key, Store
from penstock.engine.surroundings import Surroundings
from penstock.engine.trouble import Trouble
from penstock.shell import session
from penstock.shell.client import HttpClient
from penstock.shell.process import Operator
from penstock.shell.settings import Settings
from tests.shell.conftest import running, until
from tests.shell.discovery import GROUPS
from tests.shell.fake import FakeCluster
from tests.shell.objects import Object
from tests.shell.test_loop import add_one, pipeline

SPACES = ["here", "gone"]


def phase(cluster: FakeCluster, namespace: str, name: str = "p") -> str:
    return str((cluster.objects["pipelines", namespace, name].get("status") or {}).get("phase"))


def written(cluster: FakeCluster, namespace: str) -> list[tuple[str, str]]:
    return [(verb, path) for _, verb, path in cluster.writes if f"/namespaces/{namespace}/" in path]


async def drive(cluster: FakeCluster, *namespaces: str, name: str = "p") -> None:
    """Runs pods until the Pipelines of that name have succeeded."""

    def over() -> bool:
        cluster.work(add_one)
        return all(phase(cluster, namespace, name) == "Succeeded" for namespace in namespaces)

    await until(over)


class Rights:
    """Whether there is a Role in the namespace `gone`; `kinds`: what it allows nothing about."""

    def __init__(self, cluster: FakeCluster) -> None:
        self.denied: tuple[str, ...] = ()
        cluster.faults.append(self._refuse)

    def _refuse(self, _: str, path: str) -> int | None:
        found = "/namespaces/gone/" in path and any(f"/{kind}" in path for kind in self.denied)
        return 403 if found else None

    def take_away(self, *kinds: str) -> None:
        """None: all."""
        self.denied = kinds or ("",)

    def give_back(self) -> None:
        self.denied = ()


@pytest.fixture
def rights(cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch) -> Rights:
    """The rights in the namespace `gone`; what may not be watched is soon watched again."""
    monkeypatch.setattr(session, "PAUSE", 0.05)
    monkeypatch.setattr(watching, "PAUSE", 0.05)
    monkeypatch.setattr(children, "DENIED_PAUSES", (0.05, 0.05))
    return Rights(cluster)


async def test_a_namespace_that_may_not_be_listed_does_not_keep_the_others_from_beginning(
    cluster: FakeCluster, rights: Rights
) -> None:
    rights.take_away()
    cluster.apply(pipeline(), "here")
    cluster.apply(pipeline(), "gone")
    async with running(cluster, namespaces=SPACES) as operator:
        await drive(cluster, "here")
        assert operator.problem() == ""
        rights.give_back()
        await operator.lister.look_again()
        await drive(cluster, "gone")
        await until(lambda: len(cluster.watchers("gone")) >= 6)
        cluster.apply(pipeline("q"), "gone")  # and the watch tells of it
        await drive(cluster, "gone", name="q")


async def test_a_role_that_goes_and_comes_back_costs_its_namespace_only_and_nothing_runs_twice(
    cluster: FakeCluster, rights: Rights
) -> None:
    async with running(cluster, namespaces=SPACES) as operator:
        for namespace in SPACES:
            cluster.apply(pipeline(), namespace)
        await until(lambda: len(list(cluster.pending())) == 2)
        rights.take_away()
        cluster.cut_watches()
        await operator.lister.compare()
        before = written(cluster, "gone")
        await drive(cluster, "here")
        await until(lambda: not any(key.namespace == "gone" for key in operator.loop._turns))
        assert written(cluster, "gone") == before
        assert operator.problem() == ""
        assert operator.lister.age < 60
        rights.give_back()
        await operator.lister.look_again()
        await drive(cluster, "gone")
    names = [name for name in cluster.created if name.startswith("jobs/")]
    assert len(names) == len(set(names)) == 6


async def test_where_jobs_may_not_be_listed_none_is_thought_to_be_lost(cluster: FakeCluster, rights: Rights) -> None:
    async with running(cluster, namespaces=SPACES):
        cluster.apply(pipeline(), "gone")
        await until(lambda: list(cluster.pending()))
    rights.take_away("jobs")
    before = written(cluster, "gone")
    async with running(cluster, namespaces=SPACES) as operator:
        await until(lambda: operator.store.steps and operator.store.pipelines)
        cluster.update("pipelines", {**cluster.objects["pipelines", "gone", "p"], "touched": "1"})
        cluster.apply(pipeline(), "here")
        await drive(cluster, "here")
        assert written(cluster, "gone") == before
        rights.give_back()
        await operator.lister.look_again()
        await drive(cluster, "gone")
    assert len([name for name in cluster.created if name.startswith("jobs/")]) == 6


async def test_what_may_not_be_seen_for_long_holds_nothing_and_is_known_again_when_it_may(
    cluster: FakeCluster, rights: Rights
) -> None:
    async with running(cluster, namespaces=SPACES, capacity={"cpu": "4"}) as operator:
        steps = [{"name": "only", "resources": {"requests": {"cpu": "4"}}}]
        cluster.apply(pipeline(steps=steps, outputs=[]), "gone")
        await until(lambda: list(cluster.pending()))
        rights.take_away()
        cluster.cut_watches()
        operator.lister.seconds = 0
        cluster.apply(pipeline(steps=steps, outputs=[]), "here")
        await operator.lister.compare()
        await operator.lister.compare()
        assert not any(job.namespace == "gone" for job in operator.store.jobs)
        await operator.lister.compare()  # looks at all that lives
        await drive(cluster, "here")
        rights.give_back()
        await operator.lister.look_again()
        await drive(cluster, "gone")
    assert len([name for name in cluster.created if name.startswith("jobs/")]) == 2


async def test_if_nothing_may_be_listed_the_operator_waits_until_something_may(
    cluster: FakeCluster, client: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penstock.engine.listing.PATIENCE", 0.01)
    asked = 0

    def refuse(verb: str, path: str) -> int | None:
        nonlocal asked
        asked += 1
        return (404 if "penstock" in path else 403) if asked < 20 else None

    cluster.faults.append(refuse)
    operator = Operator(client, Settings(namespaces=("a", "b")), "test")
    async with asyncio.timeout(20):
        await operator.lister.first()
    assert asked >= 20
    assert operator.store.unlisted < {"a", "b"}


@pytest.mark.parametrize("code", [500, 503])
async def test_a_list_that_fails_otherwise_stops_nothing(cluster: FakeCluster, code: int) -> None:
    async with running(cluster, namespaces=SPACES) as operator:
        operator.client.attempts = 1
        cluster.apply(pipeline(), "gone")
        await until(lambda: list(cluster.pending()))
        cluster.faults.append(lambda verb, path: code if verb == "GET" and path.endswith("gone/steps") else None)
        await operator.lister.compare()
        assert operator.store.complete("gone")
        assert operator.lister.age < 60
        await drive(cluster, "gone")


async def test_every_resync_looks_at_what_lives_and_leaves_alone_what_rests(cluster: FakeCluster) -> None:
    async with running(cluster) as operator:
        cluster.apply(pipeline("ended"))
        await drive(cluster, "ns", name="ended")
        cluster.apply(pipeline("lives"))
        await until(lambda: list(cluster.pending()))
        woken: list[Key] = []
        operator.lister.wake = woken.append
        await operator.lister.compare()
        assert woken == [Key("ns", "lives")]


async def test_a_wake_that_was_lost_costs_at_most_one_resync(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(cluster) as operator:
        cluster.apply(pipeline(steps=[{"name": "only"}], outputs=[]))
        await until(lambda: list(cluster.pending()))
        await until(lambda: not operator.loop._working)
        with monkeypatch.context() as lost:
            for name in ("wake", "wake_soon"):
                lost.setattr(operator.loop, name, lambda key: None)
            cluster.work()
            await until(lambda: any(pod.phase == "Succeeded" for pod in operator.store.pods))
        await operator.lister.compare()
        await drive(cluster, "ns")


async def test_events_that_may_not_be_read_somewhere_are_read_elsewhere(
    cluster: FakeCluster, client: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trouble, "AGAIN_SECONDS", 0.0)
    store = Store()
    asked: list[str] = []

    def refuse(_: str, path: str) -> int | None:
        asked.append(path)
        return 403 if "/namespaces/a/" in path else None

    cluster.faults.append(refuse)
    found = Trouble(client, store, Operator(client, Settings(), "test").starter, lambda key: None)
    found._silent = lambda job, now: iter([(JOBS, job.uid)])  # type: ignore[method-assign]

    class Job:
        def __init__(self, namespace: str) -> None:
            self.namespace, self.uid = namespace, namespace

    store.jobs = [Job("a"), Job("b")]  # type: ignore[assignment]
    await found.look()
    assert [path.split("/")[4] for path in asked] == ["a", "b"]


async def test_a_quota_that_may_not_be_seen_any_more_limits_nothing(
    cluster: FakeCluster, client: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = {"resourcequotas": "ResourceQuota", "limitranges": "LimitRange"}
    monkeypatch.setitem(GROUPS, ("", "v1"), {**GROUPS["", "v1"], **kinds})
    monkeypatch.setattr(watching, "PAUSE", 0.01)
    quota: Object = {"metadata": {"name": "q"}, "spec": {"hard": {"cpu": "1"}}, "status": {"hard": {"cpu": "1"}}}
    cluster.create("resourcequotas", "gone", quota)
    rights = Rights(cluster)
    ledger = Ledger()
    found = Surroundings(client, ledger, Settings(namespaces=("here", "gone")))
    task = asyncio.create_task(found.run())
    await until(lambda: ledger.snapshot().quotas)
    rights.take_away()
    cluster.cut_watches()
    await until(lambda: not ledger.snapshot().quotas)
    assert not task.done()
    task.cancel()
