"""A root of its own for processes, as on a machine of their own: namespaces of all kinds, and a way to the network.

The first process in them ends with this one, and all others with the first: nothing outlives an interruption.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.cluster.node import CGROUPS, remove_cgroups
from tests.cluster.paths import made
from tests.cluster.processes import end
from tests.cluster.progress import ClusterError, wait_until

NAME = "penstock-bare"
"""The host's name in there, and that of the cgroups around it."""
NAME_SERVER = "10.0.2.3"
"""Where slirp4netns answers for the machine's own name server."""
WITH_US = ("setpriv", "--pdeathsig", "KILL")
"""The process ends when the one that started it has ended."""
UNSHARED = ("--pid", "--mount", "--net", "--uts", "--ipc", "--cgroup")

SETUP = """
read -r number rest < /proc/self/stat  # /proc is still that of the machine: it is our number there
echo {name} > /proc/sys/kernel/hostname
mount --bind {root} {root}
cd {root}
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t devtmpfs devtmpfs dev
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts dev/pts
mount -t tmpfs tmpfs dev/shm
mount -t tmpfs -o mode=755 tmpfs run
mkdir run/lock
{cgroups}
ip link set lo up
pivot_root . mnt
cd /
umount --lazy /mnt
echo "$number"
exec env --ignore-signal=CHLD sleep infinity > /dev/null  # who ignores the ends of children leaves no zombies
"""
"""What the first process does as root of the machine, before it becomes that of the tree."""


@dataclass(frozen=True)
class Hierarchy:
    """A tree of cgroups: where this machine has it, and its controllers; no controllers for that of version 2."""

    place: Path
    controllers: str

    @property
    def group(self) -> Path:
        """The cgroup that is the root of the tree in there."""
        return self.place / NAME

    @property
    def ours(self) -> Path:
        """The cgroup of the processes: in version 2, one with children that have controllers has no processes."""
        return self.group if self.controllers else self.group / "init"

    def mounted(self) -> str:
        """The shell command that mounts it in a root, which is the current directory."""
        place = shlex.quote(str(self.place.relative_to("/")))
        kind = f"cgroup -o {self.controllers}" if self.controllers else "cgroup2"
        return f"mkdir -p {place}; mount -t {kind} cgroup {place}"

    def make(self) -> None:
        """Make the cgroups; a set of processors has to be given some."""
        made(self.ours)
        for name in ("cpuset.cpus", "cpuset.mems"):
            if self.controllers and (self.group / name).exists():
                (self.group / name).write_text((self.place / name).read_text())


@dataclass
class Namespaces:
    """Namespaces around a root; ``start`` them once, and ``stop`` them whatever happens."""

    root: Path
    children: list[subprocess.Popen[str]] = field(default_factory=list)
    first: int = 0
    """The number of their first process, as this machine counts."""

    def start(self) -> None:
        """Return when programs can run in the root and reach the network.

        Raises:
            ClusterError: they did not come to be; the first process or slirp4netns has said why on standard error.
        """
        found = trees()
        for one in found:
            one.make()
        setup = SETUP.format(
            name=NAME,
            root=shlex.quote(str(self.root)),
            cgroups="\n".join(["mount -t tmpfs tmpfs sys/fs/cgroup", *(one.mounted() for one in found)]),
        )
        # The cgroups in which the first process is when it unshares are the roots that it sees.
        join = [f"echo 0 > {one.group}/cgroup.procs" for one in found]
        settle = [f"echo 0 > {one.ours}/cgroup.procs" for one in found if one.ours != one.group]
        unshare = ["unshare", "--fork", "--kill-child", *UNSHARED, "sh", "-ec", "\n".join([*settle, setup])]
        keeper = self._child(["sh", "-ec", f'{"; ".join(join)}; exec "$@"', "sh", *WITH_US, *unshare])
        assert keeper.stdout
        self.first = int(keeper.stdout.readline() or "0")
        if not self.first:
            raise ClusterError("the namespaces were not made; see above")
        (self.root / "etc/resolv.conf").write_text(f"nameserver {NAME_SERVER}\n")
        self._child([*WITH_US, "slirp4netns", "--configure", "--disable-host-loopback", str(self.first), "tap0"])
        wait_until("the way to the network", lambda: "default" in self.outside("ip", "route"), 30)

    def stop(self) -> None:
        """End all processes in there, wait until they are gone, and remove the cgroups."""
        for child in reversed(self.children):
            end(child.pid, seconds=2)
            child.wait()
        if self.first:
            wait_until("the end of all processes", lambda: not Path(f"/proc/{self.first}").exists(), 60)
        wait_until("the removal of cgroups", self._without_cgroups, 60)

    def enter(self, argv: Sequence[str], environment: Mapping[str, str], folder: str = "/") -> list[str]:
        """The words of a command that runs ``argv`` in there, with this environment and no other."""
        join = "; ".join(f"echo 0 > {one.ours}/cgroup.procs" for one in trees())
        kinds = ("--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root")
        variables = [f"{name}={value}" for name, value in environment.items()]
        entered = ["nsenter", "--target", str(self.first), *kinds, "env", "-i", f"--chdir={folder}", *variables]
        return ["sh", "-ec", f'{join}; exec "$@"', "sh", *WITH_US, *entered, *argv]

    def outside(self, *argv: str) -> str:
        """What a program of the machine prints in their network; empty if it fails."""
        words = ["nsenter", f"--net=/proc/{self.first}/ns/net", *argv]
        return subprocess.run(words, capture_output=True, text=True).stdout

    def processes(self) -> dict[int, str]:
        """The processes in there, as this machine counts them, with their command lines; without the first."""
        ours, found = os.readlink(f"/proc/{self.first}/ns/pid"), {}
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and os.readlink(entry / "ns/pid") == ours and int(entry.name) != self.first:
                    words = (entry / "cmdline").read_bytes().split(b"\0")
                    name = (entry / "comm").read_bytes()  # one that is about to end has no command line any more
                    found[int(entry.name)] = (b" ".join(words).strip() or name.strip()).decode(errors="replace")
            except OSError:
                continue  # it has ended meanwhile
        return found

    def _child(self, argv: Sequence[str]) -> subprocess.Popen[str]:
        child = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.children.append(child)
        return child

    def _without_cgroups(self) -> bool:
        remove_cgroups(NAME)
        return not groups()


def groups() -> list[Path]:
    """The cgroups that lie around the namespaces, and those in them."""
    roots = {*CGROUPS.glob(NAME), *CGROUPS.glob(f"*/{NAME}")}
    return sorted(path for root in roots for path in [root, *root.rglob("*")] if path.is_dir())


def trees() -> list[Hierarchy]:
    """The trees of cgroups of this machine."""
    return hierarchies(Path("/proc/self/cgroup").read_text(), Path("/proc/self/mounts").read_text())


def hierarchies(cgroup: str, mounts: str) -> list[Hierarchy]:
    """The trees of cgroups, out of /proc/self/cgroup and /proc/self/mounts; those that are not mounted are left out."""
    kinds = [line.split(":")[1] for line in cgroup.splitlines()]
    lines = [line.split() for line in mounts.splitlines()]
    return [Hierarchy(place, kind) for kind in kinds if (place := _place(kind, lines))]


def _place(kind: str, lines: Iterable[Sequence[str]]) -> Path | None:
    for _, place, type_, options, *_ in lines:
        wanted = set(kind.split(",")) if kind else set()
        if type_ == ("cgroup" if kind else "cgroup2") and wanted <= set(options.split(",")):
            return Path(place)
    return None
