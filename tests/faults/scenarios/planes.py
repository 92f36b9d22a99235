"""The control plane itself is killed, stands still, or goes back in time. Each of these runs alone."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
from functools import partial

from tests.faults import courses
from tests.faults.scenario import Same, Scenario
from tests.faults.scenarios.hands import HELD
from tests.faults.stage import Stage

planes = partial(Scenario, group="control plane", alone=True, seconds=180)


def _pid(stage: Stage, name: str) -> int:
    record = stage.ground.plane.state / "run" / f"{name}.json"
    pid: int = json.loads(record.read_text())["pid"]
    return pid


async def _killed(stage: Stage, name: str, seconds: float) -> None:
    os.kill(_pid(stage, name), signal.SIGKILL)
    await asyncio.sleep(seconds)
    await stage.ground.start()


async def _apiserver(stage: Stage) -> None:
    await stage.running("p.b")
    await _killed(stage, "kube-apiserver", 1)


async def _apiserver_long(stage: Stage) -> None:
    await stage.running("p.b")
    await _killed(stage, "kube-apiserver", 25)


async def _apiserver_twice(stage: Stage) -> None:
    for _ in range(2):
        await asyncio.sleep(3)
        await _killed(stage, "kube-apiserver", 0.5)


async def _etcd(stage: Stage) -> None:
    await stage.running("p.b")
    await _killed(stage, "etcd", 3)


async def _etcd_still(stage: Stage) -> None:
    await stage.running("p.b")
    pid = _pid(stage, "etcd")
    os.kill(pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(10)
    finally:
        os.kill(pid, signal.SIGCONT)


async def _controllers(stage: Stage) -> None:
    await stage.running("p.b")
    await _killed(stage, "kube-controller-manager", 6)


async def _restored(stage: Stage) -> None:
    """A copy of etcd's data is taken while the second step runs; all ends; then the copy is put back."""
    ground = stage.ground
    copy = ground.plane.state / "etcd-copy"
    await stage.running("p.b")
    await ground.stop("kube-apiserver", "etcd")
    shutil.copytree(ground.etcd, copy)
    await ground.start()
    await stage.phase("Pipeline", "p", "Succeeded", seconds=120)
    await ground.watcher.pause()
    await ground.stop("kube-scheduler", "kube-controller-manager", "kube-apiserver", "etcd")
    shutil.rmtree(ground.etcd)
    copy.rename(ground.etcd)
    await ground.start()
    await ground.watcher.resume(rewound=True)


SCENARIOS = (
    planes(
        "apiserver-killed", course=HELD, what="the API server is killed and comes back", harm=_apiserver, quick=True
    ),
    planes("apiserver-away", course=HELD, what="the API server is away for 25 s", harm=_apiserver_long),
    planes(
        "apiserver-killed-twice",
        course=courses.CROWD,
        what="the API server is killed twice, 3 s apart",
        harm=_apiserver_twice,
    ),
    planes("etcd-killed", course=HELD, what="etcd is killed, and away for 3 s", harm=_etcd),
    planes("etcd-stands-still", course=HELD, what="etcd stands still for 10 s", harm=_etcd_still),
    planes("controllers-killed", course=HELD, what="the controller manager is away for 6 s", harm=_controllers),
    planes(
        "snapshot-restored",
        course=HELD,
        what="all ends; then a snapshot is restored that was taken while the second step ran",
        expected="the operator notices and starts anew; as undisturbed",
        harm=_restored,
        exits=(1,),
        same=Same.PHASES,
    ),
)
