import os
import time

import pytest
from penstock_ml import bundle
from penstock_ml.wire import InputError

from serving import shelf


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "lost+found").mkdir()
    return tmp_path / "models"


@pytest.fixture
def packed(tmp_path):
    def pack(text):
        place = tmp_path / f"bundle-{text}"
        place.mkdir()
        (place / bundle.MODEL).write_text(text)
        bundle.seal(place)
        return place

    return pack


def names(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != "lost+found")


def test_a_bundle_is_on_the_shelf_by_its_version(folder, packed):
    version = shelf.put(packed("one"), folder)
    assert names(folder) == [version]
    assert bundle.check(folder / version, version) == version
    assert shelf.put(packed("two"), folder) != version
    assert len(names(folder)) == 2


def test_what_is_there_and_whole_stays_as_it_is(folder, packed):
    source = packed("one")
    place = folder / shelf.put(source, folder) / bundle.MODEL
    before = place.stat().st_ino
    shelf.put(source, folder)
    assert place.stat().st_ino == before


def test_what_is_no_longer_whole_is_put_anew(folder, packed):
    source = packed("one")
    version = shelf.put(source, folder)
    (folder / version / bundle.MODEL).write_text("plugh")
    assert shelf.put(source, folder) == version
    assert bundle.check(folder / version, version) == version


def test_what_is_not_as_it_was_sealed_gets_no_place(folder, packed):
    source = packed("one")
    (source / bundle.MODEL).write_text("plugh")
    with pytest.raises(InputError, match="not as it was sealed"):
        shelf.put(source, folder)
    assert names(folder) == []


def test_a_copy_that_was_killed_is_in_nobodys_way_and_goes_in_the_end(folder, packed, monkeypatch):
    source = packed("one")
    monkeypatch.setattr(shelf, "_written", lambda folder: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        shelf.put(source, folder)
    monkeypatch.undo()
    (half,) = names(folder)
    assert half.startswith(shelf.HALF)
    version = shelf.put(source, folder)
    shelf.tidy({version}, folder)
    assert names(folder) == [half, version]
    os.utime(folder / half, (0, 0))
    shelf.tidy({version}, folder)
    assert names(folder) == [version]


def test_who_is_second_takes_what_the_first_put(folder, packed, monkeypatch):
    source = packed("one")
    real = shelf._written

    def overtaken(half):
        monkeypatch.setattr(shelf, "_written", real)
        shelf.put(source, folder)

    monkeypatch.setattr(shelf, "_written", overtaken)
    version = shelf.put(source, folder)
    assert names(folder) == [version]


def test_a_copy_of_what_was_packed_long_ago_is_no_old_copy(folder, packed, monkeypatch):
    source = packed("one")
    os.utime(source, (0, 0))
    monkeypatch.setattr(shelf, "_written", lambda half: shelf.tidy((), folder))  # somebody else is done
    version = shelf.put(source, folder)
    assert names(folder) == [version]


def test_the_last_five_stay_and_whatever_is_needed(folder, packed):
    versions = [shelf.put(packed(str(number)), folder) for number in range(8)]
    for age, version in enumerate(reversed(versions)):
        os.utime(folder / version, (time.time() - age, time.time() - age))
    shelf.tidy({versions[0]}, folder)
    assert names(folder) == sorted([versions[0], *versions[-shelf.KEPT :]])
    assert (folder / "lost+found").exists()


def test_a_shelf_that_is_not_mounted_is_said(packed, tmp_path):
    with pytest.raises(InputError, match="mount the claim of the slots there"):
        shelf.put(packed("one"), tmp_path / "plugh")
