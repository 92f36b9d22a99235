"""The container after a step's that reads its artifacts: here that is done in this process, once the step has ended."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from penstock.core.pod.transfer import VARIABLE, Transfer
from penstock.core.seen.views import PUBLISH_CONTAINER, STEP_CONTAINER
from penstock.local.objects import Object
from penstock.local.work import Work

Measure = Callable[[Path, Mapping[str, bool]], str]
"""Reads the outputs of these names in a directory, and returns what the container would leave as its message."""


def nothing(directory: Path, names: Mapping[str, bool]) -> str:
    """Measures nothing."""
    return ""


def apart(job: Object) -> tuple[Object, Transfer | None]:
    """A Job whose pod has the step's container alone, and what the one after that would be told, if there is one."""
    template = job["spec"]["template"]
    last = template["spec"]["containers"][0]
    own = [one for one in template["spec"].get("initContainers") or () if one["name"] == STEP_CONTAINER]
    if last["name"] != PUBLISH_CONTAINER or len(own) != 1 or len(template["spec"]["initContainers"]) > 1:
        return job, None
    told = next(one["value"] for one in last["env"] if one["name"] == VARIABLE)
    spec = {key: value for key, value in template["spec"].items() if key != "initContainers"}
    alone = {**job, "spec": {**job["spec"], "template": {**template, "spec": {**spec, "containers": own}}}}
    return alone, Transfer.parse(told.replace("$$", "$"))


async def measured(measure: Measure, transfer: Transfer | None, work: Work, at: str) -> list[Object]:
    """What kubelet would say of that container after a step that succeeded at an instant; nothing if there is none."""
    place = next((one.outside for one in work.places if transfer and one.inside == transfer.directory), None)
    if transfer is None or place is None:
        return []
    message = await asyncio.to_thread(measure, place, transfer.publish)
    state = {"exitCode": 0, "reason": "Completed", "startedAt": at, "finishedAt": at, "message": message}
    return [{"name": PUBLISH_CONTAINER, "state": {"terminated": state}}]
