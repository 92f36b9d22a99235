"""Random Pipelines whose containers are pure functions of their inputs, so that any two ways of running them agree."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from penstock import api
from penstock.core.graph.outline import Components

Object = dict[str, Any]

COMPONENTS: Components = {
    (None, "leaf"): api.ComponentSpec.model_validate(
        {
            "inputs": [{"name": "a", "type": "Integer"}, {"name": "b", "type": "Integer", "default": 7}],
            "outputs": [{"name": "v", "type": "Integer"}, {"name": "l", "type": "List"}],
            "image": "leaf",
            "script": "leaf",
        }
    ),
    (None, "pair"): api.ComponentSpec.model_validate(
        {
            "inputs": [{"name": "a", "type": "Integer"}],
            "outputs": [
                {"name": "v", "type": "Integer", "expr": "steps.one.outputs.v + steps.two.outputs.v + params.a"},
                {"name": "l", "type": "List", "firstOf": ["two.none", "one.l"]},
            ],
            "steps": [
                {"name": "one", "component": {"name": "leaf"}, "inputs": [{"name": "a", "param": "a"}]},
                {
                    "name": "two",
                    "image": "inner",
                    "script": "inner",
                    "inputs": [{"name": "x", "from": "one.v"}, {"name": "y", "param": "a"}],
                    "outputs": [
                        {"name": "v", "type": "Integer"},
                        {"name": "none", "type": "List", "optional": True},
                    ],
                },
            ],
        }
    ),
}


def work(job: Object, env: Mapping[str, str]) -> tuple[int, str]:
    """What every container does: fails if its script says so, else hashes its script and inputs into its outputs.

    Scripts: `fail` exits 1, `flaky` fails while the Job is the first of its run, `hungry` is killed for memory then.
    """
    container = job["spec"]["template"]["spec"]["containers"][0]
    script = (container.get("command") or [""])[-1]
    first = env["PENSTOCK_ATTEMPT"] == "1"
    if script.startswith("fail") or (script.startswith("flaky") and first):
        return 1, "it failed"
    if script.startswith("hungry") and first:
        return 137, ""
    seen = [script, container["image"], sorted((key, value) for key, value in env.items() if key.startswith("INPUT_"))]
    number = int.from_bytes(hashlib.sha256(json.dumps(seen).encode()).digest()[:2], "big")
    return 0, json.dumps({"v": number, "l": list(range(number % 4))})


OUTPUTS = [{"name": "v", "type": "Integer"}, {"name": "l", "type": "List"}]


@st.composite
def manifests(draw: st.DrawFn, most: int = 6, strict: bool = True, policy: str | None = None) -> Object:
    """A valid Pipeline. `strict`: whatever the order of events, it ends in the same way. `policy`: its onFailure."""
    chance = st.integers(0, 99)
    names: list[str] = []
    shape: dict[str, str] = {}
    steps = [_step(draw, f"s{number}", names, shape) for number in range(draw(st.integers(1, most)))]
    failing = any("fail" in step.get("script", "") for step in steps)
    policies = ["Continue"] if strict and failing else ["Continue", "Stop", "Undo"]
    spec: Object = {
        "params": [{"name": "p", "type": "Integer", "value": draw(st.integers(0, 2))}],
        "defaults": {"image": draw(st.sampled_from(["i1", "i2"])), "retry": {"limit": 2, "backoff": {"initial": "1s"}}},
        "steps": steps,
        "onFailure": policy or draw(st.sampled_from(policies)),
        "outputs": [{"name": f"out-{name}", "from": f"{name}.v"} for name in names],
    }
    for name in draw(st.lists(st.sampled_from(names), max_size=2, unique=True)):
        spec["outputs"].append({"name": f"stood-{name}", "expr": f"steps.{name}.status + string(params.p)"})
    if spec["onFailure"] == "Undo" and not failing:
        steps += draw(st.sampled_from([[], [_last(steps)]]))
    if draw(chance) < 40:
        spec["finally"] = [_final(draw, number, names, shape) for number in range(draw(st.integers(1, 2)))]
    if draw(chance) < 30:
        spec["parallelism"] = draw(st.integers(1, 3))
    return {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "Pipeline",
        "metadata": {"name": "p"},
        "spec": draw(st.permutations(spec["steps"]).map(lambda order: {**spec, "steps": order})),
    }


@st.composite
def sagas(draw: st.DrawFn, most: int = 4) -> Object:
    """A valid Pipeline that takes back what it did if it fails, which most of them do."""
    manifest: Object = draw(manifests(most, strict=False, policy="Undo"))
    for step in manifest["spec"]["steps"]:
        if "script" in step and draw(st.integers(0, 99)) < 70:
            step["undo"] = _undo(draw)
    return manifest


def _undo(draw: st.DrawFn) -> Object:
    script = draw(st.sampled_from(["run1", "flaky", "hungry", "fail"]))
    return {"script": script, "retry": {"limit": 1, "backoff": {"initial": "1s"}}}


def _last(steps: list[Object]) -> Object:
    """A step that fails once all others have ended, in whatever order they do."""
    after = [{"step": step["name"], "outcome": "Completed"} for step in steps]
    return {"name": "last", "script": "fail", "after": after, "undo": {"script": "run1"}}


def _step(draw: st.DrawFn, name: str, names: list[str], shape: dict[str, str]) -> Object:
    chance = st.integers(0, 99)
    step: Object = {"name": name}
    kind = draw(st.sampled_from(["plain"] * 6 + ["leaf", "pair", "approval"])) if names else "plain"
    inputs: list[Object] = []
    fan = "one"
    if kind != "approval" and draw(chance) < 30:
        fan = "many"
        step["forEach"] = {"vars": [_variable(draw, names, shape)]}
        if draw(chance) < 40:
            step["forEach"]["maxParallel"] = draw(st.integers(1, 2))
        inputs.append({"name": "a", "each": "x"})
    elif kind in ("leaf", "pair"):
        source = [{"param": "p"}, {"value": 3}]
        source += [{"from": f"{other}.v", "default": 5} for other in names if shape[other] == "one"]
        inputs.append({"name": "a", **draw(st.sampled_from(source))})
    if kind == "plain":
        step["script"] = draw(st.sampled_from(["run1", "run1", "run2", "flaky", "hungry", "fail"]))
        step["outputs"] = OUTPUTS
        inputs += _inputs(draw, names, shape)
        step["cache"] = draw(st.sampled_from(["Reuse", "Reuse", "Reuse", "LastRun", "Never"]))
        if draw(chance) < 20:
            step["onError"] = "Continue"
        if draw(chance) < 15:
            step["replicas"] = 2
        if draw(chance) < 30:
            step["resources"] = {"requests": {"nvidia.com/gpu": draw(st.integers(1, 2))}}
        if draw(chance) < 25:
            step["undo"] = _undo(draw)
    elif kind == "approval":
        step["approval"] = {"message": "Go on?"}
    else:
        step["component"] = {"name": kind}
    if kind != "approval":
        step["inputs"] = inputs
    if names and draw(chance) < 30:
        step["needs"] = draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))
    if names and draw(chance) < 20:
        outcome = draw(st.sampled_from(["Succeeded", "Failed", "Completed"]))
        step["after"] = [{"step": draw(st.sampled_from(names)), "outcome": outcome}]
    if names and draw(chance) < 20:
        step["when"] = _condition(draw, draw(st.sampled_from(names)), shape)
    if kind != "approval":
        names.append(name)
        shape[name] = fan
    return step


def _variable(draw: st.DrawFn, names: list[str], shape: dict[str, str]) -> Object:
    lists: list[Object] = [
        {"values": draw(st.lists(st.integers(0, 3), max_size=3))},
        {"range": {"start": 0, "stop": draw(st.integers(0, 3))}},
    ]
    lists += [{"from": f"{other}.l"} for other in names if shape[other] == "one"] * 2
    lists += [{"from": f"{other}.v"} for other in names if shape[other] == "many"]
    return {"name": "x", **draw(st.sampled_from(lists))}


def _inputs(draw: st.DrawFn, names: list[str], shape: dict[str, str]) -> list[Object]:
    given: list[Object] = []
    if draw(st.booleans()):
        given.append({"name": "p", "param": "p"})
    for other in draw(st.lists(st.sampled_from(names), max_size=2, unique=True)) if names else ():
        wired: Object = {"name": f"from-{other}", "from": f"{other}.v"}
        softness = draw(st.sampled_from(["hard", "hard", "optional", "default", "status", "first"]))
        alike = [one for one in names if one != other and shape[one] == shape[other]]
        if softness == "optional":
            wired["optional"] = True
        elif softness == "default":
            wired["default"] = 0
        elif softness == "status":
            wired = {"name": f"status-{other}", "expr": f"steps.{other}.status"}
        elif softness == "first" and alike:
            wired = {"name": f"first-{other}", "firstOf": [f"{other}.v", f"{draw(st.sampled_from(alike))}.v"]}
        given.append(wired)
    return given


def _condition(draw: st.DrawFn, other: str, shape: dict[str, str]) -> str:
    words = [f"steps.{other}.status == 'Succeeded'", f"steps.{other}.status != 'Failed'", "params.p > 0"]
    words += [f"steps.{other}.reason != 'Error'", f"steps.{other}.exitCode != 1"]
    if shape[other] == "one":
        words += [f"steps.{other}.outputs.v % 2 == 0", f"steps.{other}.outputs.l.size() > 1"]
    return draw(st.sampled_from(words))


def _final(draw: st.DrawFn, number: int, names: list[str], shape: dict[str, str]) -> Object:
    step: Object = {"name": f"f{number}", "script": draw(st.sampled_from(["run1", "run1", "fail"])), "outputs": OUTPUTS}
    step["inputs"] = [
        {"name": f"status-{other}", "expr": f"steps.{other}.status"}
        for other in draw(st.lists(st.sampled_from(names), max_size=2, unique=True))
    ]
    if draw(st.booleans()):
        step["inputs"].append({"name": "how", "expr": "pipeline.status"})
    if number and draw(st.booleans()):
        step["needs"] = ["f0"]
    return step
