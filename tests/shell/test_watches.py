"""One watch of the operator's own: from where it goes on, and when it lists anew."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any

import pytest

from penstock.engine.client import Refused, Unreachable
from penstock.engine.listing import WentBack
from penstock.engine.resources import JOBS, Resource
from penstock.engine.watching import BRIEF, PAUSE, Watch
from penstock.shell.client import HttpClient
from tests.shell.conftest import until
from tests.shell.fake import FakeCluster
from tests.shell.leaping import leap

Event = Mapping[str, Any]
Story = list[Sequence[Event] | Exception]


def event(version: int, kind: str = "MODIFIED") -> Event:
    return {"type": kind, "object": {"metadata": {"name": "j", "uid": "u", "resourceVersion": str(version)}}}


def error(code: int) -> Event:
    return {"type": "ERROR", "object": {"metadata": {}, "code": code}}


class Told(HttpClient):
    """An API server whose watches are given, one after the other: what each tells, or what befalls it."""

    def __init__(self, *watches: Story) -> None:
        self.watches = list(watches)
        self.since: list[tuple[int, float]] = []
        """From which version each watch was to begin, and when."""

    async def watch(
        self, resource: Resource, namespace: str | None, version: int
    ) -> AsyncIterator[Iterable[Mapping[str, Any]]]:
        self.since.append((version, asyncio.get_running_loop().time()))
        for one in self.watches.pop(0) if self.watches else [asyncio.CancelledError()]:
            if isinstance(one, BaseException):
                raise one
            yield one


class Took:
    """What was taken in."""

    def __init__(self, *lists: int | Exception) -> None:
        self.lists = list(lists)
        self.took: list[int] = []
        self.refused = 0

    async def list(self) -> int:
        found = self.lists.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    def take(self, event: Event) -> None:
        self.took.append(int(event["object"]["metadata"]["resourceVersion"]))

    def denied(self, error: Refused) -> None:
        self.refused += 1


def begun(took: Took, *watches: Story, **options: Any) -> list[tuple[int, float]]:
    """From which version each watch began, and how many seconds after the one before."""
    told = Told(*watches)

    async def follow() -> None:
        with pytest.raises(asyncio.CancelledError):
            await Watch(told, JOBS, None, took, **options).run()

    leap(follow())
    times = [told.since[0][1], *(at for _, at in told.since)]
    return [(version, round(at - before, 3)) for (version, at), before in zip(told.since, times, strict=False)]


def test_it_goes_on_from_the_last_version_it_was_told_of_bookmarks_included() -> None:
    took = Took(10)
    found = begun(took, [[event(11), event(12)], [event(13)]], [[event(20, "BOOKMARK")]], [[event(21, "DELETED")]])
    assert found == [(10, 0.0), (13, BRIEF), (20, BRIEF), (21, BRIEF)]
    assert took.took == [11, 12, 13, 21]


def test_it_begins_with_a_list_that_was_made_before() -> None:
    assert begun(Took(), [], version=7) == [(7, 0.0), (7, BRIEF)]


@pytest.mark.parametrize("gone", [Refused(410, "Expired", ""), [error(410)], [error(500)]], ids=["410", "410s", "500s"])
def test_what_cannot_go_on_lists_anew(gone: Any) -> None:
    assert begun(Took(10, 30), [[event(11)], gone])[1] == (30, PAUSE)


def test_after_a_connection_that_broke_it_goes_on_unless_nobody_else_compares() -> None:
    story: Story = [[event(11)], Unreachable("it broke")]
    assert begun(Took(10), story)[1] == (11, PAUSE)
    assert begun(Took(10, 30), story, compared=1800.0)[1] == (30, PAUSE)


def test_what_nobody_else_compares_is_listed_again_after_a_while() -> None:
    stories: list[Story] = [[[event(number)]] for number in range(11, 40)]
    found = begun(Took(10, 100), *stories, compared=2.0)
    assert [version for version, _ in found if version == 100] == [100]


def test_what_may_not_be_watched_is_tried_ever_less_often_until_it_tells_something() -> None:
    denied = Refused(403, "Forbidden", "")
    took = Took(*range(10, 20))
    found = begun(took, [denied], [denied], [denied], [[event(30)], denied], [denied], denied=(30.0, 60.0))
    assert [pause for _, pause in found[1:]] == [30, 60, 60, 30, 60]
    assert took.refused == 5


def test_a_watch_that_fails_otherwise_begins_again_by_itself() -> None:
    assert begun(Took(10, 20), [[{"type": "ADDED", "object": {}}]])[1] == (20, PAUSE)


def test_that_the_past_came_back_is_not_its_to_mend() -> None:
    with pytest.raises(WentBack):
        asyncio.run(Watch(Told(), JOBS, None, Took(WentBack("restored"))).run())


async def test_a_silent_stream_is_given_up(
    cluster: FakeCluster, client: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("penstock.shell.client.SILENCE", 0.2)
    with pytest.raises(Unreachable):
        await anext(aiter(client.watch(JOBS, "ns", 1)))


async def test_events_that_came_together_are_given_together(cluster: FakeCluster, client: HttpClient) -> None:
    names = [f"j{number}" for number in range(50)]
    for name in names:
        cluster.create(
            "jobs", "ns", {"metadata": {"name": name, "labels": {"app.kubernetes.io/managed-by": "penstock"}}}
        )
    got: list[str] = []
    batches = 0

    async def follow() -> None:
        nonlocal batches
        async for events in client.watch(JOBS, "ns", 1):
            batches += 1
            got.extend(one["object"]["metadata"]["name"] for one in events)

    task = asyncio.create_task(follow())
    await until(lambda: len(got) == len(names))
    task.cancel()
    assert got == names
    assert batches <= len(names)
