"""The truth tables of docs/states.md hold: what becomes of a step when another one ends, fails or is stopped."""

from typing import Any

import pytest
from tests.properties.model import Cluster
from tests.properties.objects import Object

from penstock.core.reasons import Reason
from penstock.core.states import DEPENDENCIES, DEPENDENCY_COLUMNS, RUNS, STOPS

OUTPUT = [{"name": "n", "type": "Integer"}]
ENDS: dict[str, Object] = {
    "Succeeded": {},
    "Failed": {},
    "Failed, onError: Continue": {"onError": "Continue"},
    "Skipped": {"when": "false"},
}
WIRED: dict[str, Object] = {
    "needs": {"needs": ["one"]},
    "from": {"inputs": [{"name": "n", "from": "one.n"}]},
    "from, optional": {"inputs": [{"name": "n", "from": "one.n", "optional": True}]},
    "after: Succeeded": {"after": [{"step": "one", "outcome": "Succeeded"}]},
    "after: Failed": {"after": [{"step": "one", "outcome": "Failed"}]},
    "after: Completed": {"after": [{"step": "one", "outcome": "Completed"}]},
}


def step(name: str, **fields: Any) -> Object:
    return {"name": name, "image": "i", "script": name, **fields}


def cluster(fails: str, *steps: Object, **spec: Any) -> Cluster:
    def work(job: Object, env: Any) -> tuple[int, str]:
        name = env["PENSTOCK_STEP"]
        return (1, "") if name == fails else (0, '{"n": 1}')

    made = Cluster(work)
    made.apply({"kind": "Pipeline", "metadata": {"name": "p"}, "spec": {"steps": list(steps), **spec}})
    return made


@pytest.mark.parametrize("how", DEPENDENCY_COLUMNS)
@pytest.mark.parametrize("end", DEPENDENCIES)
def test_a_step_that_depends_on_another_one(end: str, how: str) -> None:
    fails = "one" if end.startswith("Failed") else ""
    made = cluster(fails, step("one", outputs=OUTPUT, **ENDS[end]), step("two", **WIRED[how]), onFailure="Continue")
    made.run()
    expected = DEPENDENCIES[end][DEPENDENCY_COLUMNS.index(how)]
    status = made.step("two")["status"]
    if expected == RUNS:
        assert status["phase"] == "Succeeded"
    else:
        assert (status["phase"], status["reason"]) == ("Skipped", Reason(expected).value)  # type: ignore[call-arg]


HAPPENS: dict[str, tuple[Object, Object]] = {
    "a step fails, onFailure: Stop": ({}, {"onFailure": "Stop"}),
    "a step fails, onFailure: Continue": ({}, {"onFailure": "Continue"}),
    "a step fails, onFailure: Undo": ({}, {"onFailure": "Undo"}),
    "a step fails, onError: Continue": ({"onError": "Continue"}, {}),
}


@pytest.mark.parametrize("what", STOPS)
def test_steps_that_have_not_ended(what: str) -> None:
    runs, waits, after, finals, end = STOPS[what]
    fields, spec = HAPPENS.get(what, ({}, {"timeout": "30s"} if what == "timeout" else {}))
    made = cluster(
        "bad" if what in HAPPENS else "",
        step("bad", **fields),
        step("running"),
        step("waiting", needs=["running"]),
        step("mend", after=[{"step": "bad", "outcome": "Failed"}]),
        **spec,
        **{"finally": [step("last")]},
    )
    made.reconcile()
    made.start_pods()
    made.now += 3
    made.reconcile()
    if what in HAPPENS:
        made.end_pods("p.bad")
        made.reconcile()
    elif what == "cancel":
        (pipeline,) = made.of("Pipeline")
        made.set_spec(pipeline, {**pipeline["spec"], "cancel": True})
    else:
        made.now += 40
    status = made.run()
    phases = made.phases()
    said = {"finishes": "Succeeded", "run": "Succeeded", "run after the undo": "Succeeded", RUNS: "Succeeded"}
    found = [phases["running"], phases["waiting"], phases["mend"], phases["last"]]
    assert found == [said.get(one, one.partition(" (")[0]) for one in (runs, waits, after, finals)]
    assert status["phase"] == end.partition(" (")[0]
    for words, path in ((waits, "waiting"), (runs, "running")):
        if "(" in words:
            assert made.step(path)["status"]["reason"] in words
    if "(" in end:
        assert status["reason"] in end
