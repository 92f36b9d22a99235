"""Batches are numbered, kept and told; who falls behind begins anew."""

from penstock.web.followed import topics
from penstock.web.followed.topics import RESET, UNREAD, Topic
from penstock.web.wire import ListBatch

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
        for _ in range(UNREAD + 1):
            topic.publish(ONE)
            assert await fast.next(0.0)
        assert await slow.next(0.0) == RESET
        assert await slow.next(0.0) is None
        topic.publish(ONE)
        assert (await slow.next(0.0) or b"").startswith(b"id: ")


async def test_one_that_missed_more_than_it_may_leave_unread_begins_anew() -> None:
    topic = Topic()
    first = topic.id
    for _ in range(UNREAD):
        topic.publish(ONE)
    assert await told(topic, first) == [RESET]
