"""What is on disk is always a state that was, wherever a crash tears it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from penstock.local import journal as module
from penstock.local.journal import HEAD, Journal, Unreadable, read
from penstock.local.objects import Key, Object
from penstock.local.server import Server


def told(path: Path, changes: int = 6) -> list[dict[Key, Object]]:
    """A journal of creations, changes and deletions; what there was after each of its lines."""
    journal = Journal(path)
    states: list[dict[Key, Object]] = [{}]

    def record(key: Key, obj: Object | None) -> None:
        journal.record(key, obj)
        after = {**states[-1], key: obj} if obj else {k: v for k, v in states[-1].items() if k != key}
        states.append(after)  # type: ignore[arg-type]

    server = Server(record=record)
    for number in range(changes // 3):
        server.create("steps", "ns", {"metadata": {"name": f"s{number}"}, "spec": {"text": "ä\n" * number}})
        server.patch("steps", "ns", f"s{number}", {"spec": {"more": number}})
        if number:
            server.delete("steps", "ns", f"s{number - 1}")
    journal.close()
    return states


def opened(path: Path) -> dict[Key, Object]:
    """What a journal tells when it is opened to go on."""
    journal = Journal(path)
    journal.close()
    return journal.objects


def test_wherever_it_is_cut_it_tells_of_a_state_that_was(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    states = told(path)
    text = path.read_bytes()
    reached = []
    for end in range(len(text) + 1):
        path.write_bytes(text[:end])
        found = read(path)
        assert found in states
        assert opened(path) == found
        reached.append(states.index(found))
    assert reached == sorted(reached)
    assert set(reached) == set(range(len(states)))


def test_what_comes_after_a_torn_line_is_written_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    told(path)
    with path.open("ab") as file:
        file.write(b'12345678 ["steps","ns","half",{"meta')
    journal = Journal(path)
    journal.record(("steps", "ns", "new"), {"metadata": {"name": "new", "resourceVersion": "9"}})
    journal.close()
    assert ("steps", "ns", "new") in read(path)
    assert ("steps", "ns", "half") not in read(path)


def test_nothing_behind_a_line_that_is_not_as_it_was_written_counts(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    states = told(path)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[3] = lines[3].replace(b"s1", b"s7")
    path.write_bytes(b"".join(lines))
    assert read(path) == states[2]


def test_versions_go_on(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    told(path)
    journal = Journal(path)
    newest = max(int(obj["metadata"]["resourceVersion"]) for obj in journal.objects.values())
    assert journal.version > newest
    journal.close()


def test_it_is_written_anew_when_most_of_it_is_outdated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal"
    told(path, 30)
    before, size = read(path), path.stat().st_size
    monkeypatch.setattr(module, "MUCH", 3)
    assert opened(path) == before
    assert path.stat().st_size < size / 5
    assert read(path) == before
    journal = Journal(path)
    journal.record(("steps", "ns", "new"), {"metadata": {"name": "new", "resourceVersion": "9999"}})
    journal.close()
    assert read(path).keys() == before.keys() | {("steps", "ns", "new")}


@pytest.mark.parametrize("taken", [0, 20])
def test_what_a_full_disk_does_not_take_has_not_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: int
) -> None:
    path = tmp_path / "journal"
    journal = Journal(path)
    server = Server(record=journal.record)
    server.create("steps", "ns", {"metadata": {"name": "a"}})
    real, calls = os.write, []

    def full(file: int, data: bytes) -> int:
        calls.append(data)
        if len(calls) == 1 and taken:
            return real(file, bytes(data)[:taken])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space"):
            server.create("steps", "ns", {"metadata": {"name": "b"}})
    assert ("steps", "ns", "b") not in server.objects
    server.create("steps", "ns", {"metadata": {"name": "c"}})
    journal.close()
    assert sorted(name for _, _, name in read(path)) == ["a", "c"]


def test_another_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_bytes(b"something else that somebody may need\n")
    for reading in (read, Journal):
        with pytest.raises(Unreadable, match="move it away"):
            reading(path)
    assert path.read_bytes().startswith(b"something else")


def test_secrets_are_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = Journal(path)
    journal.record(("secrets", "ns", "s"), {"metadata": {"name": "s", "resourceVersion": "1"}, "data": {}})
    journal.close()
    assert path.read_bytes() == HEAD
    assert path.stat().st_mode & 0o077 == 0
