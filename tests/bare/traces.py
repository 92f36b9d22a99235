"""What a command leaves on a machine: what was installed, whether it said so, and what goes on after the end."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.bare.machine import PLAIN
from tests.bare.namespaces import Namespaces, groups
from tests.bare.root import CLONE

HOME = PLAIN["HOME"]
CACHES = (".cache/penstock", ".cache/go-build", "go/pkg/mod", ".cache/pip")
"""Below the home directory."""
SETTINGS = ("net/ipv4/ip_forward", "net/bridge/bridge-nf-call-iptables")
PLACES = ("run/penstock", "var/lib/kubelet", "var/log/containers", f"{HOME[1:]}/.local/state/penstock/cluster/run")
"""What a cluster keeps outside its caches."""
BUILT_IN = re.compile(r":(PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING) ")


@dataclass(frozen=True)
class Going:
    """What goes on in the namespaces at one time, each as a line for people."""

    lines: frozenset[str]

    def since(self, earlier: Going) -> list[str]:
        """What was not there earlier, and what was there and is not any more."""
        more = [f"left: {line}" for line in sorted(self.lines - earlier.lines)]
        return more + [f"gone: {line}" for line in sorted(earlier.lines - self.lines)]


def going(spaces: Namespaces) -> Going:
    """Processes, mounts (a network namespace with a name is one), cgroups, devices, addresses, routes, rules."""
    inside = Path(f"/proc/{spaces.first}/root")
    mounts = Path(f"/proc/{spaces.first}/mountinfo").read_text().splitlines()
    lines = [
        *(f"process: {words}" for words in spaces.processes().values()),
        *(f"mount: {line.split()[4]}" for line in mounts),
        *(f"cgroup: {group}" for group in groups()),
        *(f"device: {line}" for line in without_numbers(spaces.outside("ip", "-oneline", "link"))),
        *(f"address: {line}" for line in without_numbers(spaces.outside("ip", "-4", "-oneline", "address"))),
        *(f"route: {line}" for line in spaces.outside("ip", "-4", "route", "show", "table", "all").splitlines()),
        *(f"rule: {line}" for line in rules(spaces.outside("iptables-save"))),
        *(f"setting: {name} = {spaces.outside('cat', f'/proc/sys/{name}').strip()}" for name in SETTINGS),
        *(f"file: /{place}" for place in PLACES if _full(inside / place)),
    ]
    return Going(frozenset(lines))


def left(spaces: Namespaces, earlier: Going, seconds: float = 20) -> list[str]:
    """What is not as it was earlier; what is about to end has ``seconds`` for it."""
    deadline = time.monotonic() + seconds
    while (found := going(spaces).since(earlier)) and time.monotonic() < deadline:
        time.sleep(0.5)
    return found


def rules(saved: str) -> list[str]:
    """What somebody added, out of what ``iptables-save`` prints."""
    return [line.partition(" [")[0] for line in saved.splitlines() if line[:1] in "-:" and not BUILT_IN.match(line)]


def without_numbers(printed: str) -> list[str]:
    """The lines of ``ip -oneline`` without what differs from one look to the next."""
    return [re.sub(r"valid_lft.*", "", line.partition(": ")[2]).strip() for line in printed.splitlines()]


def installed(root: Path) -> set[str]:
    """What there is in the root by a command's doing: packages that were asked for, programs, environments."""
    caches = root / HOME[1:] / CACHES[0]
    found = {_words(path.name) for path in (*caches.glob("programs/[!.]*"), *caches.glob("go-*"))}
    if (root / CLONE[1:] / ".venv").exists():
        found.add(".venv")
    return found | _asked_for(root)


def unsaid(things: Iterable[str], said: str) -> list[str]:
    """Those of the things that a command installed without naming them."""
    return sorted(thing for thing in things if not re.search(rf"(?<![\w-]){re.escape(thing)}(?![\w-])", said, re.I))


def sizes(root: Path) -> dict[str, int]:
    """What each cache holds in megabytes, and all the rest that was written; a file with two names counts once."""
    folders = {name: root / HOME[1:] / name for name in CACHES} | {"the checkout with .venv": root / CLONE[1:]}
    return {name: megabytes(folder) for name, folder in folders.items() if folder.exists()}


def megabytes(folder: Path) -> int:
    """What the files below the folder take on the disk; a file with two names counts once."""
    seen: dict[tuple[int, int], int] = {}
    for path in folder.rglob("*"):
        status = path.lstat()
        seen[status.st_dev, status.st_ino] = status.st_blocks * 512
    return round(sum(seen.values()) / 1e6)


def _words(name: str) -> str:
    """``kubernetes-v1.37.2`` as it is said: ``kubernetes v1.37.2``; a digest of our own file is not said."""
    match = re.fullmatch(r"(.+?)-(v?\d+\.\d+\.\d+)(-[0-9a-f]{8})?", name)
    return f"{match[1]} {match[2]}" if match else name


def _asked_for(root: Path) -> set[str]:
    """The packages that are installed and, as apt notes it, not only because others need them."""
    entries = (root / "var/lib/dpkg/status").read_text().split("\n\n")
    names = {entry.partition("\n")[0].removeprefix("Package: ") for entry in entries if "\nStatus: install ok" in entry}
    states = root / "var/lib/apt/extended_states"
    text = states.read_text() if states.exists() else ""
    return names - set(re.findall(r"Package: (\S+)\n(?:.+\n)*?Auto-Installed: 1", text))


def _full(place: Path) -> bool:
    return place.is_file() or (place.is_dir() and any(place.iterdir()))
