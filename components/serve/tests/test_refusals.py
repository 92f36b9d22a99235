"""What is not served: anything that is not as it was packed."""

import shutil

import pytest
from penstock_ml import bundle
from running import begun, shelve


@pytest.fixture(scope="module")
def shelf(images, tmp_path_factory):
    return tmp_path_factory.mktemp("shelf")


@pytest.fixture(scope="module")
def version(images, shelf):
    return shelve(images, "NaiveBayes", shelf)


def ended(shelf, version):
    process = begun(shelf, version, 1)
    error = process.communicate(timeout=120)[1]
    return process.returncode, error


@pytest.mark.parametrize("asked", ["", "plugh", "../../etc", "sha256-0123456789abcdeF"])
def test_what_is_no_version(shelf, asked):
    code, error = ended(shelf, asked)
    assert code == 2
    assert error.startswith(f"error: the model to serve is '{asked}', but a version is sha256- and 16 digits")


def test_a_version_that_is_not_there(shelf):
    code, error = ended(shelf, "sha256-0123456789abcdef")
    assert (code, "is no bundle" in error) == (2, True)


@pytest.mark.parametrize("what", ["the file", "the manifest", "both"])
def test_a_bundle_that_was_changed_is_never_loaded(shelf, version, tmp_path, what):
    shutil.copytree(shelf / version, tmp_path / version)
    changed = tmp_path / version
    harmful = b"cposix\nsystem\n(S'touch " + str(tmp_path / "harmed").encode() + b"'\ntR."
    if what in ("the file", "both"):
        (changed / bundle.MODEL).write_bytes(harmful)
    if what == "both":
        bundle.seal(changed)
    if what == "the manifest":
        (changed / bundle.MANIFEST).write_text("{}")
    code, error = ended(tmp_path, version)
    assert code == 2
    assert error.count("\n") == 1
    assert ("not as it was sealed" in error) == (what == "the file")
    assert (f"not {version}" in error) == (what != "the file")
    assert not (tmp_path / "harmed").exists()
