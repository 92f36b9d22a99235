"""Components of the catalogue that have no program of their own, as processes of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.local.project import Project, pipeline, step

COMPONENTS = Path(__file__).parents[2] / "components"


def component(name: str) -> Any:
    return yaml.safe_load((COMPONENTS / name / "component.yaml").read_text(encoding="utf-8"))


def test_kubectl_gets_its_arguments_and_files_as_they_are(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    words = tools / "words"
    (tools / "kubectl").write_text(f'#!/bin/sh\nfor one in "$@"; do printf "%s\\n" "$one"; done > {words}\n')
    (tools / "kubectl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    each = {"vars": [{"name": "i", "values": ["a", "b"]}]}
    render = step(
        "render",
        'echo "kind: $INPUT_I" > "$OUTPUT_FILE"',
        forEach=each,
        inputs=[{"name": "i", "each": "i"}],
        outputs=[{"name": "file", "type": "Artifact"}],
    )
    given = [{"name": "args", "value": ["apply", "--as=$HOME x", "-f"]}, {"name": "files", "from": "render.file"}]
    deploy = {"name": "deploy", "component": {"name": "kubectl"}, "inputs": given}
    made = pipeline(render, deploy, storage={"claim": {"size": "1Gi"}})
    assert project.run(component("kubectl"), made) == 0
    seen = words.read_text().splitlines()
    assert seen[:3] == ["apply", "--as=$HOME x", "-f"]
    assert [Path(one).read_text() for one in seen[3:]] == ["kind: a\n", "kind: b\n"]
