"""What `penstock init` begins runs at once, has tests that pass, and is as we would have written it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from penstock.cli.files import project
from penstock.cli.files.project import PIPELINES, TEMPLATES, Language, files, requirement
from tests.unit.python.checkers import mypy, pyright

ROOT = Path(__file__).parents[2]
PATIENCE = 300
"""Seconds that a command may take. Nothing is judged by them: only what hangs takes so long."""
BOTH = pytest.mark.parametrize("language", PIPELINES)


def command(*words: str | Path, where: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A program, or a module of this Python if its first word is `-m`, in a folder."""
    given = [sys.executable, *map(str, words)] if words[0] == "-m" else [*map(str, words)]
    here = {"PYTHONPATH": str(ROOT / "operator"), "COLUMNS": "200", "TERM": "dumb", **variables}
    return subprocess.run(
        given, cwd=where, env={**os.environ, **here}, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def penstock(*words: str, where: Path) -> subprocess.CompletedProcess[str]:
    return command("-m", "penstock.cli", *words, where=where)


def begun(tmp_path: Path, language: Language) -> Path:
    done = penstock("init", "fruit_flies", f"--{language}", where=tmp_path)
    assert done.returncode == 0, done.stderr
    return tmp_path / "fruit_flies"


@BOTH
def test_it_runs_at_once_and_only_once(tmp_path: Path, language: Language) -> None:
    folder, file = begun(tmp_path, language), PIPELINES[language]
    done = penstock("run", file, "--with", "process", where=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    told = dict(line.split(": ", 1) for line in done.stdout.splitlines() if line.startswith(("file: ", "error: ")))
    assert json.loads((folder / told["file"]).read_text()) == {"slope": 3}
    assert 0 < float(told["error"]) < 1
    nothing = penstock("diff", "-f", file, "--local", where=folder)
    assert nothing.stdout.splitlines()[0] == "pipeline.penstock.dev/fruit-flies: 5 to reuse"
    assert nothing.returncode == 0


@BOTH
def test_its_own_tests_pass_and_find_what_breaks(tmp_path: Path, language: Language) -> None:
    folder = begun(tmp_path, language)
    words = ("-m", "pytest", "-q", "-p", "no:cacheprovider")
    done = command(*words, where=folder)
    assert f"{3 if language == 'python' else 2} passed" in done.stdout, done.stdout
    file = folder / PIPELINES[language]
    file.write_text(file.read_text().replace("min(errors)", "max(errors)"))
    assert "1 failed" in command(*words, where=folder).stdout


@BOTH
def test_nothing_in_it_is_complained_of(tmp_path: Path, language: Language) -> None:
    folder = begun(tmp_path, language)
    done = penstock("lint", "--strict", "--hints", PIPELINES[language], where=folder)
    assert (done.returncode, done.stdout) == (0, "")
    tools = Path(sys.executable).parent
    for words in (["check", "--extend-ignore", "S", "."], ["format", "--check", "--diff", "."]):
        done = command(tools / "ruff", *words, "--no-cache", "--config", str(ROOT / "pyproject.toml"), where=folder)
        assert done.returncode == 0, done.stdout + done.stderr
    assert mypy(folder) == {}
    assert pyright(folder) == {}


@BOTH
def test_the_rest_of_it_is_about_the_pipeline_that_is_there(language: Language) -> None:
    found = files("fruit", language)
    assert set(found) == {
        *(PIPELINES[language], "test_pipeline.py", "requirements.txt", "Dockerfile", "README.md", ".gitignore"),
        ".github/workflows/pipeline.yaml",
    }
    for path in ("Dockerfile", "README.md", ".github/workflows/pipeline.yaml"):
        assert PIPELINES[language] in found[path]
    steps = yaml.safe_load(found[".github/workflows/pipeline.yaml"])["jobs"]["test"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == [
        "pip install --requirement requirements.txt",
        f"penstock lint --strict {PIPELINES[language]}",
        "pytest",
        "docker build .",
    ]
    image = found["Dockerfile"].splitlines()[1].removeprefix("FROM docker.io/library/")
    assert image in found[PIPELINES[language]]


def test_the_documentation_shows_what_it_says(tmp_path: Path) -> None:
    page = (ROOT / "docs/python.md").read_text(encoding="utf-8")
    command_line, _, shown = page.partition("$ penstock init ")[2].partition("```")[0].partition("\n")
    done = penstock("init", *command_line.split(), where=tmp_path)
    assert done.stdout == shown


def test_nothing_is_overwritten_and_then_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").symlink_to("nowhere")
    done = penstock("init", "--name", "fruit", where=tmp_path)
    assert done.returncode == 1
    assert done.stderr == "error: . has Dockerfile already; nothing was written: name another folder\n"
    assert [path.name for path in tmp_path.iterdir()] == ["Dockerfile"]


def test_a_readme_that_is_there_is_left(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine\n")
    done = penstock("init", "--name", "fruit", where=tmp_path)
    assert done.returncode == 0
    assert ".: left README.md as it was\n" in done.stderr
    assert "README.md" not in done.stdout
    assert done.stdout.splitlines()[-1] == "next: penstock run pipeline.py"
    assert (tmp_path / "README.md").read_text() == "mine\n"
    assert penstock("run", "pipeline.py", "--with", "process", where=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["My fruit"], "'My fruit' cannot be the name of the Pipeline: a Pipeline's name must be a DNS label"),
        (["fruit", "--name", "Fruit"], "'Fruit' cannot be the name of the Pipeline: a Pipeline's name must be"),
        (["fruit", "--name", ""], "'' cannot be the name of the Pipeline: "),
        (["a" * 64], "give it one with --name"),
        (["file/in"], "file/in/pipeline.py cannot be written: Not a directory"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, words: list[str], said: str) -> None:
    (tmp_path / "file").write_text("")
    done = penstock("init", *words, where=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert said in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("name", ["123", "null", "a" * 63, "class"])
@BOTH
def test_any_name_of_a_pipeline_will_do(tmp_path: Path, name: str, language: Language) -> None:
    project.write(tmp_path, files(name, language))
    compiled = penstock("compile" if language == "python" else "lint", PIPELINES[language], where=tmp_path)
    assert compiled.returncode == 0, compiled.stdout + compiled.stderr
    if language == "python":
        assert yaml.safe_load(compiled.stdout)["metadata"]["name"] == name


def test_what_is_not_an_option_ends_with_two(tmp_path: Path) -> None:
    assert penstock("init", "--toml", where=tmp_path).returncode == 2


def test_it_is_completed_and_explained(tmp_path: Path) -> None:
    variables = {"_PENSTOCK_COMPLETE": "complete_bash", "COMP_WORDS": "penstock in", "COMP_CWORD": "1"}
    entry = "import sys; sys.argv = ['penstock']; from penstock.cli import main; main()"
    assert command(sys.executable, "-c", entry, where=tmp_path, **variables).stdout.split() == ["init"]
    variables.update(COMP_WORDS="penstock init --", COMP_CWORD="2")
    assert {"--python", "--yaml", "--name"} <= set(
        command(sys.executable, "-c", entry, where=tmp_path, **variables).stdout.split()
    )
    assert "Begin a project" in penstock("init", "--help", where=tmp_path).stdout


@pytest.mark.parametrize(
    ("origin", "wanted"),
    [
        (None, "penstock==1.2.0"),
        ({"url": "file:///home/ada/penstock", "dir_info": {"editable": True}}, "penstock==1.2.0"),
        (
            {"url": "https://example.com/penstock-1.2.0-py3-none-any.whl", "archive_info": {}},
            "penstock @ https://example.com/penstock-1.2.0-py3-none-any.whl",
        ),
        (
            {
                "url": "https://example.com/p.git",
                "vcs_info": {"vcs": "git", "commit_id": "abc", "requested_revision": "v1"},
            },
            "penstock @ git+https://example.com/p.git@abc",
        ),
    ],
)
def test_others_install_what_this_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, origin: object, wanted: str
) -> None:
    """As pip leaves it in the metadata."""
    metadata = tmp_path / "penstock-1.2.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.4\nName: penstock\nVersion: 1.2.0\n")
    if origin:
        (metadata / "direct_url.json").write_text(json.dumps(origin))
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert requirement() == wanted


def test_the_wheel_has_all_of_it() -> None:
    """Hatchling takes what git does not ignore; some of these files are called like what git does ignore."""
    templates = [str(path) for path in TEMPLATES.rglob("*.in")]
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", str(TEMPLATES)]
    taken = command(*words, where=ROOT).stdout.split("\0")
    assert sorted(str(ROOT / path) for path in taken if path) == sorted(templates) != []
