"""Pipelines that run as processes of this machine: the same as on a cluster."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path

import pytest

from penstock.local.session import Session
from tests.local.project import Project, pipeline, step


def writes(name: str, value: str) -> str:
    """A script that reports one output."""
    return f'printf \'{{"{name}": %s}}\' {value} > "$PENSTOCK_OUTPUTS"'


def integer(name: str) -> list[dict[str, str]]:
    """The declaration of that output."""
    return [{"name": name, "type": "Integer"}]


def test_values_go_from_step_to_step(project: Project) -> None:
    first = step("first", writes("n", '"$INPUT_START"'), inputs=[{"name": "start", "param": "n"}], outputs=integer("n"))
    second = step(
        "second", writes("m", "$((INPUT_X + 1))"), inputs=[{"name": "x", "from": "first.n"}], outputs=integer("m")
    )
    made = pipeline(
        first,
        second,
        params=[{"name": "n", "type": "Integer", "value": 41}],
        outputs=[{"name": "m", "from": "second.m"}],
    )
    assert project.run(made) == 0
    assert project.status["outputs"] == {"m": 42}


def test_what_was_done_is_done_no_more_and_an_edit_runs_what_it_changes(project: Project) -> None:
    def made(word: str) -> dict[str, object]:
        return pipeline(
            step("a", "echo a >> ran"),
            step("b", f"echo {word} >> ran", needs=["a"]),
            step("c", "echo c >> ran", needs=["b"]),
        )

    assert project.run(made("b")) == 0
    assert project.run(made("b")) == 0
    assert project.lines("ran") == ["a", "b", "c"]
    assert project.run(made("x")) == 0
    assert project.lines("ran") == ["a", "b", "c", "x", "c"]
    assert project.status["revision"] == 2
    assert project.run(made("b")) == 0, "an older revision is selected again"
    assert len(project.lines("ran")) == 5
    assert project.run(made("b"), fresh=True) == 0
    assert project.lines("ran")[5:] == ["a", "b", "c"]


def test_what_failed_goes_on_from_there_though_nothing_changed(project: Project) -> None:
    made = pipeline(step("a", "echo a >> ran"), step("b", "echo b >> ran; test -e fixed", needs=["a"]))
    assert project.run(made) == 1
    assert project.status["phase"] == "Failed"
    (project.path / "fixed").touch()
    assert project.run(made) == 0
    assert project.lines("ran") == ["a", "b", "b"]


def test_a_failure_tells_its_exit_code_and_the_end_of_its_log(project: Project) -> None:
    script = "i=0; while [ $i -lt 100 ]; do echo line $i; i=$((i+1)); done; echo it is broken >&2; exit 7"
    assert project.run(pipeline(step("a", script))) == 1
    (attempt,) = project.step("a")["attempts"]
    assert (attempt["reason"], attempt["exitCode"]) == ("Error", 7)
    assert project.step("a")["message"].startswith("exit code 7: ")
    assert project.step("a")["message"].endswith("it is broken")


def test_a_step_is_tried_again(project: Project) -> None:
    backoff = {"initial": "1s", "max": "1s"}
    script = 'echo "$PENSTOCK_ATTEMPT" >> ran; test "$PENSTOCK_ATTEMPT" = 2'
    assert project.run(pipeline(step("a", script, retry={"limit": 2, "backoff": backoff}))) == 0
    assert project.lines("ran") == ["1", "2"]


def test_what_takes_too_long_is_ended_with_all_that_it_began(project: Project) -> None:
    script = "(sleep 300; echo late >> ran) & echo $! > child; sleep 300"
    began = time.monotonic()
    assert project.run(pipeline(step("a", script, timeout="1s"))) == 1
    assert time.monotonic() - began < 60
    assert project.step("a")["reason"] == "Deadline"
    assert not Path(f"/proc/{project.lines('child')[0]}/cmdline").exists() or not _command(project.lines("child")[0])


def _command(process: str) -> bytes:
    return Path(f"/proc/{process}/cmdline").read_bytes()  # empty of one that has ended and nobody has taken notice of


def test_outputs_that_are_too_large_are_not_cut_silently(project: Project) -> None:
    script = 'printf \'{"n": "%05000d"}\' 1 > "$PENSTOCK_OUTPUTS"'
    assert project.run(pipeline(step("a", script, outputs=[{"name": "n", "type": "String"}]))) == 1
    assert project.step("a")["reason"] == "OutputsTooLarge"


def test_artifacts_are_where_a_claim_would_have_them(project: Project) -> None:
    write = step("write", 'echo hello > "$OUTPUT_TEXT"', outputs=[{"name": "text", "type": "Artifact"}])
    each = {"vars": [{"name": "n", "range": {"start": 0, "stop": 2}}]}
    copy = step(
        "copy",
        'mkdir "$OUTPUT_DIR"; cat "$INPUT_TEXT" > "$OUTPUT_DIR/file"; echo "$INPUT_N" >> "$OUTPUT_DIR/file"',
        inputs=[{"name": "text", "from": "write.text"}, {"name": "n", "each": "n"}],
        outputs=[{"name": "dir", "type": "Artifact"}],
        forEach=each,
    )
    join = step("join", 'echo "$INPUT_ALL" > joined', inputs=[{"name": "all", "from": "copy.dir"}])
    made = pipeline(
        write,
        copy,
        join,
        storage={"claim": {"size": "1Gi"}},
        outputs=[{"name": "text", "from": "write.text"}],
    )
    assert project.run(made) == 0
    found = [Path(path, "file").read_text() for path in json.loads(project.lines("joined")[0])]
    assert found == ["hello\n0\n", "hello\n1\n"]
    located = project.status["outputs"]["text"]
    assert located.startswith("pvc://p-artifacts/penstock/p-")
    own = project.path / ".penstock/artifacts/default/p-artifacts" / located.removeprefix("pvc://p-artifacts/")
    assert own.read_text() == "hello\n"


def test_steps_see_their_variables_and_texts_arrive_as_they_are(project: Project) -> None:
    text = "$(HOME) $$ $x 'a' \"b\"\n\\n"
    show = step(
        "show",
        'printf "%s" "$INPUT_TEXT" > text; printf "%s" "$OWN" > own; printf "%s" "$(echo $PENSTOCK_STEP)" > name',
        inputs=[{"name": "text", "value": text}],
        env=[{"name": "OWN", "value": "<$(INPUT_TEXT)> $(NOT_THERE) $$(x)"}],
    )
    assert project.run(pipeline(show)) == 0
    assert (project.path / "text").read_text() == text
    assert (project.path / "own").read_text() == f"<{text}> $(NOT_THERE) $(x)"
    assert (project.path / "name").read_text() == "show"


def test_the_environment_of_the_machine_is_seen_but_nothing_of_an_outer_step(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THE_MACHINE", "yes")
    monkeypatch.setenv("INPUT_OUTER", "no")
    assert project.run(pipeline(step("a", "env > seen"))) == 0
    assert "OF_THE_MACHINE=yes" in project.lines("seen")
    assert not [line for line in project.lines("seen") if line.startswith("INPUT_")]


def test_secrets_and_configmaps_are_variables(project: Project) -> None:
    project.sources.take({"kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"COLOUR": "red"}})
    project.sources.take({"kind": "Secret", "metadata": {"name": "s"}, "data": {"key": "c2VjcmV0"}})
    reference = {"secretKeyRef": {"name": "s", "key": "key"}}
    a = step(
        "a",
        'echo "$COLOUR $KEY" > seen',
        envFrom=[{"configMapRef": {"name": "c"}}],
        env=[{"name": "KEY", "valueFrom": reference}],
    )
    assert project.run(pipeline(a)) == 0
    assert project.lines("seen") == ["red secret"]
    assert b"c2VjcmV0" not in (project.path / ".penstock/journal").read_bytes()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"envFrom": [{"secretRef": {"name": "away"}}]}, "--env-file away=FILE"),
        ({"script": None, "command": ["no-such-program"]}, "there is no program 'no-such-program' on this machine"),
        ({"script": None}, "use --with podman or docker"),
        (
            {
                "pod": {
                    "volumes": [{"name": "v", "emptyDir": {}}],
                    "volumeMounts": [{"name": "v", "mountPath": "/data"}],
                }
            },
            "it mounts /data",
        ),
    ],
)
def test_what_cannot_start_says_why_and_what_to_do(project: Project, fields: dict[str, object], words: str) -> None:
    one = {key: value for key, value in {**step("a"), **fields}.items() if value is not None}
    assert project.run(pipeline(one)) == 1
    assert project.step("a")["reason"] == "StartFailed"
    assert words in project.step("a")["message"]


def test_what_does_not_fit_on_the_machine_says_so_with_numbers(project: Project) -> None:
    assert project.run(pipeline(step("a", resources={"requests": {"cpu": "64"}}))) == 1
    assert project.step("a")["reason"] == "NeverFits"
    assert "64" in project.step("a")["message"]


def test_no_more_runs_at_once_than_there_is_room_for(project: Project) -> None:
    script = 'echo "+" >> ran; sleep 0.2; echo "-" >> ran'
    steps = [step(f"s{n}", script, resources={"requests": {"cpu": "1"}}) for n in range(6)]
    assert project.run(pipeline(*steps), cpu="2") == 0
    present = most = 0
    for sign in project.lines("ran"):
        present += 1 if sign == "+" else -1
        most = max(most, present)
    assert most == 2


def test_gpus_are_given_to_one_step_each(project: Project) -> None:
    script = 'echo "$CUDA_VISIBLE_DEVICES" >> ran; sleep 0.2'
    steps = [step(f"s{n}", script, resources={"limits": {"nvidia.com/gpu": "1"}}) for n in range(2)]
    assert project.run(pipeline(*steps), **{"nvidia.com/gpu": "2"}) == 0
    assert sorted(project.lines("ran")) == ["0", "1"]


def test_conditions_composites_and_what_comes_last(project: Project) -> None:
    component = {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "Component",
        "metadata": {"name": "twice"},
        "spec": {
            "inputs": [{"name": "n", "type": "Integer"}],
            "outputs": [{"name": "m", "type": "Integer"}],
            "image": "i",
            "script": writes("m", "$((INPUT_N * 2))"),
        },
    }
    made = pipeline(
        {"name": "double", "component": {"name": "twice"}, "inputs": [{"name": "n", "value": 4}]},
        step("large", "echo large >> ran", when="steps.double.outputs.m > 5"),
        step("small", "echo small >> ran", when="steps.double.outputs.m <= 5"),
        **{"finally": [step("last", "echo last >> ran")]},
    )
    assert project.run(component, made) == 0
    assert project.lines("ran") == ["large", "last"]
    assert project.phases()["small"] == "Skipped"


def test_undo_takes_back_what_was_done_in_reverse_order(project: Project) -> None:
    made = pipeline(
        step("a", "true", undo={"script": "echo undo a >> ran"}),
        step("b", "true", needs=["a"], undo={"script": "echo undo b >> ran"}),
        step("c", "exit 1", needs=["b"]),
        onFailure="Undo",
    )
    assert project.run(made) == 1
    assert project.lines("ran") == ["undo b", "undo a"]


def test_a_step_that_is_cancelled_is_ended_and_the_rest_is_not_begun(project: Project) -> None:
    def cancel(session: Session) -> None:
        found = session.server.objects["pipelines", "default", "p"]
        if session.runner.busy and (project.path / "began").exists() and not found["spec"].get("cancel"):
            session.change(found, {"cancel": True})

    tick = step("tick", "sleep 0.5")
    made = pipeline(
        step("a", "touch began; trap 'echo ended > ended; exit 1' TERM; sleep 300 & wait"),
        tick,
        step("b", "touch b", needs=["a"]),
        **{"finally": [step("last", "touch last")]},
    )
    assert project.run(made, during=cancel) == 2
    assert project.lines("ended") == ["ended"]
    assert not (project.path / "b").exists()
    assert (project.path / "last").exists()


def test_an_approval_is_waited_for(project: Project) -> None:
    def approve(session: Session) -> None:
        found = session.server.objects.get(("steps", "default", "p.ask"))
        notes = {"penstock.dev/approved-by": "ada"}
        asks = found and (found.get("status") or {}).get("reason") == "WaitingForApproval"
        if found and asks and "annotations" not in found["metadata"]:
            session.server.patch("steps", "default", "p.ask", {"metadata": {"annotations": notes}})

    made = pipeline({"name": "ask", "approval": {"message": "go?"}}, step("b", "touch b", needs=["ask"]))
    assert project.run(made, during=approve) == 0
    assert (project.path / "b").exists()


@pytest.mark.parametrize(
    ("storage", "known"),
    [
        ({"claim": {"size": "1Gi"}, "digests": True}, True),
        ({"objectStore": {"uri": "s3://bucket/prefix", "secretName": "s"}}, True),
        ({"claim": {"size": "1Gi"}}, False),
    ],
)
def test_contents_of_artifacts_are_told_where_a_cluster_would(
    project: Project, storage: dict[str, object], known: bool
) -> None:
    outputs = [{"name": "z", "type": "Artifact"}, {"name": "a", "type": "Artifact", "optional": True}]
    made = pipeline(step("make", "printf abc > $OUTPUT_Z", outputs=outputs), storage=storage)
    assert project.run(made) == 0
    abc = {"sha256": hashlib.sha256(b"abc").hexdigest(), "bytes": 3}
    assert project.step("make").get("contents") == ({"z": abc} if known else None)
    assert project.step("make")["results"][0].get("contents") == ({"z": abc} if known else None)
