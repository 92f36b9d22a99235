"""Where cgroups are, out of what the kernel prints; the namespaces themselves are tried by ``make bare-test``."""

from __future__ import annotations

from pathlib import Path

from tests.bare.namespaces import Hierarchy, hierarchies

VERSION_1 = """\
9:name=systemd:/
5:cpu,cpuacct:/user
4:memory:/process/1
0::/
"""
VERSION_1_MOUNTS = """\
tmpfs /sys/fs/cgroup tmpfs rw,relatime,mode=755 0 0
cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,nosuid,cpu,cpuacct 0 0
cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0
cgroup /sys/fs/cgroup/systemd cgroup rw,xattr,name=systemd 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0
"""


def test_each_tree_of_cgroups_is_found_with_its_controllers() -> None:
    folder = Path("/sys/fs/cgroup")
    assert hierarchies(VERSION_1, VERSION_1_MOUNTS) == [
        Hierarchy(folder / "systemd", "name=systemd"),
        Hierarchy(folder / "cpu,cpuacct", "cpu,cpuacct"),
        Hierarchy(folder / "memory", "memory"),
        Hierarchy(folder / "unified", ""),
    ]


def test_what_is_not_mounted_is_left_out() -> None:
    assert hierarchies("3:pids:/\n0::/\n", "cgroup2 /sys/fs/cgroup cgroup2 rw,nsdelegate 0 0\n") == [
        Hierarchy(Path("/sys/fs/cgroup"), "")
    ]


def test_in_version_2_the_processes_have_a_cgroup_below_the_one_with_the_controllers() -> None:
    one = Hierarchy(Path("/sys/fs/cgroup"), "")
    assert one.ours.parent == one.group
    other = Hierarchy(Path("/sys/fs/cgroup/memory"), "memory")
    assert other.ours == other.group
