"""What Events say about Jobs and pods that wait in silence reaches the steps, and costs few requests."""

import itertools
import time
from collections.abc import Iterator
from typing import Any

import pytest

from penstock.core.clock import stamp
from penstock.engine import trouble
from penstock.engine.resources import JOBS, PIPELINES, PODS, STEPS
from penstock.engine.starter import Starter
from penstock.engine.store import Key, Store
from penstock.engine.trouble import Trouble
from penstock.shell.client import HttpClient
from tests.shell.fake import FakeCluster
from tests.shell.objects import Object
from tests.shell.test_store import job, pipeline, pod, step

MOUNT = 'MountVolume.SetUp failed for volume "cfg" : configmap "absent" not found'
_names: Iterator[int] = itertools.count()


class Setting:
    """A store with a Job and a pod of it, Events, and who was woken."""

    def __init__(self, cluster: FakeCluster, client: HttpClient) -> None:
        self.cluster = cluster
        self.store = Store()
        self.store.put(PIPELINES, pipeline())
        self.store.put(STEPS, step())
        self.store.put(JOBS, job())
        self.woken: list[Key] = []
        self.trouble = Trouble(client, self.store, Starter(client, self.store, ""), self.woken.append)

    def event(self, words: str, reason: str = "FailedMount", about: str = "Pod", age: float = 1.0, **more: Any) -> None:
        uid = "u-x" if about == "Pod" else "u-j"
        found: Object = {
            "metadata": {"name": f"e{next(_names)}"},
            "type": "Warning",
            "reason": reason,
            "message": words,
            "lastTimestamp": stamp(time.time() - age),
            "involvedObject": {"kind": about, "uid": uid},
        }
        self.cluster.create("events", "ns", found | more)

    async def said(self) -> str:
        self.trouble._asked.clear()
        await self.trouble.look()
        return self.trouble.messages.get("u-j", "")


@pytest.fixture
def setting(cluster: FakeCluster, client: HttpClient) -> Setting:
    return Setting(cluster, client)


async def test_a_job_without_pods(setting: Setting) -> None:
    setting.event("forbidden: exceeded quota", "FailedCreate", "Job", age=4000)
    assert await setting.said() == "FailedCreate: forbidden: exceeded quota"
    assert setting.woken == [Key("ns", "p")]
    setting.store.put(PODS, pod())
    assert await setting.said() == ""


async def test_a_pod_that_does_not_start_and_does_not_say_why(setting: Setting) -> None:
    setting.store.put(PODS, pod())
    assert await setting.said() == ""
    setting.event(MOUNT)
    assert await setting.said() == f"FailedMount: {MOUNT}"
    assert await setting.said() == f"FailedMount: {MOUNT}"
    assert setting.woken == [Key("ns", "p")]
    setting.event("Unable to attach or mount volumes: timed out waiting for the condition", age=0.0)
    assert await setting.said() == f"FailedMount: {MOUNT}"
    running = pod(2, "Running")
    setting.store.put(PODS, running)
    assert await setting.said() == ""


async def test_what_is_over_is_not_told(setting: Setting) -> None:
    placed = pod()
    placed["spec"]["nodeName"] = "n"
    setting.store.put(PODS, placed)
    setting.event("0/3 nodes are available", "FailedScheduling")
    setting.event(MOUNT, age=trouble.FRESH_SECONDS + 5)
    assert await setting.said() == ""


@pytest.mark.parametrize(
    "status",
    [
        {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "message": "0/1"}]},
        {
            "phase": "Pending",
            "containerStatuses": [{"name": "step", "state": {"waiting": {"reason": "ErrImagePull", "message": "no"}}}],
        },
        {
            "phase": "Pending",
            "initContainerStatuses": [{"name": "fetch", "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}],
        },
    ],
)
async def test_a_pod_that_says_why_costs_no_request(setting: Setting, status: Object) -> None:
    setting.store.put(PODS, {**pod(), "status": status})
    setting.event(MOUNT)
    assert await setting.said() == ""
    assert setting.cluster.requests["GET", "events"] == 0


async def test_many_that_wait_cost_one_request_in_ten_seconds(setting: Setting) -> None:
    for number in range(50):
        one = pod()
        one["metadata"] |= {"uid": f"u-x{number}", "name": f"x{number}"}
        setting.store.put(PODS, one)
    for _ in range(5):
        await setting.trouble.look()
    assert setting.cluster.requests["GET", "events"] == 1


async def test_pages_without_end_are_not_read(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("penstock.shell.client.PAGE", 1)
    monkeypatch.setattr(trouble, "MOST_PAGES", 3)
    setting.store.put(PODS, pod())
    for _ in range(10):
        setting.event(MOUNT, involvedObject={"kind": "Pod", "uid": "another"})
    assert await setting.said() == ""
    assert setting.cluster.requests["GET", "events"] == 3


@pytest.mark.parametrize(
    "odd",
    [
        {"involvedObject": {"kind": "Pod"}},
        {"involvedObject": {"kind": "Pod", "uid": 7}},
        {"lastTimestamp": None, "message": None, "reason": None},
        {"lastTimestamp": "yesterday"},
        {"lastTimestamp": 7},
        {"series": "x"},
        {"lastTimestamp": None, "eventTime": "2026-01-01T00:00:00.123456Z", "series": {"lastObservedTime": None}},
        {"message": {"a": 1}},
    ],
)
async def test_odd_events_hide_no_others(setting: Setting, odd: Object) -> None:
    setting.store.put(PODS, pod())
    setting.event("odd", age=0.0, **odd)
    setting.event(MOUNT)
    assert await setting.said() == f"FailedMount: {MOUNT}"
