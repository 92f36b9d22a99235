"""What is published comes back as it was, and what was changed in between is refused."""

import json
import os
import subprocess
from pathlib import Path

import obstore
import pytest
from obstore.store import MemoryStore

from penstock.core.pod.contents import Contents
from penstock.core.pod.transfer import Transfer
from penstock.courier import fetch as fetching
from penstock.courier import publish as publishing
from penstock.courier import store as storing
from penstock.courier.fetch import fetch
from penstock.courier.manifest import Manifest
from penstock.courier.problems import CourierError, DamagedArtifact, InvalidArtifact
from penstock.courier.publish import announce, publish
from penstock.courier.store import Store


class Bucket:
    """A bucket in memory, with a directory to publish from and one to fetch to."""

    def __init__(self, folder: Path) -> None:
        self.inner = MemoryStore()
        self.outputs, self.inputs = folder / "outputs", folder / "inputs"
        self.outputs.mkdir()

    def publish(self, **names: bool) -> dict[str, Manifest]:
        transfer = Transfer("s3://b/p", None, "s", place="1-1", publish=names, directory=str(self.outputs))
        return publish(transfer, Store(self.inner, transfer))

    def fetch(self, *names: str) -> list[str]:
        wanted = {str(self.inputs): {name: f"1-1/{name}" for name in names}}
        transfer = Transfer("s3://b/p", None, "s", fetch=wanted)
        return fetch(transfer, Store(self.inner, transfer))

    def keys(self) -> set[str]:
        return {one["path"] for one in obstore.list(self.inner).collect()}

    def write(self, key: str, data: bytes) -> None:
        obstore.put(self.inner, key, data)

    def manifest(self, name: str) -> dict[str, object]:
        found: dict[str, object] = json.loads(bytes(obstore.get(self.inner, f"1-1/{name}.manifest.json").bytes()))
        return found


@pytest.fixture
def bucket(tmp_path: Path) -> Bucket:
    return Bucket(tmp_path)


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven bytes at a time, so that small files take the way of large ones."""
    for module in (storing, publishing, fetching):
        monkeypatch.setattr(module, "PIECE", 7)


def tree(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): f"-> {os.readlink(path)}"
        if path.is_symlink()
        else "/"
        if path.is_dir()
        else f"{path.read_text()} {path.stat().st_mode & 0o111 != 0}"
        for path in root.rglob("*")
    }


@pytest.mark.parametrize("size", [0, 1, 6, 7, 8, 14, 70, 71])
def test_a_file_of_any_size(bucket: Bucket, size: int) -> None:
    data = bytes(range(size))
    (bucket.outputs / "a").write_bytes(data)
    bucket.publish(a=False)
    bucket.fetch("a")
    assert (bucket.inputs / "a/a").read_bytes() == data
    assert bucket.keys() == {"1-1/a", "1-1/a.manifest.json"}


def test_a_directory_with_all_that_it_may_hold(bucket: Bucket) -> None:
    root = bucket.outputs / "d"
    (root / "x/y").mkdir(parents=True)
    (root / "empty/inner").mkdir(parents=True)
    (root / "x/y/long").write_text("much longer than one piece")
    (root / "x/ö #%20 z").write_text("1")
    (root / "run").write_text("2")
    (root / "run").chmod(0o700)
    (root / "x/link").symlink_to("../run")
    (root / "x/folder").symlink_to("y")
    bucket.publish(d=False)
    bucket.fetch("d")
    assert tree(bucket.inputs / "d/d") == tree(root)


def test_an_empty_directory_is_there(bucket: Bucket) -> None:
    (bucket.outputs / "d").mkdir()
    bucket.publish(d=False)
    bucket.fetch("d")
    assert (bucket.inputs / "d/d").is_dir()


def test_what_is_optional_may_be_missing_and_nothing_else_may(bucket: Bucket) -> None:
    (bucket.outputs / "there").write_text("x")
    with pytest.raises(InvalidArtifact, match=r"^artifact 'gone' was not written$"):
        bucket.publish(there=False, gone=False)
    assert not bucket.keys(), "something was published of an attempt that failed"
    bucket.publish(there=False, gone=True)
    bucket.fetch("there", "gone")
    assert (bucket.inputs / "there/there").exists()
    assert not (bucket.inputs / "gone/gone").exists()


def test_lists_are_fetched_item_by_item(bucket: Bucket, tmp_path: Path) -> None:
    (bucket.outputs / "a").write_text("x")
    bucket.publish(a=False)
    target = tmp_path / "lists"
    transfer = Transfer("s3://b/p", None, "s", fetch={str(target): {"n": ["1-1/a", None, ["1-1/a"]]}})
    fetch(Transfer.parse(transfer.text()), Store(bucket.inner, transfer))
    assert tree(target) == {
        "n": "/",
        "n/0": "/",
        "n/0/a": "x False",
        "n/2": "/",
        "n/2/0": "/",
        "n/2/0/a": "x False",
    }


@pytest.mark.parametrize("data", [b"12345", b"a longer text"])
@pytest.mark.parametrize("change", [lambda old: old[::-1], lambda old: old[:-1], lambda old: old + b"x"])
def test_a_changed_object_is_refused(bucket: Bucket, data: bytes, change: object) -> None:
    (bucket.outputs / "a").write_bytes(data)
    bucket.publish(a=False)
    bucket.write("1-1/a", change(data))  # type: ignore[operator]
    with pytest.raises(DamagedArtifact, match=r"^checksum mismatch: s3://b/p/1-1/a has "):
        bucket.fetch("a")


def test_a_deleted_object_or_manifest_is_named(bucket: Bucket) -> None:
    (bucket.outputs / "a").write_text("x")
    bucket.publish(a=False)
    obstore.delete(bucket.inner, "1-1/a")
    with pytest.raises(DamagedArtifact, match=r"s3://b/p/1-1/a is in the manifest, but not there"):
        bucket.fetch("a")
    obstore.delete(bucket.inner, "1-1/a.manifest.json")
    with pytest.raises(CourierError, match=r"the artifact s3://b/p/1-1/a is not there"):
        bucket.fetch("a")


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", "a//b", "", ".", "a/.", "a\0b"])
def test_a_manifest_that_climbs_out_is_refused(bucket: Bucket, path: str) -> None:
    (bucket.outputs / "d").mkdir()
    (bucket.outputs / "d/f").write_text("x")
    bucket.publish(d=False)
    for forged in ({"files": [{"path": path, "size": 1, "sha256": ""}]}, {"directories": [path]}):
        bucket.write("1-1/d.manifest.json", json.dumps({**bucket.manifest("d"), **forged}).encode())
        with pytest.raises(DamagedArtifact, match="not within the artifact"):
            bucket.fetch("d")
    assert not bucket.inputs.exists()


@pytest.mark.parametrize("target", ["/etc", "../..", "a/../../x"])
def test_a_forged_link_that_leads_out_is_refused(bucket: Bucket, target: str) -> None:
    (bucket.outputs / "d").mkdir()
    bucket.publish(d=False)
    forged = {**bucket.manifest("d"), "links": [{"path": "l", "target": target}]}
    bucket.write("1-1/d.manifest.json", json.dumps(forged).encode())
    with pytest.raises(DamagedArtifact, match="leads out of the artifact"):
        bucket.fetch("d")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', '{"format": 2}', "null"])
def test_what_is_no_manifest_is_refused(bucket: Bucket, text: str) -> None:
    bucket.write("1-1/d.manifest.json", text.encode())
    with pytest.raises(DamagedArtifact, match=r"d\.manifest\.json"):
        bucket.fetch("d")


def test_an_attempt_is_announced_only_if_it_publishes(bucket: Bucket) -> None:
    for names in ({}, {"a": False}):
        transfer = Transfer("s3://b/p", None, "s", place="1-1", publish=names)
        announce(transfer, Store(bucket.inner, transfer), b"{}")
        assert bucket.keys() == ({"1-1/attempt.json"} if names else set())


class TestContents:
    """What the status tells of an artifact: a user can check it with the tools of any machine."""

    def test_of_a_file_it_is_what_sha256sum_says(self, bucket: Bucket) -> None:
        (bucket.outputs / "a").write_bytes(b"0123456789")
        contents = bucket.publish(a=False, gone=True)["a"].contents
        said = subprocess.run(["sha256sum", bucket.outputs / "a"], capture_output=True, text=True, check=True).stdout
        assert contents == Contents(said.split()[0], 10)

    def test_of_a_directory_it_is_that_of_the_sorted_list(self, bucket: Bucket) -> None:
        for path, text in (("b", "1"), ("a.x", "22"), ("a/z", "333"), ("ö ü", "")):
            (bucket.outputs / "d" / path).parent.mkdir(parents=True, exist_ok=True)
            (bucket.outputs / "d" / path).write_text(text)
        contents = bucket.publish(d=False)["d"].contents
        words = "find * -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum"
        said = subprocess.run(
            ["sh", "-c", words], cwd=bucket.outputs / "d", capture_output=True, text=True, check=True
        ).stdout
        assert contents == Contents(said.split()[0], 6)

    def test_all_that_comes_back_counts_but_modes_and_times(self, bucket: Bucket) -> None:
        root = bucket.outputs / "d"
        root.mkdir()
        (root / "f").write_text("x")
        found = [bucket.publish(d=False)["d"].contents]
        for change in (
            lambda: (root / "e").mkdir(),
            lambda: (root / "e").rename(root / "g"),
            lambda: (root / "l").symlink_to("f"),
            lambda: ((root / "l").unlink(), (root / "l").symlink_to("g")),
            lambda: (root / "f").rename(root / "h"),
            lambda: (root / "h").write_text("y"),
        ):
            change()
            found.append(bucket.publish(d=False)["d"].contents)
        assert len({one.sha256 for one in found if one}) == 7
        (root / "h").chmod(0o700)
        os.utime(root / "h", (0, 0))
        assert bucket.publish(d=False)["d"].contents == found[-1]

    def test_of_nothing_there_is_nothing_to_say(self, bucket: Bucket) -> None:
        assert bucket.publish(gone=True)["gone"].contents is None
