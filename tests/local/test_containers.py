"""What an engine is told, and one that fails or does not answer; `tests/engines` has what real ones do."""

from __future__ import annotations

import asyncio
import json
import os
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from penstock.cli.verbs import run as module
from penstock.cluster.failure import Failure
from penstock.local import containers, engines, work
from penstock.local.containers import Containers
from penstock.local.folder import Folder
from penstock.local.processes import Processes
from tests.local.project import Project, pipeline

FAKE = """\
    #!{python}
    import json, os, pathlib, signal, subprocess, sys
    folder = pathlib.Path({folder!r})
    verb, *words = sys.argv[1:]
    with (folder / "said").open("a") as said:
        said.write(json.dumps([verb, *words]) + "\\n")
    if (folder / "silent").exists() and verb in (folder / "silent").read_text().split():
        subprocess.run(["sleep", "3600"])
    if (folder / "down").exists():
        sys.exit("cannot connect to the daemon")
    if verb == "create":
        state = folder / words[words.index("--name") + 1]
        if (folder / "strict").exists() and not any(word.startswith("docker.io/") for word in words):
            sys.exit('Error: short-name "image" did not resolve to an alias')
        if state.exists():
            sys.exit("the name is already in use")
        state.write_text(json.dumps([words, dict(os.environ)]))
    elif verb == "start" and (folder / "restarts").exists():
        sys.exit("unexpected EOF")
    elif verb == "start":
        words, env = json.loads((folder / words[-1]).read_text())
        (image,) = {{"image", "docker.io/image"}} & set(words)
        command = [words[words.index("--entrypoint") + 1], *words[words.index(image) + 1:]]
        sys.exit(subprocess.run(command, env=env, cwd=folder).returncode)
    elif verb == "inspect" and (folder / "restarts").exists():
        if (folder / "said").read_text().count("inspect") < 3:
            sys.exit((folder / "restarts").read_text())
        print("false 0 false 2026-11-30T12:00:00.5Z sha256:" + "ab" * 32)
    elif verb == "inspect" and (folder / "gone").exists():
        sys.exit((folder / "gone").read_text())
    elif verb == "inspect":
        ended = "false 137 true 2026-11-30T12:00:00.5Z sha256:" + "ab" * 32
        print(ended) if (folder / "oom").exists() else sys.exit("Error: No such object: " + words[-1])
    elif verb == "rm":
        (folder / words[-1]).unlink(missing_ok=True)
"""
UNANSWERED = pytest.mark.parametrize(
    "words",
    [
        "Cannot connect to the Docker daemon",
        "failed to connect to the docker API at unix:///var/run/docker.sock; check if the path is correct and if the"
        " daemon is running: dial unix /var/run/docker.sock: connect: no such file or directory",
    ],
    ids=["docker-28", "docker-29"],
)
"""What Docker's command says where no service answers it."""


@pytest.fixture
def fake(tmp_path_factory: pytest.TempPathFactory, project: Project, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An engine that runs what it is told as processes, and writes down what it was told."""
    import sys

    folder = tmp_path_factory.mktemp("engine")
    program = folder / "docker"
    program.write_text(textwrap.dedent(FAKE).format(python=sys.executable, folder=str(folder)))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    project.executor = lambda folder: Containers("docker")
    return folder


def told(fake: Path) -> list[list[str]]:
    """What the engine was told."""
    return [json.loads(line) for line in (fake / "said").read_text().splitlines()]


def test_what_an_engine_is_told(project: Project, fake: Path) -> None:
    one = {
        "name": "a",
        "image": "image",
        "command": ["sh", "-c"],
        "args": ["echo $HOME $OWN > seen"],
        "env": [{"name": "OWN", "value": "x\ny"}, {"name": "STORAGE_DRIVER", "value": "s3"}],
        "workingDir": "/app",
        "resources": {"limits": {"memory": "64Mi", "cpu": "500m", "nvidia.com/gpu": "1"}},
    }
    assert project.run(pipeline(one), **{"nvidia.com/gpu": "2"}) == 0
    create, *others = told(fake)
    text = " ".join(create)
    for words in (
        "--cap-drop ALL --security-opt no-new-privileges",
        f"--user {os.getuid()}:{os.getgid()}",
        "--memory 67108864 --memory-swap 67108864 --cpu-period 100000 --cpu-quota 50000",
        "--security-opt label=disable",
        "--workdir /app --entrypoint sh",
        '--gpus "device=0"',
        "/outputs,target=/dev/termination-log",
        "--env OWN ",
        "--env HOME=/tmp ",
        "--env STORAGE_DRIVER=s3 ",  # which Podman would take for its own
    ):
        assert words in text
    assert create[-3:] == ["image", "-c", "echo $HOME $OWN > seen"]
    assert "x\ny" not in text, "a value is in the environment, where no other user sees it"
    assert [words[0] for words in others] == ["start", "inspect", "rm"]


def test_an_image_without_a_registry_is_of_docker_io(project: Project, fake: Path) -> None:
    """As to kubelet; Podman may refuse such a name, or know it as that of an image that was built here."""
    (fake / "strict").touch()
    assert project.run(pipeline({"name": "a", "image": "image", "command": ["true"]})) == 0
    assert [words[-1] for words in told(fake) if words[0] == "create"] == ["image", "docker.io/image"]


def test_one_that_was_ended_for_want_of_memory(project: Project, fake: Path) -> None:
    (fake / "oom").touch()
    one = {"name": "a", "image": "image", "command": ["sh"], "args": ["-c", "exit 137"]}
    assert project.run(pipeline(one)) == 1
    assert project.step("a")["reason"] == "OOMKilled"
    assert project.step("a")["attempts"][0]["imageID"] == "sha256:" + "ab" * 32


@UNANSWERED
def test_one_is_waited_for_while_the_service_of_its_engine_starts_anew(
    project: Project, fake: Path, words: str
) -> None:
    """It leaves its containers running, and says nothing of them before it is there again."""
    (fake / "restarts").write_text(words)
    assert project.run(pipeline({"name": "a", "image": "image", "command": ["true"]})) == 0


@UNANSWERED
def test_one_whose_engine_has_gone_has_not_succeeded(
    project: Project, fake: Path, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (fake / "gone").write_text(words)
    monkeypatch.setattr(engines, "ANSWER_SECONDS", 0.5)
    assert project.run(pipeline({"name": "a", "image": "image", "command": ["true"]})) == 1
    assert project.step("a")["attempts"][0]["exitCode"] == 128


async def test_where_there_is_no_engine_nobody_is_asked(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(asyncio, "create_subprocess_exec", None)  # starting anything would fail
    assert isinstance(await module._executor(None, Folder(project.path)), Processes)
    assert "steps run as processes of this machine" in capsys.readouterr().err
    with pytest.raises(Failure, match="podman does not answer"):
        await module._executor("podman", Folder(project.path))


async def test_what_a_crash_has_left_is_removed(project: Project, fake: Path) -> None:
    with Folder(project.path):
        await Containers("podman").end_left({"penstock.dev/container": "docker penstock-p-a-1-0"})
    assert told(fake) == [["rm", "--force", "penstock-p-a-1-0"]]


@pytest.fixture
def silent(fake: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Has the engine never answer when it is told these things."""
    monkeypatch.setattr(engines, "ANSWER_SECONDS", 0.5)
    return lambda *verbs: (fake / "silent").write_text(" ".join(verbs)) and None


async def test_an_engine_that_does_not_answer_is_as_good_as_none(
    project: Project, fake: Path, silent: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    (fake / "podman").symlink_to(fake / "docker")
    silent("info")
    asked: list[str] = []  # what it is told it may not come to write down in that time
    ask = engines.said

    async def said(command: Sequence[str], *more: Any) -> tuple[int, str]:
        asked.append(" ".join(command[:2]))
        return await ask(command, *more)

    monkeypatch.setattr(engines, "said", said)
    assert isinstance(await module._executor(None, Folder(project.path)), Processes)
    assert sorted(asked) == ["docker info", "podman info"]
    with pytest.raises(Failure, match="docker does not answer"):
        await module._executor("docker", Folder(project.path))


def test_a_container_that_is_not_made_fails_its_step(
    project: Project, silent: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    silent("create")
    monkeypatch.setattr(containers, "PULL_SECONDS", 0.5)
    assert project.run(pipeline({"name": "a", "image": "image", "command": ["true"]})) == 1
    assert "docker has not answered within 0.5 s" in project.step("a")["message"]
    assert project.step("a")["reason"] == "StartFailed"


def test_an_engine_that_falls_silent_is_not_waited_for(
    project: Project, silent: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "GRACE", 0.5)
    silent("start", "kill", "inspect", "rm")
    one = {"name": "a", "image": "image", "command": ["true"], "timeout": "1s"}
    assert project.run(pipeline(one)) == 1
    assert project.step("a")["reason"] == "Deadline"


async def test_what_may_still_run_is_not_run_again(project: Project, silent: Callable[..., None]) -> None:
    silent("rm")
    words = "docker has not answered within 0.5 s, and container penstock-p-a-1-0 of an earlier run may still run"
    with pytest.raises(Failure, match=words):
        await Containers("podman").end_left({"penstock.dev/container": "docker penstock-p-a-1-0"})


async def test_where_an_engine_that_ran_it_is_not_found_it_is_not_run_again(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    words = "there is no docker on PATH, and container penstock-p-a-1-0 of an earlier run may still run"
    with pytest.raises(Failure, match=words):
        await Containers("podman").end_left({"penstock.dev/container": "docker penstock-p-a-1-0"})


async def test_where_an_engine_that_ran_it_is_down_it_is_not_run_again(project: Project, fake: Path) -> None:
    (fake / "down").touch()
    words = "docker says: cannot connect to the daemon, and container penstock-p-a-1-0 of an earlier run may still run"
    with pytest.raises(Failure, match=words):
        await Containers("podman").end_left({"penstock.dev/container": "docker penstock-p-a-1-0"})
