"""A Kubernetes control plane as processes: etcd, kube-apiserver, kube-controller-manager, kube-scheduler.

It stands alone: a state directory, an address and five ports of its own, so that a benchmark can run a second one
beside the cluster of the tests, with simulated nodes (``tests.cluster.simulated``) and other flags::

    plane = ControlPlane(Path("/some/where"), first_port=16443, audit=True, controller_manager_flags=("--v=2",))
    plane.start()
    ...                             # plane.kubeconfig, plane.kubectl("get", "nodes"), plane.audit_log
    plane.stop(delete=True)
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.binaries import ETCD, KUBECTL, KUBERNETES, binary, ensure
from tests.cluster.certificates import Authority
from tests.cluster.commands import run, succeeds
from tests.cluster.paths import made
from tests.cluster.processes import Processes
from tests.cluster.progress import stage

SERVICES = "10.96.0.0/16"
"""Where Services have their addresses; the API server's own is the first of them."""
DOMAIN = "cluster.local"
ADMIN = "penstock-admin"


@dataclass(frozen=True)
class ControlPlane:
    """One control plane; ``start`` and ``stop`` may be called any number of times.

    ``address`` is where the API server listens. Its port is ``first_port``; etcd (client, peer), the controller
    manager and the scheduler have the four that follow, on the loopback interface. A control plane without a node of
    its own listens on the loopback interface only and publishes no address for pods.
    The flags are added to the defaults and win over them. ``audit`` writes a Metadata audit log, of everybody
    or of the groups ``audited``.
    """

    state: Path
    address: str = "127.0.0.1"
    first_port: int = 16443
    audit: bool = False
    audited: tuple[str, ...] = ()
    apiserver_flags: tuple[str, ...] = ()
    controller_manager_flags: tuple[str, ...] = ()
    scheduler_flags: tuple[str, ...] = ()

    @property
    def server(self) -> str:
        """The API server's URL."""
        return f"https://{self.address}:{self.first_port}"

    @property
    def authority(self) -> Authority:
        return Authority(self.state / "pki")

    @property
    def processes(self) -> Processes:
        return Processes(self.state)

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.state / "kubeconfig"

    @property
    def audit_log(self) -> Path:
        """One JSON event a line; there only with ``audit``."""
        return self.state / "logs" / "audit.log"

    def start(self) -> None:
        """Start what does not run yet and return when the API server is ready.

        Raises:
            ClusterError: a program cannot be built, or a process ended; the text has the end of its log.
        """
        ensure(ETCD, KUBERNETES, KUBECTL)
        with stage("starting the control plane"):
            made(self.state).chmod(0o700)
            self.authority.kubeconfig(self.kubeconfig, self.server, ADMIN, "system:masters")
            self._start_etcd()
            self._start_apiserver()
            self.processes.wait_for("kube-apiserver", self.ready)
            self._start_client("kube-controller-manager", self.first_port + 3, self._controller_manager_flags())
            self._start_client("kube-scheduler", self.first_port + 4, self.scheduler_flags)

    def ready(self) -> bool:
        """Whether the API server says so."""
        return succeeds([binary("kubectl"), "--kubeconfig", self.kubeconfig, "get", "--raw", "/readyz"], seconds=15)

    def alive(self) -> bool:
        """Whether all four processes run and the API server is ready."""
        names = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
        return all(self.processes.alive(name) for name in names) and self.ready()

    def kubectl(self, *words: str | Path, stdin: str | None = None) -> str:
        """Run kubectl as administrator and return what it prints."""
        return run([binary("kubectl"), "--kubeconfig", self.kubeconfig, *words], stdin=stdin)

    def stop(self, delete: bool = False) -> None:
        """Stop the four processes; with ``delete`` the state directory goes too."""
        for name in ("kube-scheduler", "kube-controller-manager", "kube-apiserver", "etcd"):
            # The API server waits for its watches to end, which nobody ends: the data are safe with etcd by then.
            self.processes.stop(name, seconds=2)
        if delete:
            shutil.rmtree(self.state, ignore_errors=True)

    def _start_etcd(self) -> None:
        client, peer = (f"http://127.0.0.1:{self.first_port + offset}" for offset in (1, 2))
        self.processes.start(
            "etcd",
            [
                binary("etcd"),
                "--name=penstock",
                f"--data-dir={self.state / 'etcd'}",
                f"--listen-client-urls={client}",
                f"--advertise-client-urls={client}",
                f"--listen-peer-urls={peer}",
                f"--initial-advertise-peer-urls={peer}",
                f"--initial-cluster=penstock={peer}",
                "--unsafe-no-fsync",  # a test cluster need not survive a power cut
                "--log-level=warn",
            ],
        )

    def _start_apiserver(self) -> None:
        authority, accounts = self.authority, self.authority.service_accounts()
        first_service = SERVICES.replace(".0.0/16", ".0.1")
        serving = authority.issue(
            "kube-apiserver",
            names=[f"IP:{ip}" for ip in {"127.0.0.1", self.address, first_service}]
            + [f"DNS:{name}" for name in ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc")]
            + [f"DNS:kubernetes.default.svc.{DOMAIN}"],
        )
        kubelet_client = authority.issue("kube-apiserver-kubelet-client", "system:masters")
        flags = [
            f"--etcd-servers=http://127.0.0.1:{self.first_port + 1}",
            f"--bind-address={self.address}",
            f"--secure-port={self.first_port}",
            f"--client-ca-file={authority.root.certificate}",
            f"--tls-cert-file={serving.certificate}",
            f"--tls-private-key-file={serving.key}",
            f"--service-account-key-file={accounts.certificate}",
            f"--service-account-signing-key-file={accounts.key}",
            f"--service-account-issuer=https://kubernetes.default.svc.{DOMAIN}",
            f"--service-cluster-ip-range={SERVICES}",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            "--allow-privileged=true",
            f"--kubelet-certificate-authority={authority.root.certificate}",
            f"--kubelet-client-certificate={kubelet_client.certificate}",
            f"--kubelet-client-key={kubelet_client.key}",
            "--kubelet-preferred-address-types=InternalIP",
        ]
        if self.address.startswith("127."):
            flags.append("--endpoint-reconciler-type=none")  # a loopback address is of no use to a pod
        else:
            flags.append(f"--advertise-address={self.address}")
        if self.audit:
            flags += [f"--audit-policy-file={self._audit_policy()}", f"--audit-log-path={self.audit_log}"]
            flags.append("--audit-log-maxsize=8192")  # MiB: one file, not a rotated series
        self.processes.start("kube-apiserver", [binary("kube-apiserver"), *flags, *self.apiserver_flags])

    def _controller_manager_flags(self) -> tuple[str, ...]:
        return (
            f"--service-account-private-key-file={self.authority.service_accounts().key}",
            f"--root-ca-file={self.authority.root.certificate}",
            f"--cluster-signing-cert-file={self.authority.root.certificate}",
            f"--cluster-signing-key-file={self.authority.root.key}",
            "--use-service-account-credentials=true",
            *self.controller_manager_flags,
        )

    def _start_client(self, name: str, port: int, flags: tuple[str, ...]) -> None:
        """Start the controller manager or the scheduler: both take these flags, and a kubeconfig of their user."""
        user = f"system:{name}"
        kubeconfig = self.authority.kubeconfig(self.state / "config" / f"{name}.kubeconfig", self.server, user)
        self.processes.start(
            name,
            [
                binary(name),
                f"--kubeconfig={kubeconfig}",
                f"--authentication-kubeconfig={kubeconfig}",
                f"--authorization-kubeconfig={kubeconfig}",
                "--bind-address=127.0.0.1",
                f"--secure-port={port}",
                "--leader-elect=false",
                *flags,
            ],
        )

    def _audit_policy(self) -> Path:
        policy = {
            "apiVersion": "audit.k8s.io/v1",
            "kind": "Policy",
            "omitStages": ["RequestReceived"],
            "rules": [{"level": "Metadata", **({"userGroups": self.audited} if self.audited else {})}],
        }
        path = made(self.state / "config") / "audit.json"
        path.write_text(json.dumps(policy))
        return path
