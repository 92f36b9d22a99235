"""What is superfluous is removed, from a claim and from a bucket, and nothing else."""

from collections.abc import Callable
from pathlib import Path

import obstore
import pytest
from obstore.store import MemoryStore

from penstock.core.pod.transfer import Collection, Transfer
from penstock.courier.collect import Bucket, Claim, collect
from penstock.courier.problems import CourierError
from penstock.courier.store import Store

FILES = [
    "penstock/p-1/make-1/1-1/a",
    "penstock/p-1/make-1/1-1/a.manifest.json",
    "penstock/p-1/make-1/2-1/d/x/y",
    "penstock/p-1/make-1/2-2/d/x/y",
    "penstock/p-1/make-1/3-1/a",
    "penstock/p-1/gone-2/1-1/a",
    "penstock/p-11/make-1/1-1/a",
    "penstock/other",
    "mine",
]
STEPS = {"make-1": (2, ("2-2",))}
REMOVED = {FILES[0], FILES[1], FILES[2]}


class OnClaim:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in FILES:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text("x")

    def collect(self, collection: Collection) -> list[str]:
        return collect(collection, Claim(self.folder, collection.root))

    def files(self) -> set[str]:
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()}


class InBucket:
    def __init__(self, folder: Path) -> None:
        self.inner = MemoryStore()
        for name in FILES:
            obstore.put(self.inner, name, b"x")

    def collect(self, collection: Collection) -> list[str]:
        store = Store(self.inner, Transfer("s3://bucket", None, "s"))
        return collect(collection, Bucket(store, collection.root))

    def files(self) -> set[str]:
        return {one["path"] for one in obstore.list(self.inner).collect()}


Kind = Callable[[Path], OnClaim | InBucket]
both = pytest.mark.parametrize("kind", [OnClaim, InBucket])


@both
def test_what_is_superfluous_goes(kind: Kind, tmp_path: Path) -> None:
    place = kind(tmp_path)
    lines = place.collect(Collection("penstock/p-1", STEPS, 0.0))
    assert set(FILES) - place.files() == REMOVED
    assert lines == ["removed penstock/p-1/make-1/1-1", "removed penstock/p-1/make-1/2-1"]
    assert place.collect(Collection("penstock/p-1", STEPS, 0.0)) == []


@both
def test_steps_that_are_gone_go_by_age(kind: Kind, tmp_path: Path) -> None:
    place = kind(tmp_path)
    place.collect(Collection("penstock/p-1", STEPS, 4e9))
    assert set(FILES) - place.files() == REMOVED | {"penstock/p-1/gone-2/1-1/a"}


@both
def test_nothing_there_is_nothing_to_do(kind: Kind, tmp_path: Path) -> None:
    assert kind(tmp_path).collect(Collection("penstock/p-9", STEPS, 4e9)) == []


def test_links_on_a_claim_are_not_followed(tmp_path: Path) -> None:
    place = OnClaim(tmp_path)
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious/file").write_text("x")
    (tmp_path / "penstock/p-1/make-1/1-1/link").symlink_to(tmp_path / "precious")
    (tmp_path / "penstock/p-1/make-1/2-9").symlink_to(tmp_path / "precious")
    (tmp_path / "penstock/p-1/link-3").symlink_to(tmp_path)
    place.collect(Collection("penstock/p-1", {**STEPS, "link-3": (9, ())}, 4e9))
    assert (tmp_path / "precious/file").exists()
    assert "penstock/p-11/make-1/1-1/a" in place.files()


def test_one_that_cannot_be_removed_does_not_keep_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Claim(tmp_path, "penstock/p-1")
    OnClaim(tmp_path)
    remove = place.remove

    def refuse(step: str, attempt: str) -> None:
        if attempt == "1-1":
            raise PermissionError(13, "Permission denied")
        remove(step, attempt)

    monkeypatch.setattr(place, "remove", refuse)
    with pytest.raises(CourierError, match=r"removed 1 attempts, could not remove 1: make-1/1-1: .*Permission denied"):
        collect(Collection("penstock/p-1", STEPS, 0.0), place)
    assert not (tmp_path / "penstock/p-1/make-1/2-1").exists()
