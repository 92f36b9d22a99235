"""Notifications: what is posted, how it is signed, what is tried again."""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from cloudevents.core.bindings.http import HTTPMessage, from_http_event

from penstock.core.pipeline.events import Event
from penstock.core.seen.reading import pipeline_view
from penstock.engine.resources import PIPELINES, STEPS
from penstock.shell import notify
from penstock.shell.notify import Notifier, secret
from penstock.shell.settings import Notifications
from tests.shell.conftest import until

VIEW = pipeline_view(
    {
        "metadata": {
            "uid": "u1",
            "name": "digits",
            "namespace": "team",
            "resourceVersion": "7",
            "creationTimestamp": "2026-07-01T12:00:00Z",
        }
    }
)
FAILED = Event("Failed", "Failed", "step 'train' failed: exit code 3", warning=True)
STATUS = {"phase": "Failed", "progress": "2/3", "revision": 4, "conditions": []}


class Hook:
    """A webhook that answers with the given codes, then 204."""

    def __init__(self, *codes: int) -> None:
        self.codes = list(codes)
        self.got: list[tuple[dict[str, str], bytes]] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.got.append(({key.lower(): value for key, value in request.headers.items()}, await request.read()))
        return web.Response(status=self.codes.pop(0) if self.codes else 204)


@asynccontextmanager
async def listening(hook: Hook, **target: object) -> AsyncIterator[Notifier]:
    app = web.Application()
    app.router.add_post("/hook", hook.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    notifier = Notifier(Notifications.model_validate({"url": f"http://127.0.0.1:{port}/hook", **target}))
    task = asyncio.create_task(notifier.run())
    try:
        yield notifier
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await runner.cleanup()


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notify, "FIRST_PAUSE", 0.01)


async def test_a_cloud_event_with_a_signature(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("s3cret\n")
    hook = Hook()
    async with listening(hook, secretFile=str(key), source="/cluster-a") as notifier:
        notifier.tell(PIPELINES, VIEW, FAILED, STATUS)
        await until(lambda: hook.got)
    headers, body = hook.got[0]
    event = from_http_event(HTTPMessage(headers, body))
    assert event.get_type() == "dev.penstock.pipeline.failed"
    assert event.get_source() == "/cluster-a/namespaces/team/pipelines/digits"
    data = event.get_data()
    assert isinstance(data, dict)
    assert (data["phase"], data["progress"], data["reason"], data["message"]) == (
        "Failed",
        "2/3",
        "Failed",
        FAILED.note,
    )
    assert headers["webhook-id"] == event.get_id()
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(b"s3cret", signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


async def test_a_success_brings_the_outputs() -> None:
    hook, outputs = Hook(), {"accuracy": 0.97, "labels": ["ä", None]}
    async with listening(hook) as notifier:
        succeeded = Event("Succeeded", "Completed", "Succeeded, 3/3 steps ended")
        notifier.tell(PIPELINES, VIEW, succeeded, {"phase": "Succeeded", "outputs": outputs})
        notifier.tell(STEPS, VIEW, succeeded, {"phase": "Succeeded", "outputs": outputs})
        await until(lambda: len(hook.got) == 2)
    of_pipeline, of_step = (from_http_event(HTTPMessage(*one)).get_data() for one in hook.got)
    assert isinstance(of_pipeline, dict)
    assert isinstance(of_step, dict)
    assert of_pipeline["outputs"] == outputs
    assert "outputs" not in of_step


async def test_what_is_not_taken_is_sent_again_with_the_same_id() -> None:
    hook = Hook(503, 429)
    async with listening(hook) as notifier:
        notifier.tell(PIPELINES, VIEW, FAILED, STATUS)
        await until(lambda: len(hook.got) == 3)
    ids = {from_http_event(HTTPMessage(headers, body)).get_id() for headers, body in hook.got}
    assert len(ids) == 1
    assert "webhook-signature" not in hook.got[0][0]


@pytest.mark.parametrize(("codes", "posts"), [((404,), 1), ((302,) * 3, 3), ((500,) * 3, 3)])
async def test_an_event_is_given_up_and_the_next_one_follows(codes: tuple[int, ...], posts: int) -> None:
    hook = Hook(*codes)
    async with listening(hook, attempts=3) as notifier:
        notifier.tell(PIPELINES, VIEW, FAILED, STATUS)
        notifier.tell(PIPELINES, VIEW, Event("Running", "Running", "again"), STATUS)
        await until(lambda: len(hook.got) == posts + 1)
    last = from_http_event(HTTPMessage(*hook.got[-1]))
    assert last.get_type() == "dev.penstock.pipeline.running"


async def test_an_event_that_is_not_taken_holds_up_its_own_object_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notify, "FIRST_PAUSE", 60.0)
    hook = Hook(503)
    async with listening(hook) as notifier:
        notifier.tell(PIPELINES, VIEW, FAILED, STATUS)
        await until(lambda: len(hook.got) == 1)
        notifier.tell(PIPELINES, VIEW, Event("Running", "Running", "again"), STATUS)
        for number in range(20):
            notifier.tell(PIPELINES, replace(VIEW, uid=f"other{number}"), FAILED, STATUS)
        await until(lambda: len(hook.got) == 21)
    events = [from_http_event(HTTPMessage(headers, body)).get_data() for headers, body in hook.got]
    assert [event["uid"] for event in events if isinstance(event, dict)].count(VIEW.uid) == 1


async def test_the_events_of_an_object_come_in_order() -> None:
    hook = Hook(503, 503, 503)
    async with listening(hook) as notifier:
        for word in ("Running", "Suspended", "Failed"):
            notifier.tell(PIPELINES, VIEW, Event(word, word, word), STATUS)
        await until(lambda: len(hook.got) == 6)
    types = [from_http_event(HTTPMessage(headers, body)).get_type().rpartition(".")[2] for headers, body in hook.got]
    assert types == ["running"] * 4 + ["suspended", "failed"]


async def test_nobody_there_and_a_missing_key_are_no_errors_of_the_operator(tmp_path: Path) -> None:
    for target in ({"url": "http://127.0.0.1:1/"}, {"url": "http://127.0.0.1:1/", "secretFile": str(tmp_path / "no")}):
        notifier = Notifier(Notifications.model_validate({**target, "attempts": 2}))
        task = asyncio.create_task(notifier.run())
        before = notify.metrics.NOTIFICATIONS.labels("failed")._value.get()
        notifier.tell(PIPELINES, VIEW, FAILED, STATUS)
        await until(lambda: notify.metrics.NOTIFICATIONS.labels("failed")._value.get() > before)  # noqa: B023
        assert not task.done()
        task.cancel()


async def test_the_queue_has_a_bound_and_without_an_address_nothing_is_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notify, "QUEUED", 2)
    full, silent = Notifier(Notifications(url="http://127.0.0.1:1/")), Notifier(Notifications())
    before = notify.metrics.NOTIFICATIONS.labels("dropped")._value.get()
    for notifier in (full, silent):
        for _ in range(5):
            notifier.tell(PIPELINES, VIEW, FAILED, STATUS)
    assert notify.metrics.NOTIFICATIONS.labels("dropped")._value.get() == before + 3


def test_secrets(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("whsec_" + base64.b64encode(b"abc").decode() + "\n")
    assert secret(key) == b"abc"
    key.write_text("\n")
    with pytest.raises(ValueError, match="is empty"):
        secret(key)
