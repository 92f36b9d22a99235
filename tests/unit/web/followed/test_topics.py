"""Batches are numbered, kept and told; who falls behind begins anew."""

import pytest

from penstock.web.followed import topics
from penstock.web.followed.topics import KEPT, RESET, Kept, Topic
from penstock.web.wire import ListBatch, Trouble

ONE = ListBatch((), [("ml", "digits")])


async def told(topic: Topic, last: str) -> list[bytes]:
    found = []
    with topic.listen(last) as listener:
        while (event := await listener.next(0.0)) is not None:
            found.append(event)
    return found


async def test_a_stream_goes_on_where_it_broke_off() -> None:
    topic = Topic()
    ids = [topic.id]
    for _ in range(3):
        topic.publish(ONE)
        ids.append(topic.id)
    assert len(set(ids)) == 4
    assert [len(await told(topic, id_)) for id_ in ids] == [3, 2, 1, 0]
    assert (await told(topic, ids[2]))[0].startswith(f"id: {ids[3]}\nevent: batch\ndata: {{".encode())


async def test_ids_of_another_life_or_of_the_future_are_not_known() -> None:
    topic, other = Topic(), Topic()
    topic.publish(ONE)
    before = topic.id
    assert await told(topic, other.id) == [RESET]
    assert await told(topic, f"{before}0") == [RESET]
    assert await told(topic, before[:-1] + "9" * 5_000) == [RESET]
    topic.restart()
    assert await told(topic, before) == [RESET]


async def test_batches_are_kept_within_bounds() -> None:
    topic = Topic()
    first = topic.id
    for _ in range(topics.KEPT + 1):
        topic.publish(ONE)
    assert len(topic._kept) == topics.KEPT
    assert await told(topic, first) == [RESET]


async def test_one_that_reads_too_slowly_begins_anew_and_the_others_do_not_notice() -> None:
    topic = Topic()
    with topic.listen(topic.id) as slow, topic.listen(topic.id) as fast:
        for _ in range(KEPT + 1):
            topic.publish(ONE)
            assert await fast.next(0.0)
        assert await slow.next(0.0) == RESET
        assert await slow.next(0.0) is None
        topic.publish(ONE)
        assert (await slow.next(0.0) or b"").startswith(b"id: ")


async def test_all_topics_together_keep_little_and_the_quiet_ones_give_way(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = len(topics.frame("batch", ONE, "01234567-1"))
    monkeypatch.setattr(topics, "KEPT_BYTES", 10 * batch)
    budget = Kept()
    quiet, many = Topic(budget), [Topic(budget) for _ in range(30)]
    before = quiet.id
    quiet.publish(ONE)
    for topic in many * 3:
        topic.publish(ONE)
    assert sum(len(told) for topic in many for told in topic._kept) <= 10 * batch
    assert await told(quiet, before) == [RESET]
    assert await told(quiet, quiet.id) == [], "who has heard all of it need not begin anew"
    last = many[-1]
    at = last.id
    last.publish(ONE)
    assert len(await told(last, at)) == 1
    for topic in many:
        topic.close()
    assert budget._bytes == 0
    assert not budget._topics


async def test_who_reads_slowly_has_nothing_kept_for_them_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "KEPT_BYTES", 1)
    topic = Topic()
    with topic.listen(topic.id) as slow:
        for _ in range(3):
            topic.publish(ONE)
        assert await slow.next(0.0) == RESET


async def test_trouble_is_told_as_it_is_now_and_loses_no_batch() -> None:
    topic = Topic()
    with topic.listen(topic.id) as listener:
        topic.announce("trouble", Trouble("away"))
        topic.publish(ONE)
        topic.announce("trouble", Trouble(""))
        found = [await listener.next(0.0) for _ in range(3)]
    assert found[0] == topics.frame("trouble", Trouble(""))
    assert (found[1] or b"").startswith(b"id: ")
    assert found[2] is None
