"""What decides about room besides Penstock's own Jobs: known as it is, whatever watches did not tell."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from penstock.core.scheduling.ledger import Ledger
from penstock.shell.client import Client
from penstock.shell.resources import LIMIT_RANGES, NODES, OTHER_PODS, QUOTAS, Resource
from penstock.shell.settings import Settings
from penstock.shell.surroundings import Surroundings
from tests.shell.conftest import until

Object = dict[str, Any]


class Pages(Client):
    """An API server that has objects of one kind."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        self.items: list[Object] = []

    async def pages(
        self, resource: Resource, namespace: str | None, params: Mapping[str, str] | None = None
    ) -> AsyncIterator[tuple[int, list[Object]]]:
        for item in self.items if resource is self.resource else ():  # each on a page of its own
            yield 1, [item]

    async def watch(
        self, resource: Resource, namespace: str | None, version: str, params: Mapping[str, str] | None = None
    ) -> AsyncIterator[Mapping[str, Any]]:
        await asyncio.Event().wait()
        yield {}


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
    client.items = []
    watching = asyncio.create_task(found.run())
    await until(lambda: known(ledger)["nodes"] == 0)
    watching.cancel()
