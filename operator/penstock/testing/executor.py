"""Runs fakes in place of containers, in virtual time."""

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from penstock.core import labels
from penstock.core.seen.views import RUN
from penstock.local.objects import Object
from penstock.local.runner import Executor, Running
from penstock.local.work import Work, pod_of
from penstock.testing.acting import Part
from penstock.testing.cast import Cast
from penstock.testing.fakes import Crash, Script
from penstock.testing.virtual import VirtualLoop

_TERMINATED, _KILLED = 143, 137


class Timed:
    """An executor whose processes take the time they take: virtual time does not leap while one runs."""

    contained = False

    def __init__(self, executor: Executor, loop: VirtualLoop) -> None:
        self._executor = executor
        self._loop = loop

    async def start(self, work: Work) -> Running:
        """Makes one ready. Raises CannotStart, or OSError."""
        with ExitStack() as stack:
            stack.enter_context(self._loop.outside())
            running = await self._executor.start(work)
            return _Timed(running, stack.pop_all())

    async def end_left(self, marks: Mapping[str, str]) -> None:
        """Ends what a crash has left."""
        await self._executor.end_left(marks)


class _Timed:
    def __init__(self, running: Running, outside: ExitStack) -> None:
        self._running = running
        self._outside = outside
        self.marks = running.marks
        self.go, self.end, self.kill = running.go, running.end, running.kill

    @property
    def image(self) -> str:
        return self._running.image

    async def wait(self) -> tuple[int, str]:
        with self._outside:
            return await self._running.wait()


class Stage:
    """Runs fakes, and steps for which none stands as processes."""

    contained = False

    def __init__(self, cast: Cast, processes: Executor) -> None:
        self._cast = cast
        self._processes = processes
        self._parts: dict[str, Part] = {}

    def pod_of(self, job: Object) -> Object:
        """The pod of a Job: for a fake without what only a container needs, such as Secrets and volumes of its own."""
        pod, meta = pod_of(job), job["metadata"]
        if labels.STEP not in meta["labels"]:
            return pod
        own = next(one["value"] for one in pod["spec"]["containers"][0]["env"] if one["name"] == "PENSTOCK_STEP")
        task = self._cast.task(own, meta["labels"][labels.STEP])
        purpose = meta["annotations"].get(labels.PURPOSE, RUN)
        fake = self._cast.of(task.id, own, purpose)
        if fake is None:
            return pod
        attempt = int(meta["labels"][labels.ATTEMPT])
        self._parts[pod["metadata"]["name"]] = Part(fake, task, own, attempt, purpose)
        return pod if isinstance(fake.does, Script) else _bare(pod)

    async def start(self, work: Work) -> Running:
        """Makes one ready. Raises CannotStart, or OSError."""
        part = self._parts.pop(work.name, None)
        if part is None:
            return await self._processes.start(work)
        if isinstance(part.fake.does, Script) and not part.crash:
            words = [*part.fake.does.interpreter, part.fake.does.text]
            return _Before(await self._processes.start(replace(work, command=words, args=())), part.fake.seconds)
        return _Acting(part, work)

    async def end_left(self, marks: Mapping[str, str]) -> None:
        """Ends what a crash has left."""
        await self._processes.end_left(marks)


def _bare(pod: Object) -> Object:
    container: dict[str, Any] = dict(pod["spec"]["containers"][0])
    container.pop("envFrom", None)
    container["env"] = [one for one in container["env"] if "valueFrom" not in one]
    mounts = container.get("volumeMounts") or ()
    container["volumeMounts"] = [one for one in mounts if one["mountPath"].startswith("/penstock/")]
    return {**pod, "spec": {**pod["spec"], "containers": [container]}}


class _Pause:
    """Some virtual time, unless it is ended before."""

    def __init__(self) -> None:
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def end(self, code: int) -> None:
        """Ends it."""
        if not self._ended.done():
            self._ended.set_result(code)

    async def over(self, seconds: float) -> int | None:
        """What it was ended with; None if it was not."""
        done, _ = await asyncio.wait({self._ended}, timeout=seconds)
        return self._ended.result() if done else None


class _Acting:
    """A fake at work."""

    marks: Mapping[str, str] = {}
    image = ""

    def __init__(self, part: Part, work: Work) -> None:
        self._part = part
        self._work = work
        self._pause = _Pause()

    def go(self) -> None:
        pass

    def end(self) -> None:
        self._pause.end(_TERMINATED)

    def kill(self) -> None:
        self._pause.end(_KILLED)

    async def wait(self) -> tuple[int, str]:
        if code := await self._pause.over(self._part.fake.seconds):
            return code, "Error"
        try:
            self._part.play(self._work)
        except Crash as crash:
            self._work.outputs.write_text(crash.message, encoding="utf-8")
            return crash.code, crash.reason
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else int(error.code is not None)
            self._work.outputs.write_text(error.code if isinstance(error.code, str) else "", encoding="utf-8")
            return code, "Error" if code else "Completed"
        return 0, "Completed"


class _Before:
    """A process, and then some virtual time."""

    def __init__(self, running: Running, seconds: float) -> None:
        self._running = running
        self._seconds = seconds
        self._pause = _Pause()
        self.marks = running.marks
        self.go = running.go

    @property
    def image(self) -> str:
        return self._running.image

    def end(self) -> None:
        self._pause.end(_TERMINATED)
        self._running.end()

    def kill(self) -> None:
        self._pause.end(_KILLED)
        self._running.kill()

    async def wait(self) -> tuple[int, str]:
        code, reason = await self._running.wait()
        if code == 0 and self._seconds and (code := await self._pause.over(self._seconds) or 0):
            reason = "Error"
        return code, reason
