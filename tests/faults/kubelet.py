"""A kubelet that runs no containers: pods live as the script of their step says, on any number of nodes.

The script is a JSON object. Its fields, all optional:

    after    seconds that the container runs (0.1)
    outputs  what it leaves in PENSTOCK_OUTPUTS; a text `$INPUT_X` in it stands for that input's value,
             `#` for a number that all inputs determine, `#3` for a list of so many
    fails    so many of its runs fail first, with exit code `exit` (1), `reason` and `says` as its last words
    exit     without `fails`: it always ends with this code
    hold     a name: it runs until the test lets that name go on
    stuck    it never starts; the words of why
Anything else is a container that ends well at once.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter, defaultdict
from datetime import UTC, datetime
from typing import Any, Self

import aiohttp
import orjson

from tests.plane.api import NODES, PODS, Api, ApiError, Object, path

QUICK = 0.1
_BROKEN = (aiohttp.ClientError, ConnectionError)


class Kubelet:
    """Plays all pods that are bound to a node, from `async with` to its end."""

    def __init__(self, api: Api, nodes: int, allocatable: dict[str, str]) -> None:
        self.api = api
        self.nodes = nodes
        self.allocatable = allocatable
        self.ran: Counter[tuple[str, str]] = Counter()
        """How often the container of each step has run to an end, by namespace and Step."""
        self._failed: Counter[tuple[str, ...]] = Counter()
        self._gates: defaultdict[tuple[str, str], asyncio.Event] = defaultdict(asyncio.Event)
        self._lives: dict[str, asyncio.Task[None]] = {}
        self._ended: dict[str, Object] = {}
        self._follower: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        for number in range(self.nodes):
            await self._node(f"node-{number}")
        self._follower = asyncio.create_task(self._follow())
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = [*self._lives.values(), *filter(None, [self._follower])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def release(self, namespace: str, gate: str) -> None:
        """Whatever holds at that name goes on, and never holds there again."""
        self._gates[namespace, gate].set()

    async def end(self, pod: Object, reason: str, disruption: str = "") -> None:
        """Ends a pod from outside: evicted, lost, preempted."""
        meta = pod["metadata"]
        life = self._lives.pop(meta["uid"], None)
        if life:
            life.cancel()
        conditions = [_condition("DisruptionTarget", disruption)] if disruption else []
        status = {"phase": "Failed", "reason": reason, "message": "a fault that the test makes"}
        await self._status(meta["namespace"], meta["name"], {**status, "conditions": conditions})

    async def _node(self, name: str) -> None:
        node = {
            "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
            "spec": {},
            "status": {"allocatable": self.allocatable, "capacity": self.allocatable},
        }
        try:
            await self.api.create(path(NODES), node)
        except ApiError as error:
            if error.code != 409:
                raise
        ready = [_condition("Ready", "SimulatedKubelet")]
        await self.api.merge(path(NODES, name=name, part="status"), {"status": {"conditions": ready}})
        await self.api.merge(path(NODES, name=name), {"spec": {"taints": None}})

    async def _follow(self) -> None:
        version = ""
        while True:
            try:
                items, version = await self.api.items(path(PODS))
                present = {item["metadata"]["uid"] for item in items}
                for uid in [uid for uid in self._lives if uid not in present]:
                    self._lives.pop(uid).cancel()
                for item in items:
                    self._remember(item)
                    self._see(item)
                async for line in self.api.watch(path(PODS), version):
                    event = orjson.loads(line)
                    if event["type"] == "ERROR":
                        break
                    if event["type"] == "DELETED":
                        life = self._lives.pop(event["object"]["metadata"]["uid"], None)
                        if life:
                            life.cancel()
                    else:
                        self._see(event["object"])
            except (*_BROKEN, ApiError):
                await asyncio.sleep(0.3)

    def _see(self, pod: Object) -> None:
        meta, phase = pod["metadata"], pod["status"].get("phase")
        uid = meta["uid"]
        if not pod["spec"].get("nodeName"):
            return
        if "deletionTimestamp" in meta:
            if life := self._lives.pop(uid, None):
                life.cancel()
            self._begin(f"{uid}/end", self._leave(pod))
        elif uid not in self._lives and phase in ("Pending", "Running"):
            self._begin(uid, self._live(pod))

    def _remember(self, pod: Object) -> None:
        """Tells the end of a container again, if the API server has forgotten it: it was restored from a snapshot."""
        meta = pod["metadata"]
        told = self._ended.get(meta["uid"])
        if told and pod["status"].get("phase") in ("Pending", "Running") and "deletionTimestamp" not in meta:
            self._begin(f"{meta['uid']}/again", self._status(meta["namespace"], meta["name"], dict(told)))

    def _begin(self, key: str, life: Any) -> None:
        if key in self._lives:
            life.close()
            return
        self._lives[key] = asyncio.create_task(self._guarded(life))

    async def _guarded(self, life: Any) -> None:
        try:
            await life
        except ApiError as error:
            if error.code not in (404, 409):
                raise

    async def _live(self, pod: Object) -> None:
        meta, spec = pod["metadata"], pod["spec"]
        container = spec["containers"][0]
        script = script_of(container)
        if words := script.get("stuck"):
            state = {"waiting": {"reason": "ImagePullBackOff", "message": words}}
            await self._container(pod, "Pending", state)
            return
        started = pod["status"].get("startTime") or _now()
        await self._container(pod, "Running", {"running": {"startedAt": started}})
        code, reason, message = 0, "Completed", ""
        try:
            async with asyncio.timeout(spec.get("activeDeadlineSeconds")):
                if hold := script.get("hold"):
                    await self._gates[meta["namespace"], hold].wait()
                await asyncio.sleep(script.get("after", QUICK))
        except TimeoutError:
            ended = {"exitCode": 137, "reason": "Error", "startedAt": started, "finishedAt": _now()}
            await self._container(pod, "Failed", {"terminated": ended}, {"reason": "DeadlineExceeded"})
            return
        who = tuple(str(meta["labels"].get(f"penstock.dev/{key}", "")) for key in ("pipeline", "step", "index"))
        key = (meta["namespace"], *who, json.dumps(script))
        if ("exit" in script and "fails" not in script) or self._failed[key] < script.get("fails", 0):
            self._failed[key] += 1
            code, reason = script.get("exit", 1), script.get("reason", "Error")
            message = script.get("says", "it failed")
        elif "outputs" in script:
            message = json.dumps(filled(script["outputs"], _environment(container)))
        self.ran[meta["namespace"], ".".join(filter(None, who))] += 1
        ended = {"exitCode": code, "reason": reason, "message": message, "startedAt": started, "finishedAt": _now()}
        await self._container(pod, "Failed" if code else "Succeeded", {"terminated": ended})

    async def _leave(self, pod: Object) -> None:
        """A pod that is being deleted: its container is ended, then the object goes."""
        meta, phase = pod["metadata"], pod["status"].get("phase")
        if phase == "Running":
            ended = {"exitCode": 137, "reason": "Error", "finishedAt": _now()}
            await self._container(pod, "Failed", {"terminated": ended})
        await self.api.delete(path(PODS, meta["namespace"], meta["name"]), grace=0)

    async def _container(self, pod: Object, phase: str, state: Object, more: Object | None = None) -> None:
        meta, container = pod["metadata"], pod["spec"]["containers"][0]
        ready = "running" in state
        status = {"name": container["name"], "image": container["image"], "imageID": "", "ready": ready}
        status |= {"restartCount": 0, "state": state}
        whole = {"phase": phase, "containerStatuses": [status], **(more or {})}
        if phase == "Running":
            whole["startTime"] = state["running"]["startedAt"]
        elif phase != "Pending":
            self._ended[meta["uid"]] = whole
        await self._status(meta["namespace"], meta["name"], whole)

    async def _status(self, namespace: str, name: str, status: Object) -> None:
        conditions = status.pop("conditions", None)
        where = path(PODS, namespace, name, "status")
        if conditions:
            known = await self.api.get(path(PODS, namespace, name))
            status["conditions"] = [*(known["status"].get("conditions") or ()), *conditions]
        await self.api.merge(where, {"status": status})


def script_of(container: Object) -> Object:
    """What a container is to do: nothing special if its last word is no JSON object."""
    words = [*(container.get("command") or ()), *(container.get("args") or ())]
    try:
        found = json.loads(words[-1].replace("$$", "$")) if words else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _environment(container: Object) -> dict[str, str]:
    return {one["name"]: one.get("value", "").replace("$$", "$") for one in container.get("env") or ()}


def filled(value: Any, environment: dict[str, str]) -> Any:
    """Outputs, with what stands for inputs put in."""
    if isinstance(value, dict):
        return {name: filled(one, environment) for name, one in value.items()}
    if isinstance(value, list):
        return [filled(one, environment) for one in value]
    if isinstance(value, str) and value.startswith("$"):
        text = environment.get(value[1:], "")
        try:
            return json.loads(text)
        except ValueError:
            return text
    if isinstance(value, str) and value.startswith("#"):
        inputs = sorted((name, text) for name, text in environment.items() if name.startswith("INPUT_"))
        number = int.from_bytes(hashlib.sha256(json.dumps(inputs).encode()).digest()[:2], "big")
        return number if value == "#" else [number + one for one in range(int(value[1:]))]
    return value


def _condition(kind: str, reason: str) -> Object:
    return {"type": kind, "status": "True", "reason": reason, "lastTransitionTime": _now(), "message": ""}


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
