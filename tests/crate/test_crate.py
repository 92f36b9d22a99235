"""What `penstock lineage -o ro-crate` writes, against the Workflow Run RO-Crate profile."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cluster import environments
from tests.cluster.commands import run as command
from tests.unit.core.asked.test_crate import made

PINS = Path(__file__).with_name("requirements.txt")


@pytest.fixture(scope="module")
def validate() -> Callable[[Path], list[str]]:
    def install(_: Path, pip: list[Path | str], folder: Path) -> None:
        command([*pip, "install", "--requirement", PINS], log=folder / "log")

    home = environments.environment("crate", [PINS], "installing the validator of RO-Crates", install)

    def validated(folder: Path) -> list[str]:
        words = [home / "bin/python", PINS.with_name("validate.py"), folder]
        found = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=True, cwd=folder)
        return found.stdout.splitlines()

    return validated


def written(folder: Path, metadata: dict[str, Any]) -> Path:
    (folder / "ro-crate-metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
    (folder / "pipeline.yaml").write_text("kind: Pipeline\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("licence", ["https://spdx.org/licenses/CC-BY-4.0", "Ask Ada."])
def test_it_has_all_that_the_profile_requires(
    validate: Callable[[Path], list[str]], tmp_path: Path, licence: str
) -> None:
    assert validate(written(tmp_path, made(licence))) == []


@pytest.mark.parametrize(
    ("entity", "field", "words"),
    [
        ("./", "license", "must specify a license"),
        ("#run/train/2", "instrument", "MUST have an instrument"),
        ("#param/seed", "additionalType", "MUST have an additionalType"),
    ],
)
def test_what_is_missing_would_be_found(
    validate: Callable[[Path], list[str]], tmp_path: Path, entity: str, field: str, words: str
) -> None:
    broken = made("Ask Ada.")
    del next(one for one in broken["@graph"] if one["@id"] == entity)[field]
    assert words in "\n".join(validate(written(tmp_path, broken)))
