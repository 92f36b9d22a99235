"""What a command has installed and left, out of files and of what programs print."""

from __future__ import annotations

import os
from pathlib import Path

from tests.bare import traces
from tests.bare.traces import Going

STATUS = """\
Package: make
Status: install ok installed
Version: 4.3

Package: libmake
Status: install ok installed

Package: removed
Status: deinstall ok config-files
"""
STATES = """\
Package: libmake
Architecture: amd64
Auto-Installed: 1

Package: make
Architecture: amd64
Auto-Installed: 0
"""
SAVED = """\
*nat
:POSTROUTING ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
-A POSTROUTING -s 10.244.0.0/16 -j MASQUERADE
COMMIT
"""
ADDRESSES = """\
1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever
7: tap0    inet 10.0.2.100/24 scope global tap0\\       valid_lft forever preferred_lft forever
"""


def test_packages_that_were_asked_for_programs_and_environments_are_found(tmp_path: Path) -> None:
    for folder in ("programs/kubernetes-v1.37.2", "programs/coredns-v1.15.0-0a1b2c3d", "programs/.helm-x", "go-1.26.6"):
        (tmp_path / "root/.cache/penstock" / folder).mkdir(parents=True)
    (tmp_path / "root/penstock/.venv").mkdir(parents=True)
    for name, text in (("dpkg/status", STATUS), ("apt/extended_states", STATES)):
        (tmp_path / "var/lib" / name).parent.mkdir(parents=True)
        (tmp_path / "var/lib" / name).write_text(text)
    assert traces.installed(tmp_path) == {"make", ".venv", "kubernetes v1.37.2", "coredns v1.15.0", "go 1.26.6"}


def test_a_thing_is_said_only_if_all_of_its_name_is() -> None:
    said = "installing Go 1.26.6 from PyPI\napt-get install --yes python3-venv containerd\n"
    things = {"go 1.26.6", "python3-venv", "containerd"}
    assert traces.unsaid(things | {"python3", "runc"}, said) == ["python3", "runc"]


def test_what_is_left_and_what_is_gone_is_told_apart() -> None:
    before, after = Going(frozenset({"mount: /proc"})), Going(frozenset({"process: kubelet"}))
    assert after.since(before) == ["left: process: kubelet", "gone: mount: /proc"]
    assert before.since(before) == []


def test_chains_that_are_always_there_are_no_rules() -> None:
    assert traces.rules(SAVED) == [":KUBE-SERVICES -", "-A POSTROUTING -s 10.244.0.0/16 -j MASQUERADE"]


def test_addresses_are_without_what_counts_up() -> None:
    assert traces.without_numbers(ADDRESSES) == [
        "lo    inet 127.0.0.1/8 scope host lo\\",
        "tap0    inet 10.0.2.100/24 scope global tap0\\",
    ]


def test_a_file_with_two_names_takes_its_place_once(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(bytes(3_000_000))
    os.link(tmp_path / "one", tmp_path / "two")
    assert traces.megabytes(tmp_path) == 3
