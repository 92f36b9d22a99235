"""The operator is stopped, killed and away: the end is that of an undisturbed run, and no Job runs twice."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from penstock.shell.lease import NAME as LEASE
from tests.e2e.gates import Gate, serving
from tests.e2e.manifests import LONG, emit, pipeline, step
from tests.e2e.process import operator
from tests.e2e.space import LATEST, PATIENCE, Object, Space, instant, kubectl
from tests.plane.operator import Operator
from tests.release import NAME, NAMESPACE

pytestmark = pytest.mark.alone

NUMBER = [{"name": "n", "type": "Integer"}]
DEPLOYMENT = f"deployment/{NAME}"
SELECTOR = f"app.kubernetes.io/instance={NAME},app.kubernetes.io/component=operator"
KILLS = 12
TAKEOVER = 20.0
"""Seconds, by the cluster's clock, which is this machine's."""


def in_system(*words: str) -> str:
    return kubectl("--namespace", NAMESPACE, *words)


def scale(replicas: int) -> None:
    """Bring the operator away or back, and wait until it is."""
    in_system("scale", DEPLOYMENT, f"--replicas={replicas}")
    if replicas:
        in_system("rollout", "status", DEPLOYMENT, LATEST)
    else:
        in_system("wait", "pod", "--for=delete", f"--selector={SELECTOR}", LATEST)


def plus_one(name: str, before: str) -> Object:
    script = 'printf \'{"n": %d}\' $((INPUT_N + 1)) > "$PENSTOCK_OUTPUTS"'
    return step(name, script, inputs=[{"name": "n", "from": f"{before}.n"}], outputs=NUMBER)


def thirty_steps() -> Object:
    """Of every kind: a chain, two fan-outs, a retry, a skipped one, a `finally`; 30 in all."""
    chain = [plus_one(f"c{number}", f"c{number - 1}" if number else "seed") for number in range(8)]
    grow = plus_one("grow", "seed") | {"forEach": {"vars": [{"name": "i", "range": {"start": 0, "stop": 12}}]}}
    summed = step(
        "sum",
        "import json, os; n = json.loads(os.environ['INPUT_N']); "
        "json.dump({'n': sum(n), 'shards': [1, 2, 3, 4, 5]}, open(os.environ['PENSTOCK_OUTPUTS'], 'w'))",
        interpreter=["python3", "-c"],
        inputs=[{"name": "n", "from": "grow.n"}],
        outputs=[*NUMBER, {"name": "shards", "type": "List"}],
    )
    shard = step("shard", forEach={"vars": [{"name": "part", "from": "sum.shards"}]})
    steps = [
        step("seed", emit('{"n": 1}'), outputs=NUMBER),
        grow,
        step("flaky", 'test "$PENSTOCK_ATTEMPT" -ge 2', retry={"limit": 2, "backoff": {"initial": "1s"}}),
        step("never", when="1 > 2"),
        *chain,
        summed,
        shard,
    ]
    outputs = [{"name": "chain", "from": "c7.n"}, {"name": "sum", "from": "sum.n"}]
    return pipeline("thirty", *steps, outputs=outputs, **{"finally": [step("end")]})


def outcome(space: Space) -> dict[str, Any]:
    """All of the end state that does not depend on the clock."""
    status = space.one("pipeline/thirty")["status"]
    steps = space.steps("thirty").items()
    return {
        "pipeline": {key: status[key] for key in ("phase", "progress", "counts", "outputs", "revision")},
        "steps": {
            path: (one["status"]["phase"], one["status"].get("outputs"), one["status"].get("run"))
            for path, one in steps
        },
        "attempts": space.attempts(),
        "pods": len(space.all("pods")),
    }


def test_killed_again_and_again(space: Space, tmp_path: Path) -> None:
    clean = Space.create("undisturbed")
    clean.apply(thirty_steps())
    clean.finish("pipeline/thirty")
    expected = outcome(clean)
    clean.delete()
    assert expected["pipeline"]["progress"] == "30/30"
    assert expected["pipeline"]["outputs"] == {"chain": 9, "sum": 24}
    assert (len(expected["attempts"]), len(set(expected["attempts"])), expected["pods"]) == (30, 30, 30)

    chance = random.Random(30)
    one = operator(tmp_path)
    scale(0)
    try:
        space.apply(thirty_steps())
        for _ in range(KILLS):
            one.start()
            time.sleep(chance.uniform(0.8, 4))
            assert one.ended() is None, one.tail()
            one.kill()
        one.start()
        space.finish("pipeline/thirty")
        assert outcome(space) == expected, one.tail()
    finally:
        one.stop()
        scale(1)


def test_of_two_replicas_one_acts_and_the_other_takes_over(space: Space, tmp_path: Path) -> None:
    """The leader stands still and goes on, then the next one is killed; each time a step is under way."""
    replicas = {one.name: one for one in (operator(tmp_path, number, replicas=2) for number in range(2))}
    scale(0)
    try:
        with serving() as first, serving() as second:
            for one in replicas.values():
                one.start()
            chain = [step("a", first.held), step("b", second.held, needs=["a"]), step("c", needs=["b"])]
            space.apply(pipeline("handed-over", *chain))
            space.running("handed-over", "a")
            frozen, frozen_at = holder(replicas), time.time()
            frozen.pause()
            first.open()
            space.running("handed-over", "b")
            leader = holder(replicas)
            assert leader is not frozen
            assert taken_at() - frozen_at <= TAKEOVER
            frozen.resume()
            wait_for(lambda: frozen.ended() is not None, "the end of the replica that had stood still")
            frozen.start()
            leader.kill()
            killed_at = time.time()
            second.open()
            assert space.finish("pipeline/handed-over")["status"]["phase"] == "Succeeded"
            assert holder(replicas) is frozen
            assert taken_at() - killed_at <= TAKEOVER
        assert space.attempts() == ["a/#1", "b/#1", "c/#1"]
    finally:
        for one in replicas.values():
            one.stop()
        scale(1)


def lease() -> Object:
    found: Object = json.loads(in_system("get", "lease", LEASE, "-o", "json"))["spec"]
    return found


def holder(replicas: Mapping[str, Operator]) -> Operator:
    """Who acts, as the Lease says."""
    (found,) = (one for name, one in replicas.items() if lease()["holderIdentity"].startswith(name))
    return found


def taken_at() -> float:
    """When whoever acts began to."""
    return instant(lease()["acquireTime"])


def wait_for(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"{what} did not come"
        time.sleep(0.5)


def test_what_ends_while_the_operator_is_away_is_not_lost(space: Space, gate: Gate) -> None:
    value = emit('{"n": 1}')
    space.apply(pipeline("late", step("a", f"{gate.held} && {value}", outputs=NUMBER), plus_one("b", "a")))
    space.running("late", "a")
    scale(0)
    gate.open()
    (job,) = space.jobs()
    space.wait(f"job/{job['metadata']['name']}", "condition=Complete")
    assert space.step("late", "a")["phase"] == "Running"
    scale(1)
    assert space.finish("pipeline/late")["status"]["phase"] == "Succeeded"
    assert space.step("late", "b")["outputs"] == {"n": 2}
    assert space.attempts() == ["a/#1", "b/#1"]


@pytest.mark.kind("kubelet: starts it again")
def test_the_operators_pod_is_deleted_by_force(space: Space) -> None:
    with serving() as first, serving() as second:
        held = {"s0": first, "s2": second}
        chain = [step("s0", first.held), step("s1", needs=["s0"]), step("s2", second.held, needs=["s1"])]
        space.apply(pipeline("forced", *chain, step("s3", needs=["s2"])))
        for name, gate in held.items():
            space.running("forced", name)
            in_system("delete", "pod", f"--selector={SELECTOR}", "--grace-period=0", "--force")
            gate.open()
        assert space.finish("pipeline/forced")["status"]["phase"] == "Succeeded"
    assert space.attempts() == ["s0/#1", "s1/#1", "s2/#1", "s3/#1"]
    in_system("rollout", "status", DEPLOYMENT, LATEST)


def test_a_namespace_is_deleted_while_the_operator_is_away(space: Space) -> None:
    write = step("write", 'echo hello > "$OUTPUT_FILE"', outputs=[{"name": "file", "type": "Artifact"}])
    space.apply(pipeline("running", write, step("long", LONG, needs=["write"]), storage={"claim": {"size": "16Mi"}}))
    space.apply(pipeline("done", step("a")))
    space.finish("pipeline/done")
    space.running("running", "long")
    scale(0)
    try:
        space.delete(wait=True)
        assert not kubectl("get", "namespace", space.name, "--ignore-not-found").strip()
    finally:
        scale(1)
