"""Runs a Pipeline in a test."""

import asyncio
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace as replaced
from pathlib import Path
from typing import Any

from penstock.cli.files.runnable import Runnable, runnable
from penstock.cluster.standing import has_ended
from penstock.core import labels
from penstock.core.graph.graph import Graph
from penstock.courier.measure import message
from penstock.engine import clock
from penstock.local.adapt import impossible
from penstock.local.folder import Folder
from penstock.local.mounts import located
from penstock.local.objects import Object
from penstock.local.processes import Processes
from penstock.local.session import Session
from penstock.testing.approvals import Approvals, Steps
from penstock.testing.cast import Cast
from penstock.testing.executor import Stage, Timed
from penstock.testing.fakes import Replacement
from penstock.testing.recorder import Recorder
from penstock.testing.result import Result, StepResult
from penstock.testing.virtual import VirtualLoop

ROOM = {"cpu": "64", "memory": "256Gi", "ephemeral-storage": "1Ti", "pods": "1000", "nvidia.com/gpu": "8"}
"""What the machine of a test has if nothing else is said."""
BEGINNING = 1893456000.0
"""The 1st of January 2030: when it is in a test, if nothing ran in its folder before."""
Source = str | Path | Mapping[str, Any]


class Unfinished(Exception):
    """The Pipeline waits, and nothing will ever happen."""


def run(
    source: Source | Sequence[Source],
    *,
    params: Mapping[str, Any] | None = None,
    replace: Mapping[str, Replacement] | None = None,
    undo: Mapping[str, Replacement] | None = None,
    approve: Steps = (),
    reject: Steps = (),
    cancel: float | None = None,
    capacity: Mapping[str, str] | None = None,
    folder: Path | str | None = None,
    pipeline: str | None = None,
    env_files: Sequence[str] = (),
) -> Result:
    """Runs a Pipeline to its end, by the operator's own engine and in virtual time, and returns how it ended.

    `source`: files or folders, or manifests as mappings; with several, Components beside the Pipeline. `params`: values
    of its parameters. `replace`: what stands for a step's container, by step (see Fake); `undo`: the same for undos. A
    step that is not replaced runs as a process in the folder, as with `penstock run --with process`.

    `approve`, `reject`: approvals that somebody decides so. `cancel`: after how many seconds it is cancelled.
    `capacity`: what the machine has beside or in place of ROOM. `folder`: where artifacts are kept, and the results
    that a second run in it takes up; a temporary one if it is None. `pipeline`: which one, if there are several.

    Raises Failure if the manifest is not valid, ValueError for a name that fits no step, Unfinished if it would wait
    for ever, and whatever a function in place of a step raises.
    """
    sources = [source] if isinstance(source, (str, Path, Mapping)) else list(source)
    found = runnable(sources, params or {}, env_files, pipeline)
    cast = Cast(found.graph, replace or {}, undo or {})
    _check(found.graph, cast)
    approvals = Approvals(found.graph, approve, reject)
    kept = tempfile.TemporaryDirectory(prefix="penstock-") if folder is None else None
    with Folder(Path(kept.name if kept else folder or ""), patience=0) as own:
        loop, beginning = VirtualLoop(), _beginning(own)
        play = _Play(found, cast, approvals, own, loop, lambda: beginning + loop.time())
        with asyncio.Runner(loop_factory=lambda: loop) as runner, clock.showing(play.clock):
            result = runner.run(play.run({**ROOM, **(capacity or {})}, cancel))
        _clock(own).write_text(repr(play.clock()))
    return replaced(result, kept=kept)


def _check(graph: Graph, cast: Cast) -> None:
    """What is not replaced must be able to run here."""
    left = {name: graph.tasks[name] for name in cast.itself()}
    wrong = [
        name for name, task in left.items() if list(impossible(replaced(graph, tasks={name: task}), contained=False))
    ]
    if wrong:
        raise ValueError(
            f"replace: only their images, or several pods, can run these steps; replace {', '.join(wrong)}"
        )


def _clock(folder: Folder) -> Path:
    return folder.path / "clock"


def _beginning(folder: Folder) -> float:
    """When it is: after what ran here before."""
    return float(_clock(folder).read_text()) if _clock(folder).exists() else BEGINNING


class _Play:
    """One run."""

    def __init__(
        self,
        found: Runnable,
        cast: Cast,
        approvals: Approvals,
        folder: Folder,
        loop: VirtualLoop,
        clock: Callable[[], float],
    ) -> None:
        self.clock = clock
        self._found = found
        self._cast = cast
        self._approvals = approvals
        self._folder = folder
        self._loop = loop

    async def run(self, capacity: Mapping[str, str], cancel: float | None) -> Result:
        found, loop = self._found, self._loop
        processes = Timed(Processes(self._folder), loop)
        stage = Stage(self._cast, processes)
        async with Session(self._folder, stage, capacity, found.sources, clock=self.clock, measure=message) as session:
            session.runner.own, session.runner.pod_of = processes, stage.pod_of
            recorder = Recorder(session.server, loop.time)
            self._approvals.follow(session.server)
            stalled = asyncio.Event()

            def stall() -> None:
                stalled.set()
                session.changed.set()

            loop.when_stalled(stall)
            for component in found.components:
                session.apply(component)
            session.apply(found.manifest)
            session.rest({(found.namespace, found.name)})
            await session.start()
            if cancel is not None:
                loop.call_later(cancel, lambda: session.change(self._pipeline(session), {"cancel": True}))
            while not has_ended(self._pipeline(session)):
                if stalled.is_set():
                    raise Unfinished(f"nothing will ever happen:\n{self._result(session, recorder)}")
                await session.wait()
            result = self._result(session, recorder)
            await session.settle()
            return result

    def _pipeline(self, session: Session) -> Object:
        return session.server.find("pipelines", self._found.namespace, self._found.name)

    def _result(self, session: Session, recorder: Recorder) -> Result:
        status = self._pipeline(session).get("status") or {}
        return Result(
            phase=status.get("phase", "Pending"),
            reason=status.get("reason", ""),
            message=status.get("message", ""),
            outputs=self._outputs(status.get("outputs")),
            seconds=recorder.seconds,
            steps=dict(self._steps(session, recorder)),
            attempts=recorder.attempts,
            moves=tuple(recorder.moves),
        )

    def _steps(self, session: Session, recorder: Recorder) -> Iterator[tuple[str, StepResult]]:
        mark = {"labelSelector": f"{labels.PIPELINE}={self._found.name}"}
        _, steps = session.server.select("steps", self._found.namespace, mark)
        for step in steps:
            path = step["metadata"]["name"].removeprefix(f"{self._found.name}.")
            status = step.get("status") or {}
            yield (
                path,
                StepResult(
                    phase=status.get("phase", "Pending"),
                    reason=status.get("reason", ""),
                    message=status.get("message", ""),
                    outputs=self._outputs({**(status.get("outputs") or {}), **(status.get("artifacts") or {})}),
                    attempts=[one for one in recorder.attempts if one.step == path and not one.undo],
                    undone=(status.get("undo") or {}).get("phase") == "Succeeded",
                ),
            )

    def _outputs(self, given: Mapping[str, Any] | None) -> dict[str, Any]:
        where = self._found.namespace, self._folder
        return {name: located(value, *where, lambda path: path) for name, value in (given or {}).items()}
