import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from penstock_ml import bundle, wire


@pytest.fixture
def sealed(tmp_path):
    folder = tmp_path / "bundle"
    (folder / "words").mkdir(parents=True)
    (folder / "model.joblib").write_bytes(b"model")
    (folder / "words" / "list.txt").write_text("plugh")
    bundle.seal(folder)
    return folder


def test_equal_files_have_equal_versions(sealed):
    before = bundle.check(sealed)
    assert bundle.seal(sealed) == before
    assert before.startswith("sha256-")
    assert len(before) == len("sha256-") + 16
    (sealed / "model.joblib").write_bytes(b"other")
    assert bundle.seal(sealed) != before


@pytest.mark.parametrize("name", ["model.joblib", "words/list.txt", "added"])
def test_what_is_not_as_it_was_sealed_is_named(sealed, name):
    (sealed / name).write_text("xyzzy")
    with pytest.raises(wire.InputError, match=f"not as it was sealed: {name} differs"):
        bundle.check(sealed)


def test_a_file_that_is_gone_is_named(sealed):
    (sealed / "model.joblib").unlink()
    with pytest.raises(wire.InputError, match=r"model\.joblib differs"):
        bundle.check(sealed)


def test_another_version_than_expected_is_refused(sealed):
    with pytest.raises(wire.InputError, match="not sha256-0"):
        bundle.check(sealed, "sha256-0")


@pytest.mark.parametrize("text", ["", "[]", "[" * 99999, "{}", '{"files": []}', '{"files": {"a": 1}}', "\xff"])
def test_a_manifest_that_is_none_is_said(sealed, text):
    (sealed / bundle.MANIFEST).write_text(text, encoding="latin-1")
    with pytest.raises(wire.InputError, match="manifest"):
        bundle.check(sealed)


def test_a_folder_without_manifest_is_no_bundle(tmp_path):
    with pytest.raises(wire.InputError, match="wire it from a package step"):
        bundle.version(tmp_path)


def test_links_are_refused(sealed):
    (sealed / "link").symlink_to("/etc/passwd")
    with pytest.raises(wire.InputError, match="symbolic link"):
        bundle.seal(sealed)


def test_what_is_neither_file_nor_folder_is_refused(sealed):
    os.mkfifo(sealed / "pipe")
    with pytest.raises(wire.InputError, match="neither file nor folder"):
        bundle.check(sealed)


def test_a_model_is_checked_that_is_larger_than_memory(tmp_path):
    with open(tmp_path / "model.joblib", "wb") as file:
        file.truncate(400 * 2**20)  # a hole, that takes no disk
    text = f"""
import resource
from pathlib import Path
from penstock_ml import bundle
resource.setrlimit(resource.RLIMIT_DATA, (200 * 2**20,) * 2)
print(bundle.seal(Path({str(tmp_path)!r})))
"""
    command = [sys.executable, "-c", text]
    environment = {**os.environ, "PYTHONPATH": str(Path(bundle.__file__).parents[1])}
    assert subprocess.run(command, env=environment, capture_output=True, text=True).stdout.startswith("sha256-")


def test_the_manifest_is_what_its_text_says(sealed):
    files = json.loads((sealed / bundle.MANIFEST).read_text())["files"]
    assert files["words/list.txt"]["bytes"] == len("plugh")
