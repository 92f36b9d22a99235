"""What the API server answered is not asked again while it counts, and is bounded for all viewers together."""

from collections import Counter
from typing import cast

import pytest

from penstock.cluster.api import PIPELINES, STEPS, Cluster, Resource
from penstock.web.access import reviews, rights
from penstock.web.access.reviews import Answers, Need
from penstock.web.access.rights import Reviewed, lacking


class Reviewing:
    """Says no to everything, and counts what it is asked."""

    def __init__(self) -> None:
        self.asked = Counter[tuple[str, str, str | None]]()

    def may(self, verb: str, resource: Resource, namespace: str | None) -> bool:
        self.asked[verb, resource.plural, namespace] += 1
        return namespace == "mine"


def needs(namespaces: int) -> list[Need]:
    """What a list of Pipelines asks about who may not list all."""
    homes = [f"team-{at}" for at in range(namespaces)]
    return [Need(verb, kind, home) for kind in (PIPELINES, STEPS) for home in homes for verb in ("list", "watch")]


async def test_who_looks_at_many_namespaces_is_not_asked_about_again_each_time() -> None:
    server, asked = Reviewing(), needs(300)
    viewer = Reviewed(cast(Cluster, server), (), Answers())
    for _ in range(2):
        assert len(await lacking(viewer, asked)) == len(asked)
    assert set(server.asked.values()) == {1}
    assert server.asked.total() == 1_200


async def test_all_viewers_together_leave_few_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reviews, "KEPT", 10)
    answers = Answers()
    for _ in range(5):
        await lacking(Reviewed(cast(Cluster, Reviewing()), (), answers), needs(1))
    assert len(answers._answers) == 10


async def test_an_answer_of_one_is_none_of_another_and_what_counts_no_more_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers, clock = Answers(), Clock()
    for module in (reviews, rights):
        monkeypatch.setattr(module, "time", clock)
    first, second = Reviewing(), Reviewing()
    ada, bob = (Reviewed(cast(Cluster, one), (), answers) for one in (first, second))
    mine = Need("list", PIPELINES, "mine")
    assert await ada.may(mine)
    assert await bob.may(mine)
    assert (first.asked.total(), second.asked.total()) == (1, 1)
    clock.now += reviews.YES_SECONDS + 1
    assert not await bob.may(needs(1)[0])
    assert len(answers._answers) == 1


class Clock:
    now = 1_000.0

    def monotonic(self) -> float:
        return self.now
