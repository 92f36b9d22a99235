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


def test_of_several_who_miss_the_same_one_installs_it(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    programs.add("apt-get", 'if test "$1" = update; then sleep 1; else touch keys; fi')
    with ThreadPoolExecutor() as several:
        list(several.map(packages.ensure, [{str(programs.folder / "keys"): "keyring"}] * 3))
    assert programs.calls("apt-get") == [
        "apt-get update --quiet",
        "apt-get install --yes --no-install-recommends keyring",
    ]


def test_a_tree_is_made_of_signed_packages_only(programs: Programs, tmp_path: Path) -> None:
    programs.add("debootstrap", "exit 1")
    with pytest.raises(ClusterError, match="debootstrap"):
        debian.tree(["a-package"])
    (call,) = programs.calls("debootstrap")
    assert "--force-check-gpg" in call.split()
    assert not list((tmp_path / "cache" / "images").glob("*.tar"))
