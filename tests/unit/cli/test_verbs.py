"""Each verb as a user runs it, against a small API server."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_api import PENSTOCK, FakeApi
from tests.unit.cli.objects import attempt, pipeline, pod, step

ML = f"{PENSTOCK}/namespaces/ml"
TIMES = {"startTime": "2026-01-01T00:00:00Z", "completionTime": "2026-01-01T00:00:42Z"}


def elsewhere(obj: dict[str, Any], namespace: str) -> dict[str, Any]:
    return {**obj, "metadata": {**obj["metadata"], "namespace": namespace}}


def test_get_lists_the_namespace_of_the_context(api: FakeApi, run: Run) -> None:
    counts = {"Running": 1, "Retrying": 1, "Queued": 3}
    api.add(
        pipeline("one", phase="Succeeded", progress="3/3", reason="Completed", **TIMES),
        pipeline("two", phase="Running", progress="1/6", counts=counts),
        elsewhere(pipeline("other"), "prod"),
    )
    lines = run("get").stdout.splitlines()
    assert [line.split()[:-1] for line in lines] == [
        ["NAME", "STATUS", "PROGRESS", "RUNNING", "QUEUED", "REASON", "DURATION"],
        ["one", "Succeeded", "3/3", "Completed", "42s"],
        ["two", "Running", "1/6", "2", "3"],
    ]
    everywhere = run("get", "-A").stdout
    assert everywhere.startswith("NAMESPACE")
    assert "prod" in everywhere
    assert "prod" in run("get", "-n", "prod", "-o", "json").stdout


def test_get_as_data(api: FakeApi, run: Run) -> None:
    api.add(pipeline(), step("a"), step("b", owner="others"))
    assert run("get", "digits", "-o", "name").stdout.split() == [
        "pipeline.penstock.dev/digits",
        "step.penstock.dev/digits.a",
    ]
    found = json.loads(run("get", "digits", "-o", "json").stdout)
    assert [one["kind"] for one in found["items"]] == ["Pipeline", "Step"]
    assert yaml.safe_load(run("get", "digits", "-o", "yaml").stdout) == found


def test_get_shows_the_tree(api: FakeApi, run: Run) -> None:
    api.add(pipeline(phase="Running"), step("a", "Running", attempts=[attempt(1)]))
    shown = run("get", "digits").stdout
    assert "● a    Running   1" in shown
    assert "\x1b" not in shown


def test_nothing_there(api: FakeApi, run: Run) -> None:
    found = run("get")
    assert (found.exit_code, found.stdout, found.stderr) == (0, "", "no Pipelines in namespace ml\n")


@pytest.mark.parametrize("verb", ["get", "watch", "logs", "graph", "cancel", "suspend", "resume", "rerun", "approve"])
def test_an_unknown_name_gets_a_suggestion(api: FakeApi, run: Run, verb: str) -> None:
    api.add(pipeline("digits"), pipeline("fortunes"))
    found = run(verb, "digit")
    assert found.exit_code == 1
    assert found.stderr == "error: there is no pipeline 'digit' in namespace ml; did you mean digits?\n"


@pytest.mark.parametrize(
    ("status", "message", "words"),
    [
        (401, "Unauthorized", "does not accept your credentials"),
        (
            403,
            'pipelines is forbidden: User "ada" cannot list',
            "you are not allowed to do that: pipelines is forbidden",
        ),
        (500, "etcd is slow", "the API server refused (500): etcd is slow"),
        (404, "", "does not know the kinds of penstock.dev; install Penstock"),
    ],
)
def test_refusals_are_one_sentence(api: FakeApi, run: Run, status: int, message: str, words: str) -> None:
    api.refusals[f"{ML}/pipelines"] = (status, message)
    found = run("get")
    assert found.exit_code == 1
    assert words in found.stderr
    assert len(found.stderr.splitlines()) == 1


def test_no_server_and_no_kubeconfig(api: FakeApi, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    api.close()
    found = run("get")
    assert (found.exit_code, "connection refused" in found.stderr) == (1, True)
    assert f"cannot reach the API server at {api.url}" in found.stderr
    assert "no context 'ghost'" in run("get", "--context", "ghost").stderr
    monkeypatch.setenv("KUBECONFIG", "/no/such/file")
    assert "there is no kubeconfig at /no/such/file" in run("get").stderr
    assert "or ask with --local about what `penstock run` did here" in run("why", "churn").stderr
    assert "there is no kubeconfig at /other" in run("get", "--kubeconfig", "/other").stderr


def test_a_kubeconfig_that_is_none(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "config"
    path.write_text("a: [")
    monkeypatch.setenv("KUBECONFIG", str(path))
    found = run("get")
    assert found.exit_code == 1
    assert found.stderr.startswith(f"error: the kubeconfig {path} cannot be used")
    assert len(found.stderr.splitlines()) == 1


def event(kind: str, obj: dict[str, Any], version: str = "2") -> dict[str, Any]:
    return {"type": kind, "object": {**obj, "metadata": {**obj["metadata"], "resourceVersion": version}}}


def test_watch_follows_to_the_end(api: FakeApi, run: Run) -> None:
    api.add(pipeline(phase="Running"), step("a", "Running", attempts=[attempt(1)]))
    bookmark = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "2"}}}
    api.script[f"{ML}/steps"] = [bookmark, event("MODIFIED", step("a", "Failed", reason="Error", **TIMES))]
    api.script[f"{ML}/pipelines"] = [event("MODIFIED", pipeline(phase="Failed", message="step 'a' failed", **TIMES))]
    found = run("watch", "digits")
    assert found.exit_code == 1
    assert [line.split()[1:] for line in found.stdout.splitlines()][-2:] == [
        ["a", "Failed", "42s", "Error"],
        ["digits", "Failed", "42s", "step", "'a'", "failed"],
    ]


def test_watch_begins_anew_when_its_place_is_too_old(api: FakeApi, run: Run) -> None:
    api.add(pipeline(phase="Running"))
    api.script[f"{ML}/pipelines"] = [{"type": "ERROR", "object": {"code": 410}}]
    api.on_watch = lambda: api.add(pipeline(phase="Cancelled"))
    assert run("watch", "digits", "--timeout", "10m").exit_code == 2


def test_watch_gives_up_in_time(api: FakeApi, run: Run) -> None:
    api.add(pipeline(phase="Running"))
    found = run("watch", "digits", "--timeout", "0.3")
    assert found.exit_code == 124
    assert "has not ended within 0.3" in found.stderr
    assert "--timeout: 'soon' is not a duration" in run("watch", "digits", "--timeout", "soon").stderr


def test_logs_of_one_step_and_of_several(api: FakeApi, run: Run) -> None:
    steps = [step(f"tune.{at}", "Succeeded") for at in (0, 10)] + [step("train", "Failed")]
    pods = [pod(steps[0]), pod(steps[1]), pod(steps[2], 1), pod(steps[2], 2)]
    api.add(pipeline(), *steps, *pods)
    for one in pods:
        name = one["metadata"]["name"]
        api.logs[name] = f"{name}\nlast"
    assert run("logs", "digits", "train").stdout == "digits-train-2\nlast\n"
    assert run("logs", "digits", "train", "--previous").stdout == "digits-train-1\nlast\n"
    assert run("logs", "digits", "train", "--attempt", "1", "--tail", "1").stdout == "last\n"
    assert run("logs", "digits", "tune.10").stdout == "digits-tune-10-1\nlast\n"
    assert run("logs", "digits", "tune", "--tail", "1").stdout == "[tune.0] last\n[tune.10] last\n"
    assert "[train] last" in run("logs", "digits").stdout
    assert run("logs", "digits", "train", "-f").stdout == "digits-train-2\nlast\n"


def test_logs_of_a_gang_and_of_a_step_on_its_own(api: FakeApi, run: Run) -> None:
    gang = step("gang", "Succeeded")
    alone = {**step("x", "Succeeded"), "metadata": {"name": "alone", "namespace": "ml"}}
    replicas = [pod(gang, 1, **{"batch.kubernetes.io/job-completion-index": str(at)}) for at in (0, 1)]
    own = pod({"metadata": {"name": "alone", "labels": {"penstock.dev/step": "alone"}}})
    api.add(pipeline(), gang, alone, *replicas, own)
    api.logs = {"digits-gang-10": "zero\n", "digits-gang-11": "one\n", "alone-1": "by myself\n"}
    assert run("logs", "digits", "gang").stdout == "[gang#0] zero\n[gang#1] one\n"
    assert run("logs", "alone").stdout == "by myself\n"


def test_a_step_that_lost_its_owner_is_said_to_be_nobodys(api: FakeApi, run: Run) -> None:
    orphan, other = step("train", "Succeeded"), step("load", "Succeeded")
    del orphan["metadata"]["ownerReferences"]
    api.add(pipeline(), orphan, other, pod(orphan))
    api.logs = {"digits-train-1": "epoch 1\n"}
    found = run("logs", "digits", "train")
    assert (found.exit_code, found.stdout) == (0, "epoch 1\n")
    assert found.stderr == "note: step 'train': no Pipeline owns it, so nobody runs it: delete it\n"
    shown = run("get", "digits").stdout.splitlines()
    (line,) = [line for line in shown if "train" in line]
    assert line.startswith("✓ train")
    assert "no Pipeline owns it" in line
    assert "no Pipeline owns it" not in "".join(line for line in shown if "load" in line)
    assert run("logs", "digits", "load").stderr.startswith("error: there are no logs: step 'load'")


def test_no_logs_says_why(api: FakeApi, run: Run) -> None:
    waits = step("train", "Queued", reason="WaitingForResources", message="needs 2 GPUs, 1 is free")
    starts = step("load", "Running")
    api.add(pipeline(), waits, starts, pod(starts))
    found = run("logs", "digits", "train")
    assert found.exit_code == 1
    assert "step 'train' is Queued (WaitingForResources: needs 2 GPUs, 1 is free)" in found.stderr
    assert "waiting to start: ContainerCreating" in run("logs", "digits", "load").stderr
    assert "has no step 'trian'; did you mean train?" in run("logs", "digits", "trian").stderr
    assert "neither --attempt nor --follow" in run("logs", "digits", "train", "-p", "-f").stderr


def test_decisions(api: FakeApi, run: Run) -> None:
    gate = step("sign-off", "Queued", reason="WaitingForApproval")
    gate["spec"]["approval"] = {"message": "ok?"}
    api.add(pipeline(), gate, step("a", "Running"))
    assert run("approve", "digits", "sign-off").stdout == "step.penstock.dev/digits.sign-off approved by ada\n"
    assert gate["metadata"]["annotations"] == {"penstock.dev/approved-by": "ada"}
    assert "rejected by grace" in run("reject", "digits", "--as", "grace").stdout
    assert gate["metadata"]["annotations"] == {"penstock.dev/rejected-by": "grace"}
    assert "is no approval" in run("approve", "digits", "a").stderr
    assert "did you mean digits.sign-off?" in run("approve", "digits", "sign-of").stderr
    gate["status"] = {"phase": "Succeeded", "message": "approved by ada"}
    assert "has ended already: Succeeded (approved by ada)" in run("reject", "digits", "sign-off").stderr
    assert "no step of pipeline 'digits' waits for an approval" in run("approve", "digits").stderr


def test_switches(api: FakeApi, run: Run) -> None:
    one, ended = pipeline("one", phase="Running"), pipeline("ended", phase="Failed")
    api.add(one, ended)
    assert run("suspend", "one").stdout == "pipeline.penstock.dev/one suspended\n"
    assert one["spec"]["suspend"] is True
    assert run("cancel", "one").exit_code == 0
    assert one["spec"]["cancel"] is True
    assert run("resume", "one").stdout == "pipeline.penstock.dev/one resumed\n"
    assert (one["spec"]["suspend"], one["spec"]["cancel"]) == (False, False)
    assert "neither" in run("resume", "one").stdout
    assert "pipeline 'ended' has ended already: Failed" in run("cancel", "ended").stderr


def test_rerun(api: FakeApi, run: Run) -> None:
    obj = pipeline(phase="Succeeded")
    api.add(obj, step("a"), step("tune.0.score"))

    def take_up(patched: dict[str, Any]) -> None:
        patched["status"].update(rerun=patched["metadata"]["annotations"]["penstock.dev/rerun"], revision=4)

    api.on_patch = take_up
    assert run("rerun", "digits").stdout == "pipeline.penstock.dev/digits rerun as revision 4\n"
    assert run("rerun", "digits", "--from", "tune").exit_code == 0
    assert obj["status"]["rerun"].endswith(" from=tune")
    assert run("rerun", "digits", "--only", "tune.score").exit_code == 0
    assert obj["status"]["rerun"].endswith(" only=tune.score")
    assert "has no step 'tuna'; did you mean tune?" in run("rerun", "digits", "--from", "tuna").stderr
    assert "not both" in run("rerun", "digits", "--from", "a", "--only", "a").stderr
    api.on_patch = lambda patched: None
    assert run("rerun", "digits", "--no-wait").exit_code == 0
    late = run("rerun", "digits", "--timeout", "0.1")
    assert (late.exit_code, "does it run?" in late.stderr) == (124, True)


def test_graph_of_the_cluster_has_phases(api: FakeApi, run: Run) -> None:
    api.add(pipeline(steps=("a", "b")), step("a", "Succeeded"), step("b", "Running"))
    assert run("graph", "digits").stdout.splitlines()[1:] == ["      1  a Succeeded", "         b Running"]
    broken = pipeline("broken")
    broken["spec"]["steps"][0]["needs"] = ["ghost"]
    api.add(broken)
    assert "spec.steps[0].needs[0]: there is no step 'ghost'" in run("graph", "broken").stderr


MANIFEST = """\
apiVersion: penstock.dev/v1alpha1
kind: Pipeline
metadata: {name: p}
spec:
  params: [{name: unused, type: Integer, value: 1}]
  steps:
    - {name: a, image: i}
    - {name: b, image: i, needs: [%s]}
"""


def test_lint(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(MANIFEST % "c")
    found = run("lint", str(path))
    assert found.exit_code == 1
    assert found.stdout.startswith(f"{path}:8: spec.steps[1].needs[0]: there is no step 'c'")
    assert found.stderr == "checked 1 manifest: 1 error, 0 warnings\n"
    (finding,) = json.loads(run("lint", str(tmp_path), "-o", "json").stdout)
    assert (finding["line"], finding["object"], finding["reason"]) == (8, "p", "UnknownStep")
    assert yaml.safe_load(run("lint", str(path), "-o", "yaml").stdout) == [finding]


def test_lint_warns_and_is_strict_if_asked(run: Run) -> None:
    text = MANIFEST % "a"
    found = run("lint", "-", stdin=text)
    assert (found.exit_code, "<stdin>:5: warning: spec.params[0]" in found.stdout) == (0, True)
    assert run("lint", "-", "--strict", stdin=text).exit_code == 1


def test_lint_wants_something_to_check(run: Run, tmp_path: Path) -> None:
    assert run("lint", str(tmp_path)).exit_code == 1
    assert "no file or folder" in run("lint", str(tmp_path / "absent")).stderr
    assert run("lint", "-", stdin=b"\x00\xff").exit_code == 1


def test_graph_of_a_file(run: Run) -> None:
    assert run("graph", "-", stdin=MANIFEST % "a").stdout == (
        "p: 2 steps, at least 2 one after the other\n      1  a\n      2  b  ← a\n"
    )
    assert run("graph", "-", "-o", "dot", stdin=MANIFEST % "a").stdout.startswith('digraph "p" {')
    assert "no step 'c'" in run("graph", "-", stdin=MANIFEST % "c").stderr
    assert "no Pipeline" in run("graph", "-", stdin="apiVersion: v1\nkind: ConfigMap\n").stderr


def test_version(run: Run) -> None:
    assert run("version").stdout.startswith("penstock 0.")


def test_help_and_lint_load_no_client_of_the_cluster() -> None:
    """They are to answer at once."""
    code = (
        "import sys; from typer.testing import CliRunner; from penstock.cli.app import build;"
        "result = CliRunner().invoke(build(), sys.argv[1:]); assert result.exit_code in (0, 1), result.output;"
        "print(sorted({'kubernetes', 'aiohttp', 'requests', 'kopf'} & sys.modules.keys()))"
    )
    for args in (["--help"], ["lint", "-"]):
        done = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True, check=True, input="")
        assert done.stdout == "[]\n"
    assert (
        "pydantic"
        not in subprocess.run(
            [sys.executable, "-c", code.replace("{'kubernetes', ", "{'pydantic', "), "--help"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    )


def test_a_bug_is_no_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("deep inside")

    monkeypatch.setattr("penstock.cli.files.reading.read", broken)
    found = run("lint", "x.yaml")
    assert found.exit_code == 1
    assert found.stderr.startswith("error: unexpected ZeroDivisionError: deep inside; this is a bug")


def test_ctrl_c_is_clean(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("penstock.cli.files.reading.read", interrupted)
    assert run("lint", "x.yaml").exit_code == 130
