"""The command line: ``python -m tests.cluster up|down|status|images|load|kubeconfig|env|gpus``."""

from __future__ import annotations

import argparse
import os
import signal
import sys

from tests.cluster import binaries, disks, gpus, images
from tests.cluster.choice import Cluster, cluster, start, stop
from tests.cluster.paths import locked, state_dir
from tests.cluster.progress import ClusterError, plan, say

SYSTEM_PROGRAMS = "/usr/local/sbin:/usr/sbin:/sbin"
"""Where iptables and mount are; not on every user's PATH."""


def main() -> int:
    """Run one command; 0 when it succeeded, 1 with one clear error otherwise."""
    arguments = _parser().parse_args()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # "status | head" ends quietly
    os.environ["PATH"] += os.pathsep + SYSTEM_PROGRAMS
    try:
        return _run(arguments, cluster())
    except ClusterError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except OSError as error:
        if not (hint := disks.hint(str(error))):
            raise
        sys.stderr.write(f"error: {error}{hint}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; what was started goes on: 'python -m tests.cluster down' stops it\n")
        return 130


def _run(arguments: argparse.Namespace, one: Cluster) -> int:
    name: str = arguments.command
    if name == "kubeconfig":
        print(one.kubeconfig)
    elif name == "env":
        print(f'export KUBECONFIG="{one.kubeconfig}" PATH="{binaries.on_path()}:$PATH"')
    elif name == "status":
        alive = one.alive()
        print(f"{'up' if alive else 'down'}: {one.kind}, KUBECONFIG={one.kubeconfig}")
        if alive or one.kind != "kind":
            print("\n".join(one.describe()))
        return 0 if alive else 1
    elif name == "gpus":
        gpus.advertise(one.kubeconfig, arguments.count)
    else:
        with locked(state_dir().parent / "cluster.lock"):
            _change(arguments, one)
    return 0


def _change(arguments: argparse.Namespace, one: Cluster) -> None:
    if arguments.command == "up":
        one = start()
        binaries.on_path()
        say(f"the cluster is up ({one.kind})")
        print(one.kubeconfig)
    elif arguments.command == "down":
        stop(one)
        say(f"the cluster is down ({one.kind})")
    elif arguments.command == "images":
        chosen = images.chosen(arguments.names)
        plan(images.lane(chosen, one.builder))
        images.build(chosen, one.builder)
        one.load([image.name for image in chosen])
    elif arguments.command == "load":
        one.load(arguments.names)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description="A real Kubernetes cluster for tests.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("up", help="bring the cluster up (does nothing when it is); print its kubeconfig's path")
    commands.add_parser("down", help="stop everything that up started")
    commands.add_parser("status", help="say whether it is up, and where the logs are; exit code 1 when it is not")
    commands.add_parser("kubeconfig", help="print the path of the kubeconfig")
    commands.add_parser("env", help="print shell lines that set KUBECONFIG and put kubectl and helm on PATH")
    build = commands.add_parser("images", help="build the project's images that changed and load them")
    build.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="python, operator or a component; without one what every Pipeline needs",
    )
    load = commands.add_parser("load", help="load images that the engine has")
    load.add_argument("names", nargs="+", metavar="IMAGE")
    count = commands.add_parser("gpus", help="advertise nvidia.com/gpu on the nodes")
    count.add_argument("count", type=int, metavar="N")
    return parser


if __name__ == "__main__":
    sys.exit(main())
