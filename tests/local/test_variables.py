"""What docs/local.md says of variables: those of the shell count for nothing, and a parameter may become one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.local.project import Project, pipeline, step

PAGE = (Path(__file__).parents[2] / "docs/local.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[0]


def test_a_folder_that_is_a_parameter_has_results_of_its_own(project: Project) -> None:
    made = yaml.safe_load(SHOWN)
    (count,) = made["spec"]["steps"]
    count["script"] = 'echo "$TEXTS" >> seen\n' + count["script"]
    folders = [str(project.path / name) for name in ("one", "two")]
    for number, folder in enumerate(folders, 1):
        Path(folder).mkdir()
        for name in range(number):
            Path(folder, str(name)).touch()
    for number, folder in ((1, folders[0]), (2, folders[1]), (1, folders[0])):
        made["spec"]["params"][0]["value"] = folder
        assert project.run(made) == 0
        assert project.step("count", "count")["outputs"] == {"files": number}
    assert project.lines("seen") == folders


def test_a_variable_of_the_shell_counts_for_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    one = pipeline(step("a", 'echo "$OF_THE_SHELL" >> seen'))
    for value in ("1", "2"):
        monkeypatch.setenv("OF_THE_SHELL", value)
        assert project.run(one) == 0
    assert project.lines("seen") == ["1"]
