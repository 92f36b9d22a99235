"""What decides about room besides Penstock's own Jobs: known as it is, whatever watches did not tell."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from itertools import pairwise
from typing import Any

import pytest

from penstock.core.admission.ledger import Ledger
from penstock.engine.client import Refused, Unreachable
from penstock.engine.resources import LIMIT_RANGES, NODES, OTHER_PODS, QUOTAS, Resource
from penstock.engine.surroundings import Surroundings
from penstock.shell.client import HttpClient
from penstock.shell.settings import Settings
from tests.shell.conftest import until
from tests.shell.leaping import leap

Object = dict[str, Any]


class Pages(HttpClient):
    """An API server that has objects of one kind."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        self.items: list[Object] = []
        self.gone: list[Object] = []
        """What a watch tells of since the list."""

    async def pages(
        self, resource: Resource, namespace: str | None, params: Mapping[str, str] | None = None
    ) -> AsyncIterator[tuple[int, list[Object]]]:
        for item in self.items if resource is self.resource else ():  # each on a page of its own
            yield 1, [item]

    async def watch(
        self, resource: Resource, namespace: str | None, version: int
    ) -> AsyncIterator[Iterable[Mapping[str, Any]]]:
        if self.gone and resource is self.resource:
            yield [{"type": "DELETED", "object": one} for one in self.gone]
        await asyncio.Event().wait()


def thing(uid: str, name: str = "x") -> Object:
    """A node, a quota, a limit range or a pod: whatever it is looked at as."""
    return {
        "metadata": {"uid": uid, "name": name, "namespace": "ns", "resourceVersion": "1"},
        "spec": {
            "hard": {"cpu": "2"},
            "limits": [{"type": "Container", "max": {"cpu": "1"}}],
            "nodeName": "node",
            "containers": [{"name": "c", "resources": {"requests": {"cpu": "1"}}}],
        },
        "status": {"used": {}, "allocatable": {"cpu": "4"}, "phase": "Running"},
    }


def known(ledger: Ledger) -> dict[str, int]:
    """How many there are of each kind."""
    found = ledger.snapshot()
    held = sum(len(load.held) for load in found.loads.values())
    quotas, ranges = (sum(map(len, (one or {}).values())) for one in (found.quotas, found.ranges))
    return {"nodes": len(found.nodes or ()), "quotas": quotas, "ranges": ranges, "pods": held}


@pytest.mark.parametrize(
    ("resource", "kind"), [(NODES, "nodes"), (QUOTAS, "quotas"), (LIMIT_RANGES, "ranges"), (OTHER_PODS, "pods")]
)
async def test_what_was_replaced_under_its_name_while_no_watch_was_open_is_known(resource: Resource, kind: str) -> None:
    client, ledger = Pages(resource), Ledger()
    found = Surroundings(client, ledger, Settings())
    for items, number in (
        ([thing("old"), thing("other", "y")], 2),
        ([thing("new")], 1),
        ([thing("new"), thing("newest", "y")], 2),
        ([], 0),
    ):
        client.items = items
        await found.first()
        assert known(ledger)[kind] == number


async def test_what_goes_while_the_watches_are_being_opened_is_noticed() -> None:
    client, ledger = Pages(NODES), Ledger()
    found = Surroundings(client, ledger, Settings())
    client.items = [thing("old")]
    await found.first()
    client.items, client.gone = [], client.items
    watching = asyncio.create_task(found.run())
    await until(lambda: known(ledger)["nodes"] == 0)
    watching.cancel()


class Denying(Pages):
    """An API server that refuses to list quotas, and when it was asked to."""

    def __init__(self) -> None:
        super().__init__(QUOTAS)
        self.asked: list[float] = []
        self.granted = 8

    async def pages(
        self, resource: Resource, namespace: str | None, params: Mapping[str, str] | None = None
    ) -> AsyncIterator[tuple[int, list[Object]]]:
        if resource is QUOTAS:
            self.asked.append(asyncio.get_running_loop().time())
            if len(self.asked) < self.granted:
                raise Refused(403, "Forbidden", "quotas are forbidden")
        yield 1, self.items if resource is QUOTAS else []


def test_what_is_forbidden_is_asked_for_again_soon_at_first() -> None:
    client, ledger = Denying(), Ledger()
    client.items = [thing("new")]

    async def follow() -> None:
        watching = asyncio.create_task(Surroundings(client, ledger, Settings()).run())
        await asyncio.sleep(3600)
        watching.cancel()

    leap(follow())
    assert known(ledger)["quotas"] == 1
    assert [round(after - before) for before, after in pairwise(client.asked)] == [30, 60, 120, 240, 300, 300, 300]


class Rewound(Pages):
    """An API server whose watches end at once, and the versions of its lists of quotas."""

    def __init__(self, *versions: int) -> None:
        super().__init__(QUOTAS)
        self.versions = list(versions)

    async def pages(
        self, resource: Resource, namespace: str | None, params: Mapping[str, str] | None = None
    ) -> AsyncIterator[tuple[int, list[Object]]]:
        yield self.versions.pop(0) if resource is QUOTAS and len(self.versions) > 1 else self.versions[0], []

    async def watch(
        self, resource: Resource, namespace: str | None, version: int
    ) -> AsyncIterator[Iterable[Mapping[str, Any]]]:
        raise Unreachable("it began anew")
        yield []


@pytest.mark.parametrize(("versions", "times"), [((10, 12, 12), 0), ((10, 12, 7, 8, 9), 1)])
def test_a_list_that_is_older_than_the_one_before_is_told_once(versions: tuple[int, ...], times: int) -> None:
    client, told = Rewound(*versions), list[bool]()

    async def follow() -> None:
        found = Surroundings(client, Ledger(), Settings(), lambda: told.append(True))
        (quotas,) = (kind for kind in found.kinds if kind.resource is QUOTAS)
        watching = asyncio.create_task(found._watch(quotas).run())
        await asyncio.sleep(60)
        watching.cancel()

    leap(follow())
    assert len(told) == times


class Ending(Pages):
    """An API server that ends each watch after five minutes, and what it was asked for."""

    def __init__(self, resource: Resource) -> None:
        super().__init__(resource)
        self.asked: list[str] = []
        self.broken = False

    async def pages(
        self, resource: Resource, namespace: str | None, params: Mapping[str, str] | None = None
    ) -> AsyncIterator[tuple[int, list[Object]]]:
        self.asked.append("list")
        yield 1, []

    async def watch(
        self, resource: Resource, namespace: str | None, version: int
    ) -> AsyncIterator[Iterable[Mapping[str, Any]]]:
        self.asked.append(str(version))
        yield [{"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": f"{len(self.asked)}0"}}}]
        await asyncio.sleep(300)
        if self.broken:
            raise Unreachable("it is torn")


def followed(client: Ending, resource: Resource, seconds: float) -> list[str]:
    """What was asked for in that time."""

    async def follow() -> None:
        found = Surroundings(client, Ledger(), Settings())
        (kind,) = (one for one in found.kinds if one.resource is resource)
        watching = asyncio.create_task(found._watch(kind).run())
        await asyncio.sleep(seconds)
        watching.cancel()

    leap(follow())
    return client.asked


def test_other_pods_are_watched_on_from_where_a_watch_ended_and_listed_anew_twice_an_hour() -> None:
    asked = followed(Ending(OTHER_PODS), OTHER_PODS, 2400)
    assert asked == ["list", "1", "20", "30", "40", "50", "60", "list", "1", "90"]


def test_other_pods_are_listed_anew_after_a_watch_that_broke() -> None:
    client = Ending(OTHER_PODS)
    client.broken = True
    assert followed(client, OTHER_PODS, 700) == ["list", "1", "list", "1", "list", "1"]


def test_nodes_are_listed_after_every_watch_since_that_tells_of_a_restored_etcd() -> None:
    assert followed(Ending(NODES), NODES, 700) == ["list", "1", "list", "1", "list", "1"]
