"""The courses: Pipelines whose containers only the simulated kubelet runs, and what their users do with them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tests.faults.evidence import ENDED
from tests.faults.scenario import Course
from tests.faults.stage import CANARY, Stage
from tests.plane.api import Object

API = "penstock.dev/v1alpha1"
NUMBER = [{"name": "v", "type": "Integer"}]
AGAIN = {"limit": 3, "backoff": {"initial": "1s"}}


def does(**behaviour: Any) -> dict[str, Any]:
    """The script of a step; see tests/faults/kubelet.py."""
    return {"script": json.dumps(behaviour)}


def step(name: str, *needs: str, **more: Any) -> Object:
    """A step that takes a tenth of a second, unless `more` says otherwise."""
    found: Object = {"name": name, **does(), **more}
    if needs:
        found["needs"] = list(needs)
    return found


def counts(name: str, *sources: str, **more: Any) -> Object:
    """A step whose output is determined by its inputs: the outputs of the sources."""
    inputs = [{"name": source, "from": f"{source}.v"} for source in sources]
    return {"name": name, "inputs": inputs, "outputs": NUMBER, **does(outputs={"v": "#"}), **more}


def secretive(one: Object) -> Object:
    """The step with a secret in its environment."""
    return {**one, "env": [{"name": "PASSWORD", "value": CANARY}], "envFrom": [{"secretRef": {"name": "secret"}}]}


def pipeline(name: str, *steps: Object, **spec: Any) -> Object:
    """A Pipeline with small requests."""
    defaults = {"image": "faults/none", "resources": {"requests": {"cpu": "100m", "memory": "32Mi"}}}
    return {
        "apiVersion": API,
        "kind": "Pipeline",
        "metadata": {"name": name},
        "spec": {"defaults": {**defaults, **spec.pop("defaults", {})}, "steps": list(steps), **spec},
    }


def _cpus(amount: str) -> dict[str, Any]:
    return {"resources": {"requests": {"cpu": amount, "memory": "32Mi"}}}


# --- plain graphs

CHAIN = Course(
    "chain",
    (
        pipeline(
            "p",
            secretive(counts("a")),
            counts("b", "a"),
            counts("c", "b"),
            outputs=[{"name": "last", "from": "c.v"}],
        ),
    ),
)
DIAMOND = Course(
    "diamond",
    (
        pipeline(
            "p",
            counts("first"),
            *(counts(f"m{number}", "first", **does(outputs={"v": "#"}, after=0.1 * number)) for number in range(5)),
            counts("last", *(f"m{number}" for number in range(5))),
            outputs=[{"name": "last", "from": "last.v"}],
        ),
    ),
)
FAN_OUT = Course(
    "fan-out",
    (
        pipeline(
            "p",
            {"name": "list", "outputs": [{"name": "l", "type": "List"}], **does(outputs={"l": "#4"})},
            {
                "name": "each",
                "forEach": {"vars": [{"name": "x", "from": "list.l"}], "maxParallel": 2},
                "inputs": [{"name": "x", "each": "x"}],
                "outputs": NUMBER,
                **does(outputs={"v": "#"}),
            },
            {
                "name": "merge",
                "inputs": [{"name": "all", "from": "each.v"}],
                "outputs": [{"name": "all", "type": "List"}],
                **does(outputs={"all": "$INPUT_ALL"}),
            },
            outputs=[{"name": "all", "from": "merge.all"}],
        ),
    ),
)
BRANCHES = Course(
    "branches",
    (
        pipeline(
            "p",
            counts("a"),
            {**step("yes"), "when": "steps.a.outputs.v >= 0"},
            {**step("no"), "when": "steps.a.outputs.v < 0"},
            {**step("rescue"), "after": [{"step": "yes", "outcome": "Failed"}]},
            {**step("bad"), **does(exit=3), "onError": "Continue"},
            {**step("anyway"), "after": [{"step": "bad", "outcome": "Completed"}]},
            **{"finally": [{**step("report"), "inputs": [{"name": "bad", "expr": "steps.bad.status"}]}]},
        ),
    ),
)
COMPONENT: Object = {
    "apiVersion": API,
    "kind": "Component",
    "metadata": {"name": "pair"},
    "spec": {
        "inputs": [{"name": "x", "type": "Integer"}],
        "outputs": [{"name": "v", "type": "Integer", "from": "two.v"}],
        "steps": [
            {
                "name": "one",
                "image": "faults/none",
                "inputs": [{"name": "x", "param": "x"}],
                "outputs": NUMBER,
                **does(outputs={"v": "#"}),
            },
            {
                "name": "two",
                "image": "faults/none",
                "inputs": [{"name": "x", "from": "one.v"}],
                "outputs": NUMBER,
                **does(outputs={"v": "#"}),
            },
        ],
    },
}
COMPOSITE = Course(
    "composite",
    (
        COMPONENT,
        pipeline(
            "p",
            counts("a"),
            {"name": "both", "component": {"name": "pair"}, "inputs": [{"name": "x", "from": "a.v"}]},
            counts("z", "both"),
            outputs=[{"name": "last", "from": "z.v"}],
        ),
    ),
)
WIDE = Course(
    "wide",
    (pipeline("p", *(step(f"s{number:02}") for number in range(40)), step("last", "s00", "s39"), parallelism=8),),
)
CROWD = Course("crowd", tuple(pipeline(f"p{number:02}", counts("a"), counts("b", "a")) for number in range(12)))

# --- failures

RETRY = Course(
    "retry",
    (
        pipeline(
            "p",
            {**counts("flaky"), **does(fails=2, outputs={"v": "#"}), "retry": AGAIN},
            {
                **step("hungry"),
                **does(fails=1, exit=137, reason="OOMKilled"),
                "retry": {**AGAIN, "memory": {"factor": 2, "max": "1Gi"}},
            },
            {**step("hopeless"), **does(exit=42, says="no use"), "retry": {**AGAIN, "noRetryExitCodes": [42]}},
            counts("after", "flaky"),
            onFailure="Continue",
        ),
    ),
)
FAILURE = Course(
    "failure",
    (
        pipeline(
            "p",
            step("ok"),
            {**step("bad", "ok"), **does(exit=3, says="disk on fire")},
            step("never", "bad"),
            **{"finally": [{**step("report"), "inputs": [{"name": "bad", "expr": "steps.bad.status"}]}]},
        ),
    ),
)
UNDO = Course(
    "undo",
    (
        pipeline(
            "p",
            {**counts("register"), "undo": does()},
            {
                **step("shift", "register"),
                "undo": {**does(fails=1), "retry": {"limit": 2, "backoff": {"initial": "1s"}}},
            },
            {**step("test", "shift"), **does(exit=4), "undo": does()},
            step("announce", "test"),
            onFailure="Undo",
        ),
    ),
)
TIMEOUT = Course(
    "timeout", (pipeline("p", {**step("long"), **does(after=60), "timeout": "2s", "retry": {"limit": 1}}),)
)

# --- what users do


async def _approve(stage: Stage) -> None:
    await stage.phase("Step", "p.gate", "Queued")
    await stage.annotate("Step", "p.gate", approved_by="alice")


APPROVAL = Course(
    "approval",
    (pipeline("p", step("a"), {"name": "gate", "needs": ["a"], "approval": {"message": "Go on?"}}, step("z", "gate")),),
    _approve,
)


async def _edit(stage: Stage) -> None:
    await stage.running("p.b")
    await stage.edit("p", lambda spec: spec["steps"][2].update(does(outputs={"v": "#"}, after=0.2)))
    stage.release("edit")


EDIT = Course(
    "edit",
    (
        pipeline(
            "p",
            counts("a"),
            {**counts("b", "a"), **does(outputs={"v": "#"}, hold="edit")},
            counts("c", "b"),
            counts("d", "c"),
        ),
    ),
    _edit,
)


async def _change_running(stage: Stage) -> None:
    await stage.running("p.b")
    await stage.edit("p", lambda spec: spec["steps"][1].update(does(outputs={"v": "#"}, after=0.3)))


async def _edit_in_finally(stage: Stage) -> None:
    """As soon as there is a pod, which is before any status tells of it."""
    await stage.running("p.report")
    await stage.edit("p", lambda spec: spec["steps"][1].update(does(outputs={"v": "#"}, after=0.2)))
    await asyncio.sleep(3)
    stage.release("report")


EDIT_IN_FINALLY = Course(
    "edit-in-finally",
    (pipeline("p", counts("a"), counts("b", "a"), **{"finally": [{**step("report"), **does(hold="report")}]}),),
    _edit_in_finally,
)


REPLACED = Course(
    "replaced",
    (pipeline("p", counts("a"), {**counts("b", "a"), **does(outputs={"v": "#"}, hold="never")}, counts("c", "b")),),
    _change_running,
)


async def _rerun(stage: Stage) -> None:
    await stage.phase("Pipeline", "p", "Succeeded")
    await stage.annotate("Pipeline", "p", rerun="again from=b")
    await stage.history.until("the rerun is taken up", lambda: _rerun_taken(stage), 60)


def _rerun_taken(stage: Stage) -> bool:
    status = stage.history.objects("Pipeline")["p"].get("status") or {}
    return status.get("rerun") == "again from=b" or status.get("revision") == 2


RERUN = Course("rerun", (pipeline("p", counts("a"), counts("b", "a"), counts("c", "b")),), _rerun)


async def _cancel(stage: Stage) -> None:
    await stage.running("p.b")
    await stage.edit("p", lambda spec: spec.update(cancel=True))


CANCEL = Course(
    "cancel",
    (
        pipeline(
            "p",
            step("a"),
            {**step("b", "a"), **does(hold="never")},
            step("c", "b"),
            **{"finally": [step("report")]},
        ),
    ),
    _cancel,
)


async def _suspend(stage: Stage) -> None:
    await stage.running("p.b")
    await stage.edit("p", lambda spec: spec.update(suspend=True))
    await stage.phase("Pipeline", "p", "Suspended")
    stage.release("suspend")
    await stage.phase("Step", "p.b", "Succeeded")
    await asyncio.sleep(1)
    await stage.edit("p", lambda spec: spec.update(suspend=False))


SUSPEND = Course(
    "suspend",
    (pipeline("p", step("a"), {**step("b", "a"), **does(hold="suspend")}, step("c", "b")),),
    _suspend,
)
SUSPENDED = Course("suspended", (pipeline("p", step("a"), step("b", "a"), suspend=True),), rests=("Suspended",))

# --- room

GANG = Course("gang", (pipeline("p", step("a"), {**step("gang", "a"), "replicas": 3}, step("z", "gang")),))
ROOM = Course(
    "room",
    tuple(
        pipeline(
            f"p{one}",
            *({**step(f"s{number}"), **does(after=0.3), **_cpus("1")} for number in range(5)),
            {**step("big", "s0"), **does(after=0.3), **_cpus("3")},
            {**step("gang", "s1"), "replicas": 2, **_cpus("1")},
        )
        for one in range(2)
    ),
    capacity={"cpu": "3"},
)


QUOTA = Course(
    "quota",
    (
        {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "small"},
            "spec": {"hard": {"requests.cpu": "2"}},
        },
        pipeline("p", *({**step(f"s{number}"), **does(after=0.2), **_cpus("1")} for number in range(6))),
    ),
)


async def _four_ticks(stage: Stage) -> None:
    def done() -> bool:
        found = stage.history.objects("Pipeline").values()
        return len(found) == 4 and all((item.get("status") or {}).get("phase") in ENDED for item in found)

    await stage.history.until("the Pipelines of four ticks", done, 120)


BACKFILL = Course(
    "backfill",
    (
        {
            "apiVersion": API,
            "kind": "PipelineSchedule",
            "metadata": {"name": "yearly"},
            "spec": {
                "schedule": "0 0 1 1 *",
                "backfill": {"from": "2020-06-01T00:00:00Z", "to": "2024-06-01T00:00:00Z", "parallelism": 2},
                "successfulPipelinesHistoryLimit": 10,
                "pipelineTemplate": {"spec": pipeline("x", step("a"), step("b", "a"))["spec"]},
            },
        },
    ),
    _four_ticks,
)
ALL = (
    *(CHAIN, DIAMOND, FAN_OUT, BRANCHES, COMPOSITE, WIDE, CROWD, RETRY, FAILURE, UNDO, TIMEOUT, APPROVAL, EDIT),
    *(REPLACED, RERUN, CANCEL, SUSPEND, SUSPENDED, GANG, ROOM, QUOTA, BACKFILL),
)
