"""The node's network: an address for it, a bridge for its pods, and all of it taken away again.

The node's address lies on the loopback interface, so that neither a change of network nor a neighbour on it touches
the cluster; pods reach it through their bridge.
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from tests.cluster import host
from tests.cluster.commands import run, succeeds
from tests.cluster.paths import made

NODE_ADDRESS = "10.250.0.1"
PODS = "10.244.0.0/16"
BRIDGE = "penstock0"
TABLES = ("filter", "nat", "mangle")

RULES = (
    ("nat", "POSTROUTING", "-s", PODS, "!", "-d", PODS, "-j", "MASQUERADE"),
    ("filter", "FORWARD", "-s", PODS, "-j", "ACCEPT"),
    ("filter", "FORWARD", "-d", PODS, "-j", "ACCEPT"),
)
SETTINGS = ("net/ipv4/ip_forward", "net/bridge/bridge-nf-call-iptables")


def up(state: Path) -> None:
    """Give the node its address, let packets pass, and write the CNI configuration; remember what was before."""
    before = state / "network.json"
    if not before.exists():
        made(state)
        host.filters_bridges()
        values = {name: _setting(name).read_text().strip() for name in SETTINGS if _setting(name).exists()}
        before.write_text(json.dumps({"settings": values, "kubernetes": bool(_kubernetes_chains())}))
    for name in SETTINGS:
        if _setting(name).exists():
            _setting(name).write_text("1")
    run(["ip", "address", "replace", f"{NODE_ADDRESS}/32", "dev", "lo"])
    for table, chain, *rule in RULES:
        if not succeeds(["iptables", "-w", "-t", table, "-C", chain, *rule]):
            run(["iptables", "-w", "-t", table, "-A", chain, *rule])
    _write_cni(state)


def down(state: Path) -> None:
    """Take away the address, the bridge and the rules; the kernel's settings become what they were."""
    before = state / "network.json"
    if not before.exists():
        return
    was = json.loads(before.read_text())
    succeeds(["ip", "link", "delete", BRIDGE])
    succeeds(["ip", "address", "delete", f"{NODE_ADDRESS}/32", "dev", "lo"])
    for table, chain, *rule in RULES:
        succeeds(["iptables", "-w", "-t", table, "-D", chain, *rule])
    if not was["kubernetes"]:
        _delete_kubernetes_chains()
    for name, value in was["settings"].items():
        _setting(name).write_text(value)
    before.unlink()


def changed(state: Path) -> bool:
    """Whether ``up`` did something to the machine that ``down`` has not undone."""
    return (state / "network.json").exists()


def cni_folder(state: Path) -> Path:
    """Where containerd reads the CNI configuration."""
    return state / "cni"


def _write_cni(state: Path) -> None:
    config = {
        "cniVersion": "0.4.0",
        "name": "penstock",
        "plugins": [
            {
                "type": "bridge",
                "bridge": BRIDGE,
                "isGateway": True,
                "hairpinMode": True,
                "ipam": {
                    "type": "host-local",
                    "ranges": [[{"subnet": PODS}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                    "dataDir": str(state / "addresses"),
                },
            }
        ],
    }
    (made(cni_folder(state)) / "10-penstock.conflist").write_text(json.dumps(config, indent=2))


def _setting(name: str) -> Path:
    return Path("/proc/sys") / name


def _kubernetes_chains() -> list[tuple[str, str]]:
    """The (table, chain) pairs that kubelet and kube-proxy made: those are not ours when they were there before us."""
    found = []
    for table in TABLES:
        if succeeds(["iptables", "-w", "-t", table, "-S"]):
            lines = run(["iptables", "-w", "-t", table, "-S"]).splitlines()
            found += [(table, line.split()[1]) for line in lines if line.startswith("-N KUBE-")]
    return found


def _delete_kubernetes_chains() -> None:
    chains = _kubernetes_chains()
    for table in {table for table, _ in chains}:
        for line in run(["iptables", "-w", "-t", table, "-S"]).splitlines():
            if line.startswith("-A ") and not line.startswith("-A KUBE-") and " -j KUBE-" in line:
                succeeds(["iptables", "-w", "-t", table, "-D", *shlex.split(line)[1:]])
    for action in ("-F", "-X"):
        for table, chain in chains:
            succeeds(["iptables", "-w", "-t", table, action, chain])
