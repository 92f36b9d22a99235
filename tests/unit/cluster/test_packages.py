"""What of the distribution is missing, and that nothing unsigned is taken from it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.cluster import debian, packages
from tests.cluster.progress import ClusterError
from tests.unit.cluster.conftest import Programs


def test_programs_and_files_that_are_there_are_not_missing(programs: Programs) -> None:
    needed = {"runc": "runc", str(programs.folder / "keys"): "keyring"}
    assert packages.missing(needed) == ["keyring", "runc"]
    programs.add("runc", "true")
    programs.knows("keys")
    assert packages.missing(needed) == []


def test_who_wants_packages_at_once_waits_for_the_other(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages.os, "geteuid", lambda: 0)
    programs.add(
        "apt-get",
        """
        mkdir busy || { echo "E: Could not get lock"; exit 100; }
        sleep 0.2
        case "$1" in install) mkdir --parents bin; cp bin/apt-get bin/a-program;; esac
        rmdir busy
        """,
    )
    with ThreadPoolExecutor(2) as pool:
        for ended in [pool.submit(packages.ensure, {"a-program": "a-package"}) for _ in range(2)]:
            ended.result()
    assert [call.split()[1] for call in programs.calls("apt-get")] == ["update", "install"]


def test_a_tree_is_made_of_signed_packages_only(programs: Programs, tmp_path: Path) -> None:
    programs.add("debootstrap", "exit 1")
    with pytest.raises(ClusterError, match="debootstrap"):
        debian.tree(["a-package"])
    (call,) = programs.calls("debootstrap")
    assert "--force-check-gpg" in call.split()
    assert not list((tmp_path / "cache" / "images").glob("*.tar"))
