"""A Job controller and kubelet in one: every Job gets a pod, its container runs here, and the ends of both are told.

What runs holds its pod, as a finalizer does: what is deleted is gone once it has ended. What a crash has left behind is
ended before anything begins, and counts as lost with its node: that is tried again and takes no retry.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from penstock.local.environment import CannotStart, Sources
from penstock.local.folder import Folder
from penstock.local.objects import Object
from penstock.local.processes import Processes
from penstock.local.publisher import Measure, apart, measured, nothing
from penstock.local.server import Server
from penstock.local.work import Work, pod_of, work_of

LOST = "the `penstock run` that it was a part of has ended"


class Running(Protocol):
    """A container that has been made ready."""

    @property
    def marks(self) -> Mapping[str, str]:
        """Annotations of its pod by which what is left of it can be found."""
        ...

    @property
    def image(self) -> str:
        """Id of its image, once it has ended; empty if it has none."""
        ...

    def go(self) -> None:
        """Lets it begin."""
        ...

    async def wait(self) -> tuple[int, str]:
        """Its exit code and the reason that kubelet gives for it, once nothing of it runs any more."""
        ...

    def end(self) -> None:
        """Asks it to end."""
        ...

    def kill(self) -> None:
        """Ends it."""
        ...


class Executor(Protocol):
    """Makes containers, or what stands for them."""

    @property
    def contained(self) -> bool:
        """Whether they see their mounts where the manifest says."""
        ...

    async def start(self, work: Work) -> Running:
        """Makes one ready. Raises CannotStart, or OSError."""
        ...

    async def end_left(self, marks: Mapping[str, str]) -> None:
        """Ends what a crash has left of a pod with these annotations."""
        ...


class _Attempt:
    """One Job that is being run. `stop` is set once it is to end."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.task: asyncio.Task[None] | None = None
        self.running: Running | None = None


class Runner:
    """Runs the Jobs of a server. `failed` is done, with the error, if it cannot go on."""

    def __init__(
        self, server: Server, folder: Folder, executor: Executor, sources: Sources, gpus: int, courier: str
    ) -> None:
        self.server = server
        self.folder = folder
        self.executor = executor
        self.own: Executor = Processes(folder)
        """What runs this very program."""
        self.pod_of = pod_of
        """Makes the pod of a Job."""
        self.sources = sources
        self.courier = courier
        self.measure: Measure = nothing
        """Reads artifacts where a container would."""
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._devices = set(range(gpus))
        self._attempts: dict[str, _Attempt] = {}

    @property
    def busy(self) -> bool:
        """Whether anything runs."""
        return bool(self._attempts)

    async def start(self) -> None:
        """Ends what was left, then runs every Job that has not ended, and those to come."""
        for pod in self.server.all("pods"):
            if pod["status"]["phase"] == "Running" or "deletionTimestamp" in pod["metadata"]:
                for executor in (self.executor, self.own):
                    await executor.end_left(pod["metadata"].get("annotations") or {})
                self._lose(pod)
        self.server.listeners.append(self._heard)
        ended = {owner["uid"]: pod for pod in self.server.all("pods") for owner in pod["metadata"]["ownerReferences"]}
        for job in self.server.all("jobs"):
            uid = job["metadata"]["uid"]
            if uid in ended:
                self._conclude(job, ended[uid]["status"]["phase"] == "Succeeded")
            elif not (job.get("status") or {}).get("conditions"):
                self._begin(job)

    async def stop(self, *, kill: bool = False) -> None:
        """Waits until nothing runs. `kill`: ends it."""
        for attempt in list(self._attempts.values()):
            if kill and attempt.running:
                attempt.running.kill()
            if kill:
                attempt.stop.set()
        await asyncio.gather(*(one.task for one in self._attempts.values() if one.task), return_exceptions=True)
        if self._heard in self.server.listeners:
            self.server.listeners.remove(self._heard)

    def _heard(self, plural: str, kind: str, obj: Object, old: Object | None) -> None:
        meta = obj["metadata"]
        if plural == "jobs" and kind == "ADDED":
            self._begin(obj)
        elif plural == "jobs" and (kind == "DELETED" or "deletionTimestamp" in meta):
            self._stop(meta["uid"])
        elif plural == "pods" and kind == "DELETED":
            self.folder.remove(self.folder.pod(meta["name"]))
        elif plural == "pods" and "deletionTimestamp" in meta:
            self._stop(meta["ownerReferences"][0]["uid"])
        elif plural == "persistentvolumeclaims" and kind == "DELETED":
            self.folder.remove(self.folder.claim(meta["namespace"], meta["name"]))

    def _stop(self, job: str) -> None:
        if job in self._attempts:
            self._attempts[job].stop.set()

    def _begin(self, job: Object) -> None:
        attempt = self._attempts[job["metadata"]["uid"]] = _Attempt()
        attempt.task = asyncio.get_running_loop().create_task(self._guarded(job, attempt))

    async def _guarded(self, job: Object, attempt: _Attempt) -> None:
        try:
            await self._run(job, attempt)
        except Exception as error:
            if attempt.running:
                attempt.running.kill()
            if not self.failed.done():
                self.failed.set_exception(error)
        finally:
            del self._attempts[job["metadata"]["uid"]]

    async def _run(self, job: Object, attempt: _Attempt) -> None:
        single, transfer = apart(job)
        pod = self.pod_of(single)
        devices: list[int] = []
        try:
            courier = pod["spec"]["containers"][0].get("image") == self.courier
            executor = self.own if courier else self.executor
            work = work_of(pod, self.folder, self.sources, contained=executor.contained, courier=courier)
            devices = self._take(work.gpus)
            running = await executor.start(replace(work, devices=devices))
        except (CannotStart, OSError, ValueError) as error:
            self._give_back(devices)
            if not attempt.stop.is_set():
                self._refuse(job, pod, str(error))
            return
        attempt.running = running
        try:
            if attempt.stop.is_set():
                running.kill()
                await running.wait()
                return
            began = self.server.now()
            self._told(pod, running, began)
            running.go()
            code, reason, late = await _ended(running, attempt.stop, work)
            how = _terminated(work, (began, self.server.now()), code, reason, late)
            after = await measured(self.measure, transfer, work, how["finishedAt"]) if not (code or late) else []
            states = [{"name": "step", "imageID": running.image, "state": {"terminated": how}}, *after]
            self._end(job, pod, states, late)
        finally:
            self._give_back(devices)

    def _take(self, gpus: int) -> list[int]:
        taken = sorted(self._devices)[:gpus]
        self._devices -= set(taken)
        return taken

    def _give_back(self, devices: list[int]) -> None:
        self._devices |= set(devices)

    # --- what is told of it -------------------------------------------------------------------------------------------

    def _told(self, pod: Object, running: Running, began: str) -> None:
        """Puts on record that a pod is there, before it does anything."""
        meta = pod["metadata"]
        meta["annotations"] |= running.marks
        state = {"name": "step", "state": {"running": {"startedAt": began}}}
        status = {"phase": "Running", "startTime": began, "containerStatuses": [state]}
        self.server.create("pods", meta["namespace"], {**pod, "status": status})

    def _end(self, job: Object, pod: Object, states: list[Object], late: bool) -> None:
        failed = late or states[0]["state"]["terminated"]["exitCode"]
        status: Object = {"phase": "Failed" if failed else "Succeeded", "containerStatuses": states}
        if late:
            status |= {"reason": "DeadlineExceeded", "message": "it ran longer than activeDeadlineSeconds"}
        self._over(job, pod, status)

    def _refuse(self, job: Object, pod: Object, words: str) -> None:
        """The pod of a container that cannot be started."""
        at = self.server.now()
        ended = {"exitCode": 128, "reason": "StartError", "startedAt": at, "finishedAt": at, "message": words}
        status = {"phase": "Failed", "containerStatuses": [{"name": "step", "state": {"terminated": ended}}]}
        meta = {key: value for key, value in pod["metadata"].items() if key != "finalizers"}
        self.server.create("pods", meta["namespace"], {**pod, "metadata": meta, "status": status})
        self._conclude(job, succeeded=False)

    def _lose(self, pod: Object) -> None:
        reason = {"type": "DisruptionTarget", "status": "True", "reason": "RunEnded", "message": LOST}
        owner = pod["metadata"]["ownerReferences"][0]
        job = self.server.objects.get(("jobs", pod["metadata"]["namespace"], owner["name"]))
        status = {"phase": "Failed", "conditions": [{**reason, "lastTransitionTime": self.server.now()}]}
        self._over(job, pod, pod["status"] | status)

    def _over(self, job: Object | None, pod: Object, status: Object) -> None:
        """Tells how a pod ended, and lets go of it."""
        key = "pods", pod["metadata"]["namespace"], pod["metadata"]["name"]
        known = self.server.objects.get(key)
        if known is None:
            return
        meta = {key: value for key, value in known["metadata"].items() if key != "finalizers"}
        self.server.update("pods", {**known, "metadata": meta, "status": status})
        if job is not None:
            self._conclude(job, status["phase"] == "Succeeded")

    def _conclude(self, job: Object, succeeded: bool) -> None:
        meta = job["metadata"]
        known = self.server.objects.get(("jobs", meta["namespace"], meta["name"]))
        if known is None or known["metadata"]["uid"] != meta["uid"] or (known.get("status") or {}).get("conditions"):
            return
        if succeeded and "ttlSecondsAfterFinished" in job["spec"]:
            self.server.delete("jobs", meta["namespace"], meta["name"])
            return
        condition = {"type": "Complete" if succeeded else "Failed", "status": "True"}
        condition["lastTransitionTime"] = self.server.now()
        self.server.update("jobs", {**known, "status": {"conditions": [condition]}})


def _terminated(work: Work, span: tuple[str, str], code: int, reason: str, late: bool) -> Object:
    """What kubelet would say of a step's container that has ended."""
    state: Object = {"exitCode": code, "reason": reason, "startedAt": span[0], "finishedAt": span[1]}
    return {**state, "message": work.message(failed=code != 0 or late)}


async def _ended(running: Running, stop: asyncio.Event, work: Work) -> tuple[int, str, bool]:
    """How a container ended: exit code, reason, and whether its time was over."""
    waiting, stopping = asyncio.ensure_future(running.wait()), asyncio.ensure_future(stop.wait())
    try:
        done, _ = await asyncio.wait({waiting, stopping}, timeout=work.deadline, return_when=asyncio.FIRST_COMPLETED)
        if waiting not in done:
            running.end()
            await asyncio.wait({waiting}, timeout=work.grace)
            if not waiting.done():
                running.kill()
        return (*await waiting, not done)
    finally:
        stopping.cancel()
