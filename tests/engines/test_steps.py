"""What a step in a container sees, what it leaves, and how its end is told."""

from __future__ import annotations

import os
from typing import Any

import pytest

from penstock.local import work
from tests.cluster.images import PYTHON
from tests.local.project import Project, pipeline, step

INSIDE = {"image": PYTHON}
RETRIED = {"retry": {"limit": 1, "backoff": {"initial": "1ms", "max": "1ms"}}}
LIMITS = """
cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes
cat /sys/fs/cgroup/cpu.max
cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu/cpu.cfs_period_us | tr '\\n' ' '
true
"""
"""Of either version of control groups."""


def log(project: Project) -> str:
    """What the only step has written."""
    (found,) = project.path.glob(".penstock/pods/*/log")
    return found.read_text()


def test_values_and_artifacts_go_from_container_to_container(
    contained: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = step(
        "write",
        'id -u > $OUTPUT_F; printf \'{"n": 3}\' > $PENSTOCK_OUTPUTS; test -z "$HOST_ONLY"',
        outputs=[{"name": "n", "type": "Integer"}, {"name": "f", "type": "Artifact"}],
    )
    use = step(
        "use",
        "test $INPUT_N = 3; (cat $INPUT_F; echo $INPUT_F; touch $INPUT_F || echo kept) > $OUTPUT_G",
        inputs=[{"name": "n", "from": "write.n"}, {"name": "f", "from": "write.f"}],
        outputs=[{"name": "g", "type": "Artifact"}],
    )
    outputs = [{"name": "g", "from": "use.g"}]
    made = pipeline(write, use, outputs=outputs, storage={"claim": {"size": "1Gi"}}, defaults=INSIDE)
    monkeypatch.setenv("HOST_ONLY", "seen")
    assert contained.run(made) == 0, contained.phases()
    place = contained.status["outputs"]["g"].removeprefix("pvc://p-artifacts/")
    file = contained.path / ".penstock/artifacts/default/p-artifacts" / place
    assert file.read_text().splitlines() == [str(os.getuid()), "/penstock/inputs/f/f", "kept"]
    assert file.stat().st_uid == os.getuid()
    assert contained.run(made) == 0
    assert contained.step("use")["attempts"][0]["imageID"].startswith("sha256:")


def test_volumes_are_where_the_manifest_says(contained: Project) -> None:
    contained.sources.take({"kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a.txt": "hello\n"}})
    pod = {
        "volumes": [{"name": "c", "configMap": {"name": "c"}}, {"name": "e", "emptyDir": {}}],
        "volumeMounts": [{"name": "c", "mountPath": "/etc/c"}, {"name": "e", "mountPath": "/data"}],
    }
    made = pipeline(step("a", "set -e; cp /etc/c/a.txt /data/b; cat /data/b", pod=pod), defaults=INSIDE)
    assert contained.run(made) == 0
    assert log(contained) == "hello\n"


def test_the_folder_may_have_any_name(contained: Project) -> None:
    contained.path = contained.path / 'a b,12:30 "c"'
    contained.path.mkdir()
    made = pipeline(step("a", "echo 1 > $OUTPUT_F", outputs=[{"name": "f", "type": "Artifact"}]))
    made["spec"] |= {"storage": {"claim": {"size": "1Gi"}}, "defaults": INSIDE}
    assert contained.run(made) == 0, contained.step("a")


def test_variables_are_what_the_manifest_says(contained: Project) -> None:
    values = ["", "two\nlines", "a=b", ' "x" $HOME ', "ü"]
    names = [f"{prefix}{number}" for prefix in ("OWN", "HTTP_OWN") for number in range(len(values))]
    contained.sources.take_variables("own", dict(zip(names, 2 * values, strict=True)))
    script = "; ".join(f'printf "[%s]" "${name}"' for name in names)
    one = step("a", script, envFrom=[{"secretRef": {"name": "own"}}])
    assert contained.run(pipeline(one, defaults=INSIDE)) == 0
    assert log(contained) == "".join(f"[{value}]" for value in 2 * values)


def test_limits_are_those_of_the_manifest(contained: Project) -> None:
    limits = {"memory": "64Mi", "cpu": "500m"}
    one = step("a", LIMITS + "cat /proc/self/status", resources={"limits": limits})
    assert contained.run(pipeline(one, defaults=INSIDE)) == 0
    told = log(contained)
    assert "67108864" in told.split()
    assert "50000 100000" in told
    status = dict(line.split(":\t", 1) for line in told.splitlines() if ":\t" in line)
    assert int(status["CapEff"], 16) == 0
    assert status["NoNewPrivs"] == "1"


def test_many_at_once_whose_limit_is_above_what_the_machine_has(contained: Project) -> None:
    one = step(
        "a",
        "printf '{\"n\": %d}' $INPUT_I > $PENSTOCK_OUTPUTS",
        inputs=[{"name": "i", "each": "i"}],
        outputs=[{"name": "n", "type": "Integer"}],
        forEach={"vars": [{"name": "i", "range": {"start": 0, "stop": 12}}]},
        resources={"requests": {"cpu": "100m"}, "limits": {"cpu": "64"}},
    )
    made = pipeline(one, outputs=[{"name": "all", "from": "a.n"}], defaults=INSIDE)
    assert contained.run(made) == 0, contained.phases()
    assert contained.status["outputs"]["all"] == list(range(12))


def test_all_that_it_writes_is_in_its_log(contained: Project) -> None:
    """Both streams, each whole. Where pieces of them meet, a line of one may be within one of the other."""
    one = step("a", "i=0; while test $i -lt 20000; do echo out; echo ERR >&2; i=$((i + 1)); done")
    assert contained.run(pipeline(one, defaults=INSIDE)) == 0
    told = log(contained)
    for stream in ("out", "ERR"):
        assert "".join(letter for letter in told if letter in stream) == stream * 20000
    assert told.count("\n") == 40000


ENDS: dict[str, tuple[dict[str, Any], str, str]] = {
    "broken": ({"script": "echo broken >&2; exit 9"}, "Error", "exit code 9: broken"),
    "late": ({"script": "trap 'exit 1' TERM; sleep 100 & wait", "timeout": "1s"}, "Deadline", "than its timeout"),
    "deaf": ({"script": "trap '' TERM; sleep 100", "timeout": "1s"}, "Deadline", "than its timeout"),
    "hungry": (
        {"script": "tail /dev/zero; exit $?", "resources": {"limits": {"memory": "48Mi"}}, **RETRIED},
        "OOMKilled",
        "memory",
    ),
    "absent": ({"image": "localhost/no/such:image", "pod": {"imagePullPolicy": "Never"}}, "StartFailed", "no/such"),
    "unreachable": ({"image": "localhost:9/no/such:image"}, "StartFailed", "no/such"),
    "no-program": ({"script": None, "command": ["/no/such/program"]}, "StartFailed", "/no/such/program"),
}
"""Fields of a step, and the reason and words that tell how it ended."""


def test_how_it_ended_is_told(contained: Project, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Docker hears of the lack of memory and of the end in any order, and may tell the second alone."""
    monkeypatch.setattr(work, "GRACE", 2.0)
    steps = [
        {key: value for key, value in {**step(name), **fields}.items() if value is not None}
        for name, (fields, _, _) in ENDS.items()
    ]
    assert contained.run(pipeline(*steps, onFailure="Continue", defaults=INSIDE)) == 1
    assert len(contained.step("hungry")["attempts"]) == 2
    told = {name: (contained.step(name).get("reason"), contained.step(name).get("message")) for name in ENDS}
    for name, (_, reason, words) in ENDS.items():
        if name == "hungry" and engine == "docker" and told[name][0] == "Error":
            reason, words = "Error", "exit code 137"
        assert told[name][0] == reason, told
        assert words in str(told[name][1]), told[name]
