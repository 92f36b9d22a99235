"""A control plane of its own with two namespaces, people who may different things, and the page's server before it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cluster.binaries import binary
from tests.cluster.certificates import Authority
from tests.cluster.controlplane import ControlPlane
from tests.cluster.paths import CHECKOUT
from tests.cluster.processes import end
from tests.contract import chart
from tests.faults.ground import free_ports
from tests.scenes.scenes import small
from tests.viewers import asking, documented, tokens
from tests.viewers.oidc import USER, Provider

Object = dict[str, Any]

OURS, THEIRS = "team-a", "team-b"
NAMES = {OURS: "digits", THEIRS: "xyzzy"}
"""The Pipeline in each."""
SECRET = "plugh"
"""Stands in the messages of `THEIRS`, and in nothing else."""
WEB = {"web": {"enabled": True}, "scope": {"clusterWide": True}}
CONTROLLERS = "--controllers=clusterrole-aggregation-controller,serviceaccount-controller"
EDIT, VIEW = "edit", "view"
ACCOUNTS = {
    # by account: ClusterRoles in team-a
    "reader": (VIEW,),
    "approver": (EDIT,),
    "half": ("only-pipelines",),
    "once": ("no-watch",),
    "stranger": (),
    "admin": (),
}
ROLES: dict[str, list[Object]] = {
    "only-pipelines": [{"apiGroups": ["penstock.dev"], "resources": ["pipelines"], "verbs": ["get", "list", "watch"]}],
    "no-watch": [{"apiGroups": ["penstock.dev"], "resources": ["pipelines", "steps"], "verbs": ["get", "list"]}],
}


@dataclass(eq=False)
class Town:
    """What runs. `port`: of the page; `people`: tokens by who bears them."""

    plane: ControlPlane
    provider: Provider
    port: int
    people: dict[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.port}/"

    def kubectl(self, who: str, *words: str) -> tuple[int, str]:
        """Exit code and output of kubectl with somebody's token; without one nobody is named."""
        plane = self.plane
        command = [binary("kubectl"), "--kubeconfig=/dev/null", f"--server={plane.server}"]
        command += [f"--certificate-authority={plane.authority.root.certificate}", f"--token={self.people[who]}"]
        done = subprocess.run([*map(str, command), *words], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout

    def ask(self, who: str, path: str, method: str = "GET", body: str | None = None, **headers: str) -> tuple[int, str]:
        """Status and body of an answer of the page's server; of a stream its first event."""
        return asking.ask(self.place, path, self.people[who], method, body, **headers)

    def until(self, who: str, path: str, holds: Callable[[Object], bool]) -> Object:
        """The JSON of an answer as soon as something holds of it."""
        deadline = time.monotonic() + 60
        while True:
            found: Object = json.loads(self.ask(who, path)[1])
            if holds(found):
                return found
            assert time.monotonic() < deadline, found
            time.sleep(0.1)


@contextmanager
def town() -> Iterator[Town]:
    """Nothing of it is left afterwards."""
    state = Path(tempfile.mkdtemp(prefix="penstock-viewers-"))
    authority = Authority(state / "pki")
    provider = Provider(state, authority, free_ports(1))
    here = {"--oidc-issuer-url": provider.issuer, "--oidc-ca-file": str(authority.root.certificate)}
    flags = tuple(f"{name}={value}" for name, value in {**documented.apiserver_flags(), **here}.items())
    plane = ControlPlane(
        state, first_port=free_ports(5), apiserver_flags=flags, controller_manager_flags=(CONTROLLERS,)
    )
    try:
        plane.start()
        plane.kubectl("apply", "-f", CHECKOUT / "crds")
        plane.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
        found = Town(plane, provider, free_ports(1))
        with provider.serving():
            _people(found, provider)
            _objects(plane)
            with page_server(plane, found.port):
                yield found
    finally:
        plane.stop()
        shutil.rmtree(state, ignore_errors=True)


def _people(town: Town, provider: Provider) -> None:
    plane = town.plane
    for namespace in (OURS, THEIRS, chart.NAMESPACE):
        plane.kubectl("create", "namespace", namespace)
    kinds = ("ServiceAccount", "ClusterRole", "ClusterRoleBinding")
    plane.kubectl("apply", "-f", "-", stdin=json.dumps(_list(chart.of_kind(chart.objects(values=WEB), *kinds))))
    for role, rules in ROLES.items():
        _create(plane, {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "rules": rules}, role)
    for account, roles in {**ACCOUNTS, "gone": (VIEW,)}.items():
        plane.kubectl("create", "serviceaccount", account, "--namespace", OURS)
        for role in roles:
            words = [f"--clusterrole={role}", f"--serviceaccount={OURS}:{account}", "--namespace", OURS]
            plane.kubectl("create", "rolebinding", f"{account}-{role}", *words)
    words = ["--clusterrole=cluster-admin", f"--serviceaccount={OURS}:admin"]
    plane.kubectl("create", "clusterrolebinding", "viewers-admin", *words)
    _aggregated(plane)
    people = town.people
    people.update({account: tokens.issued(plane, OURS, account) for account in (*ACCOUNTS, "gone")})
    plane.kubectl("delete", "serviceaccount", "gone", "--namespace", OURS)
    people["signed again"] = tokens.renewed(plane, people["reader"])
    people["expired"] = tokens.expired(plane, people["reader"])
    people["forged"] = tokens.forged(people["reader"])
    people["nobody"] = ""
    plane.kubectl("create", "rolebinding", "ada", f"--clusterrole={VIEW}", f"--user={USER}", "--namespace", OURS)
    people["signed on"] = provider.token()
    people["signed on long ago"] = provider.token(seconds=-60)
    people["signed on elsewhere"] = provider.token(aud="another-client")
    _trusted(town)


def _aggregated(plane: ControlPlane) -> None:
    """The cluster's view and edit roles have those of the chart."""
    for role in (VIEW, EDIT):
        deadline = time.monotonic() + 120
        while "penstock.dev" not in plane.kubectl("get", "clusterrole", role, "-o", "json"):
            assert time.monotonic() < deadline, f"{role} is not aggregated"
            time.sleep(0.2)


def _trusted(town: Town) -> None:
    """The API server has fetched the provider's keys, which it does beside everything else."""
    deadline = time.monotonic() + 60
    while town.kubectl("signed on", "get", "pipelines.penstock.dev", "--namespace", OURS)[0] != 0:
        assert time.monotonic() < deadline, "the API server does not take the provider's tokens"
        time.sleep(0.5)


def _objects(plane: ControlPlane) -> None:
    """The same Pipeline in both namespaces, as the core left it."""
    for namespace, name in NAMES.items():
        scene = small()
        text = json.dumps([one for one in scene.objects if one["kind"] in ("Pipeline", "Step")])
        objects: list[Object] = json.loads(text.replace("digits", name).replace('"ml"', f'"{namespace}"'))
        uid = ""
        for one in sorted(objects, key=lambda one: one["kind"]):
            status = one.pop("status", None)
            meta = one["metadata"]
            for key in ("resourceVersion", "uid", "creationTimestamp", "generation"):
                meta.pop(key, None)
            for owner in meta.get("ownerReferences") or ():
                owner["uid"] = uid
            if namespace == THEIRS and status:
                status["message"] = f"waits for {SECRET}"
            made = json.loads(plane.kubectl("create", "-f", "-", "-o", "json", stdin=json.dumps(one)))
            uid = made["metadata"]["uid"] if one["kind"] == "Pipeline" else uid
            if status:
                text = json.dumps({**made, "status": status})
                plane.kubectl("replace", "--subresource=status", "-f", "-", stdin=text)


@contextmanager
def page_server(plane: ControlPlane, port: int, words: Sequence[str] = ()) -> Iterator[None]:
    """The program that the chart's Deployment runs, with the account that the chart gives it, on loopback."""
    account = f"{chart.RELEASE}-penstock-web"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "web",
        "contexts": [{"name": "web", "context": {"cluster": "web", "user": "web"}}],
        "users": [{"name": "web", "user": {"token": tokens.issued(plane, chart.NAMESPACE, account)}}],
        "clusters": [
            {
                "name": "web",
                "cluster": {
                    "server": plane.server,
                    "certificate-authority": str(plane.authority.root.certificate),
                },
            }
        ],
    }
    kubeconfig = plane.state / "web.kubeconfig"
    kubeconfig.write_text(json.dumps(config))
    environment = {**os.environ, "KUBECONFIG": str(kubeconfig), "PYTHONPATH": str(CHECKOUT / "operator")}
    command = [sys.executable, "-m", "penstock.web", *words, "--address=127.0.0.1", f"--port={port}"]
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                asking.ask(f"http://127.0.0.1:{port}/", "healthz")
                break
            except OSError:
                assert process.poll() is None, "the server ended"
                assert time.monotonic() < deadline, "the server does not answer"
                time.sleep(0.1)
        yield
    finally:
        end(process.pid)
        process.wait()


def _create(plane: ControlPlane, what: Object, name: str) -> None:
    plane.kubectl("create", "-f", "-", stdin=json.dumps({**what, "metadata": {"name": name}}))


def _list(items: list[Object]) -> Object:
    return {"apiVersion": "v1", "kind": "List", "items": items}
