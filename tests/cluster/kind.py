"""The cluster where Docker or Podman works: kind, from ``kind.yaml`` beside this file or a configuration given.

It survives what happens on the way: a creation that was interrupted, nodes that were stopped, an engine that does not
answer any more.
"""

from __future__ import annotations

import functools
import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cluster import binaries, images
from tests.cluster.commands import Argument, run, succeeds
from tests.cluster.containerd import NAMESPACE, complete
from tests.cluster.engines import INPUTS, Engine, answers, container_engine
from tests.cluster.paths import HERE, state_dir
from tests.cluster.progress import ClusterError, plan, say, stage, wait_until

NAME = "penstock"
CONFIG = "PENSTOCK_KIND_CONFIG"
NODES = f"label=io.x-k8s.kind.cluster={NAME}"
"""How kind marks the containers that are the cluster's nodes."""
CREATING = "creating the kind cluster"
NO_IMAGE = "failed to pull image"
NODE_IMAGE = "kindest/node"
"""Whose node images kind takes by itself."""
NO_NAME = re.compile(r"\blookup \S+.*(no such host|server misbehaving|timeout)|name resolution")
"""What engines say of a registry whose address cannot be found."""
PATIENCE = 300
"""Seconds that a node which runs may take until it is Ready."""


class NoNodeImage(ClusterError):
    """An engine answers, but the image of kind's nodes cannot be had."""


class EngineGone(ClusterError):
    """The engine that has the nodes, or any at all, does not answer."""


@dataclass(frozen=True)
class KindCluster:
    """A kind cluster named ``penstock``."""

    kind = "kind"
    audit_log = None

    @property
    def kubeconfig(self) -> Path:
        return state_dir() / "kubeconfig"

    @property
    def builder(self) -> Engine:
        """The engine that the cluster was created in; before that, the one that answers.

        Raises:
            EngineGone: it does not answer.
        """
        return _engine(self._created_in.read_text() if self._created_in.exists() else "")

    def alive(self) -> bool:
        """Whether the cluster's API server answers."""
        words: list[Argument] = ["--kubeconfig", self.kubeconfig, "get", "--raw", "/readyz"]
        return self.kubeconfig.exists() and succeeds([binaries.command("kubectl"), *words])

    def up(self) -> None:
        """Create the cluster, or start what there is of it, and load the base image.

        Raises:
            NoNodeImage: the image of its nodes is not there and cannot be pulled.
        """
        nodes = self._nodes()
        if not nodes:
            self._find_registry()
        kubectl, *_ = (binaries.command(name) for name in ("kubectl", "kind", "helm"))
        if nodes and not self.kubeconfig.exists():  # kind writes it last
            say("a creation of the kind cluster did not come to its end; what there is of it goes")
            self._delete()
            nodes = []
        with _hinting():
            if nodes:
                self._start(nodes)
            else:
                plan({CREATING: 45, **images.lane(images.chosen([]), self.builder)})
                self._create()
            words: list[Argument] = ["--kubeconfig", self.kubeconfig, "wait", "--for=condition=Ready", "node", "--all"]
            run([kubectl, *words, f"--timeout={PATIENCE}s"])
        images.build(images.chosen(["python"]), self.builder)
        self.load([images.PYTHON])

    def down(self) -> None:
        """Delete the cluster; only forget it when its engine does not answer."""
        try:
            if self._nodes():
                self._delete()
        except EngineGone:
            say(f"no engine answers, so the cluster is only forgotten; with it back: kind delete cluster --name {NAME}")
        self.kubeconfig.unlink(missing_ok=True)
        self._created_in.unlink(missing_ok=True)

    def left(self) -> bool:
        """Whether there is something to stop."""
        try:
            return bool(self._nodes())
        except EngineGone:
            return False

    def load(self, names: list[str]) -> None:
        """Bring images from the engine to the nodes, but not those which all of them have."""
        nodes = self._nodes()
        for name in names:
            inputs = self.builder.inputs(name)
            if inputs and all(self._built_from(node, name) == inputs for node in nodes):
                continue
            with stage(f"loading {name}"), tempfile.TemporaryDirectory(prefix="penstock-image-") as folder:
                archive = Path(folder) / "image.tar"
                self.builder.archive(name, archive)
                self._kind("load", "image-archive", archive, "--name", NAME)

    def describe(self) -> list[str]:
        """The nodes' containers, as kind names them."""
        return [f"node {name} in {self.builder.command}" for name in self._nodes()]

    @property
    def _created_in(self) -> Path:
        return state_dir() / "engine"

    def _nodes(self) -> list[str]:
        """The nodes' containers, running or not."""
        words = ["ps", "--all", "--filter", NODES, "--format", "{{.Names}}"]
        return sorted(run([self.builder.command, *words]).split())

    def _create(self) -> None:
        config, builder = configuration(), self.builder
        self.kubeconfig.unlink(missing_ok=True)
        self._created_in.write_text(builder.command)
        words: list[Argument] = ["--config", config, "--wait", f"{PATIENCE}s", "--kubeconfig", self.kubeconfig]
        with stage(CREATING, note="the first time it pulls 1 GB"):
            try:
                self._kind("create", "cluster", "--name", NAME, *words)
            except ClusterError as error:
                if not self.left():
                    self._created_in.unlink(missing_ok=True)
                if NO_IMAGE not in str(error):
                    raise
                raise self._no_image(error) from error

    def _find_registry(self) -> None:
        """Ask for an image that there is not: kind asks five times, of which each takes long where there is no DNS.

        Raises:
            NoNodeImage: nobody knows the registry's address. Whatever else is wrong, kind finds out.
        """
        if os.environ.get(CONFIG) or any(name.endswith(NODE_IMAGE) for name in self.builder.repositories()):
            return
        try:
            with stage("asking whether there is an image of kind's nodes"):
                run([self.builder.command, "pull", f"docker.io/{NODE_IMAGE}:none"])
        except ClusterError as error:
            if NO_NAME.search(str(error)):
                raise self._no_image(error) from error

    def _no_image(self, error: ClusterError) -> NoNodeImage:
        return NoNodeImage(
            f"{self.builder.command} answers, but the image of kind's nodes cannot be had:\n{error}\n"
            f"{CONFIG} names a configuration of kind's, in which another image can stand"
        )

    def _start(self, nodes: list[str]) -> None:
        with stage("starting the nodes of the kind cluster"):
            run([self.builder.command, "start", *nodes])
            self._kind("export", "kubeconfig", "--name", NAME, "--kubeconfig", self.kubeconfig)
            wait_until("the kind cluster's API server", self.alive, PATIENCE, every=1)

    def _delete(self) -> None:
        self._kind("delete", "cluster", "--name", NAME, "--kubeconfig", self.kubeconfig)

    def _built_from(self, node: str, image: str) -> str:
        """The inputs of the image that a node has; empty if it lacks the image or a part of it."""
        inside = [self.builder.command, "exec", node]
        try:
            if not complete(run([*inside, "ctr", "--namespace", NAMESPACE, "images", "check", f"name=={image}"])):
                return ""
            found = json.loads(run([*inside, "crictl", "inspecti", "--output", "json", image]))
            return str(found["info"]["imageSpec"]["config"]["Labels"][INPUTS])
        except (ClusterError, KeyError, TypeError, ValueError):
            return ""

    def _kind(self, *words: Argument) -> str:
        # kind asks Docker first; the variable makes it take the engine that is meant.
        return run([binaries.command("kind"), *words], env={"KIND_EXPERIMENTAL_PROVIDER": self.builder.command})


def configuration() -> Path:
    """kind's configuration: the one that the environment names, else ours.

    Raises:
        ClusterError: the environment names a file that is not there.
    """
    config = Path(os.environ.get(CONFIG) or HERE / "kind.yaml")
    if not config.is_file():
        raise ClusterError(f"{CONFIG}={config}: there is no such file")
    return config


@functools.cache
def _engine(command: str) -> Engine:
    if not command:
        found = container_engine()
        if not found:
            raise EngineGone("kind needs Docker or Podman, and neither answers")
        return found
    if not answers(command):
        raise EngineGone(
            f"the kind cluster was created in {command}, which does not answer: start it, "
            "or let 'make clean-cluster' forget the cluster"
        )
    return Engine(command)


@contextmanager
def _hinting() -> Iterator[None]:
    """Add to an error how to look into a node, for kind removes those that it could not create."""
    try:
        yield
    except (NoNodeImage, EngineGone):
        raise
    except ClusterError as error:
        raise ClusterError(
            f"{error}\nTo look into the node: 'kind create cluster --name {NAME} --retain --config {configuration()}' "
            f"leaves it there, 'kind export logs --name {NAME}' writes its logs, 'make clean-cluster' removes it. "
            "PENSTOCK_CLUSTER=processes does without kind."
        ) from error
