"""What a step has left on a claim is read where it is, with the digests that it would have in an object store."""

import os
import sys
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from penstock.core.pod.contents import Contents, heard
from penstock.core.pod.transfer import VARIABLE, Transfer
from penstock.courier import __main__ as courier
from penstock.courier.measure import measure, message
from penstock.courier.publish import publish
from penstock.courier.store import Store


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """A file, and a directory with all that it may hold."""
    (tmp_path / "file").write_bytes(b"x" * 100)
    root = tmp_path / "folder"
    (root / "a/b").mkdir(parents=True)
    (root / "empty").mkdir()
    (root / "a/b/ö").write_text("1")
    (root / "a.txt").write_text("22")
    (root / "a.txt").chmod(0o700)
    (root / "link").symlink_to("a.txt")
    return tmp_path


def test_it_is_as_it_would_be_when_published(left: Path) -> None:
    names = {"file": False, "folder": False, "gone": True}
    transfer = Transfer("s3://b/p", None, "s", place="1-1", publish=names, directory=str(left))
    published = publish(transfer, Store(MemoryStore(), transfer))
    found, lines = measure(left, names)
    assert found == {name: manifest.contents for name, manifest in published.items()}
    assert found["gone"] is None
    assert lines[:2] == ["measured file: 1 files, 100 bytes", "measured folder: 2 files, 3 bytes"]


def test_what_cannot_be_measured_does_no_harm(left: Path) -> None:
    os.mkfifo(left / "pipe")
    (left / "folder/out").symlink_to("/etc")
    found, lines = measure(left, ["file", "folder", "pipe"])
    assert [name for name, one in found.items() if one] == ["file"]
    assert lines[1].startswith("not measured: artifact 'folder' holds 'out', a link to '/etc' outside the artifact")
    assert heard(message(left, ["file", "folder", "pipe"]), ["pipe", "folder", "file"]).keys() == {"file"}


def test_the_container_says_so_and_succeeds(
    left: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = tmp_path_factory.mktemp("log") / "termination-log"
    said.touch()
    transfer = Transfer("", None, "", publish={"file": False, "gone": False}, directory=str(left))
    monkeypatch.setenv(VARIABLE, transfer.text())
    monkeypatch.setattr(courier, "MESSAGE", said)
    monkeypatch.setattr(sys, "argv", ["courier", "publish"])
    assert courier.main() == 0
    (contents,) = heard(said.read_text(), ["file", "gone"]).values()
    assert isinstance(contents, Contents)
    assert contents.size == 100
