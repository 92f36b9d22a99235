"""Names inside the cluster: CoreDNS as a process on the node's address, which every pod has as its name server.

Gangs find one another by the names that a headless Service gives to its pods.
"""

from __future__ import annotations

import urllib.request
from pathlib import Path

from tests.cluster import network
from tests.cluster.binaries import binary
from tests.cluster.controlplane import DOMAIN, SERVICES, ControlPlane
from tests.cluster.paths import HERE, made
from tests.cluster.progress import stage

PROCESS = "coredns"
READY = f"{network.NODE_ADDRESS}:8181"


def start(plane: ControlPlane) -> None:
    """Start CoreDNS, unless it runs, and return when it has read the cluster's Services."""
    with stage("starting DNS"):
        plane.kubectl("apply", "-f", HERE / "manifests" / "dns.yaml")
        config = made(plane.state / "config")
        kubeconfig = plane.authority.kubeconfig(config / "coredns.kubeconfig", plane.server, "system:coredns")
        corefile = config / "Corefile"
        corefile.write_text(_corefile(kubeconfig))
        plane.processes.start(PROCESS, [binary("coredns"), "-conf", corefile])
        plane.processes.wait_for(PROCESS, ready)


def ready() -> bool:
    """Whether CoreDNS says that all its plugins are ready."""
    try:
        with urllib.request.urlopen(f"http://{READY}/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _corefile(kubeconfig: Path) -> str:
    # No cache for the cluster's own names: one asked for as the pod behind it starts must not be held unknown.
    return f"""\
.:53 {{
    bind {network.NODE_ADDRESS}
    ready {READY}
    errors
    kubernetes {DOMAIN} {SERVICES} {network.PODS} {{
        kubeconfig {kubeconfig}
        ttl 5
    }}
    cache 30 {{
        disable success {DOMAIN}
        disable denial {DOMAIN}
    }}
    forward . /etc/resolv.conf
}}
"""
