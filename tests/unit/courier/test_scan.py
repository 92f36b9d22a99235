"""Outputs that cannot be handed on are refused by name."""

import os
import socket
from pathlib import Path

import pytest

from penstock.courier import scan as scanning
from penstock.courier.problems import InvalidArtifact
from penstock.courier.scan import scan


def refused(root: Path) -> str:
    with pytest.raises(InvalidArtifact) as caught:
        scan(root, "out")
    return str(caught.value)


def test_links_that_lead_out_are_refused_however_they_do(tmp_path: Path) -> None:
    root = tmp_path / "out"
    (root / "sub").mkdir(parents=True)
    link = root / "sub/link"
    for target in ("/etc/passwd", "../..", "../../other", str(root / "sub")):
        link.symlink_to(target)
        assert refused(root) == (
            f"artifact 'out' holds 'sub/link', a link to {target!r} outside the artifact; copy what it points to"
        )
        link.unlink()
    (root / "here").symlink_to(".")
    link.symlink_to("../here/here/../..")  # spelled out it stays inside, followed it does not
    assert "outside the artifact" in refused(root)


def test_links_within_stay(tmp_path: Path) -> None:
    root = tmp_path / "out"
    (root / "sub").mkdir(parents=True)
    (root / "sub/up").symlink_to("..")
    (root / "dangling").symlink_to("nothing")
    (root / "loop").symlink_to("loop")
    found = scan(root, "out")
    assert found is not None
    assert [(link.path, link.target) for link in found.links] == [
        ("dangling", "nothing"),
        ("loop", "loop"),
        ("sub/up", ".."),
    ]


def test_what_is_neither_file_nor_directory_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "'out' is a named pipe" in refused(tmp_path / "pipe")
    assert "holds 'pipe', a named pipe" in refused(tmp_path)
    (tmp_path / "pipe").unlink()
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(tmp_path / "socket"))
        assert "a socket" in refused(tmp_path)
    assert "is a character device" in refused(Path("/dev/null"))


def test_the_output_itself_must_not_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to("real")
    assert "is a symbolic link" in refused(tmp_path / "out")


def test_names_that_no_object_can_have_are_refused(tmp_path: Path) -> None:
    for name, words in ((b"a\nb", "control character"), (b"a\xff", "not UTF-8")):
        path = os.fsencode(tmp_path) + b"/" + name
        Path(os.fsdecode(path)).touch()
        assert words in refused(tmp_path)
        os.unlink(path)
    deep = tmp_path / "/".join(["x" * 200] * 5)
    deep.mkdir(parents=True)
    assert "at most 900 are allowed" in refused(tmp_path)


def test_too_many_entries_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "MAX_ENTRIES", 3)
    for number in range(4):
        (tmp_path / str(number)).touch()
    assert "more than 3 entries" in refused(tmp_path)
    (tmp_path / "0").unlink()
    assert scan(tmp_path, "out") is not None


def test_nothing_there_is_not_refused_here(tmp_path: Path) -> None:
    assert scan(tmp_path / "out", "out") is None
