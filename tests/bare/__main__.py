"""``python -m tests.bare [--stay] [TARGET...]``: what the README says, on a Debian that has nothing else.

Runs ``make demo`` and ``make test``, or other targets, in a clean clone of what is committed here, and
``make clean-cluster`` at the end. Fails if one of them fails, installs what it does not name, or something is left.
"""

from __future__ import annotations

import argparse
import os
import selectors
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from tests.bare import machine, root, traces
from tests.bare.namespaces import Namespaces
from tests.cluster import host, packages
from tests.cluster.containerd import unmount_below
from tests.cluster.paths import CHECKOUT, locked, made, state_dir
from tests.cluster.progress import ClusterError, say

LOGS = CHECKOUT / "build/bare"
NEEDED = packages.NEEDED | {"slirp4netns": "slirp4netns"}
CLEAN = "clean-cluster"
INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Ran:
    """A command that has ended, and what a user saw of it. Times are in seconds."""

    target: str
    code: int
    seconds: float
    silence: float
    """The longest time without a word, and what was said before it."""
    before: str
    said: str


def main() -> int:
    """0 if everything went as the README says, else 1 with what did not."""
    arguments = _parser().parse_args()
    for number in INTERRUPTIONS:
        signal.signal(number, _interrupted)
    home = state_dir().parent / "bare"
    try:
        host.require_root()
        packages.ensure(NEEDED)
        with locked(state_dir().parent / "bare.lock"):
            return _run(home, arguments.targets, arguments.stay)
    except ClusterError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; nothing is left\n")
        return 130


def _run(home: Path, targets: list[str], stay: bool) -> int:
    spaces = Namespaces(home)
    try:
        _remove(home)
        if found := root.changes():
            say(f"not committed, so not in the clone:\n{found}")
        root.make(home)
        spaces.start()
        faults = _try(spaces, targets)
        for fault in faults:
            print(f"FAULT: {fault}")
        print(f"{len(faults)} faults" if faults else "Everything went as the README says.", flush=True)
        if stay:
            say(f"staying until interrupted: nsenter --target {spaces.first} --all --root bash")
            signal.pause()
    finally:
        for number in INTERRUPTIONS:  # another one must not keep us from cleaning up
            signal.signal(number, signal.SIG_IGN)
        say("ending what runs in the bare root, and removing it")
        spaces.stop()
        _remove(home)
    return 1 if faults else 0


def _try(spaces: Namespaces, targets: list[str]) -> list[str]:
    """Run the commands, print what they took, and return what was wrong with them."""
    say(f"commit {root.commit()}, {os.cpu_count()} processors, load {_load()}")
    faults, ran = [], []
    installed, going = traces.installed(spaces.root), traces.going(spaces)
    for target in targets:
        ran.append(_make(spaces, target))
        now = traces.installed(spaces.root)
        unsaid = traces.unsaid(now - installed, ran[-1].said)
        faults += [f"make {target} installed without a word: {one}" for one in unsaid]
        print(f"\nmake {target} installed: {', '.join(sorted(now - installed)) or 'nothing'}", flush=True)
        installed = now
        if ran[-1].code:
            break
    ran.append(_make(spaces, CLEAN))
    faults += [f"make {one.target} ended with {one.code}" for one in ran if one.code]
    faults += [f"after make {CLEAN}: {line}" for line in traces.left(spaces, going)]
    for one in ran:
        print(f"make {one.target}: {one.seconds:.0f} s; silent for {one.silence:.0f} s at most, after: {one.before}")
    for name, size in traces.sizes(spaces.root).items():
        print(f"{name}: {size} MB")
    print(f"Load at the end: {_load()}. What the commands said is in {LOGS.relative_to(CHECKOUT)}/.\n", flush=True)
    return faults


def _make(spaces: Namespaces, target: str) -> Ran:
    """Run ``make TARGET`` in the clone, and pass on what it prints."""
    say(f"make {target}, load {_load()}")
    words = spaces.enter(["make", target], machine.environment(os.environ, spaces.root), root.CLONE)
    began = last = time.monotonic()
    silence, before, said = 0.0, "", b""
    with (
        (made(LOGS) / f"{target}.log").open("wb") as log,
        subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as child,
        selectors.DefaultSelector() as output,
    ):
        assert child.stdout
        output.register(child.stdout, selectors.EVENT_READ)
        while output.select() and (piece := os.read(child.stdout.fileno(), 65536)):
            now = time.monotonic()
            if now - last > silence:
                silence, before = now - last, said[-200:].decode(errors="replace").strip().rpartition("\n")[2]
            last, said = now, said + piece
            for place in (log, sys.stdout.buffer):
                place.write(piece)
                place.flush()
    return Ran(target, child.returncode, time.monotonic() - began, silence, before, said.decode(errors="replace"))


def _remove(home: Path) -> None:
    """Remove the root; what an earlier run that was killed has left of it, too."""
    unmount_below(home)
    if home.exists():
        shutil.rmtree(home)


def _load() -> str:
    return ", ".join(f"{one:.1f}" for one in os.getloadavg())


def _interrupted(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bare", description="The README's commands on a bare Debian.")
    parser.add_argument(
        "targets", nargs="*", default=["demo", "test"], metavar="TARGET", help="demo and test without one"
    )
    parser.add_argument("--stay", action="store_true", help="keep all of it at the end, until interrupted")
    return parser


if __name__ == "__main__":
    sys.exit(main())
