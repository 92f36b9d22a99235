"""What builds images: Docker, Podman, or buildah (which needs no engine, only root)."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.commands import Argument, run, succeeds
from tests.cluster.paths import cache_dir, made
from tests.cluster.progress import ClusterError

INPUTS = "penstock.dev/inputs"
"""The label that tells from what an image was built."""
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
LAYERS = "buildah"
RUNTIME = Path(f"/run/penstock-{LAYERS}")
"""Must not outlive a reboot."""


@dataclass(frozen=True)
class Engine:
    """A program with Docker's command line: ``command`` is docker, podman or buildah."""

    command: str

    @property
    def builds_alone(self) -> bool:
        """Whether there is no engine behind it, hence no registry's base images are counted on."""
        return self.command == "buildah"

    @property
    def mounts(self) -> bool:
        """Whether a build can see files of the machine; Docker's sees those of its context only."""
        return self.command != "docker"

    def build(
        self,
        image: str,
        dockerfile: Path,
        context: Path,
        arguments: Mapping[str, str],
        inputs: str,
        keep_layers: bool = True,
    ) -> None:
        """Build and tag an image, labelled with the digest of its inputs, and remove the one that had the tag.

        Unchanged layers come from the cache; ``keep_layers`` says whether buildah is to have these in it.
        """
        replaced = self.identity(image) if self.has(image) else ""
        words: list[Argument] = ["--tag", image, "--file", dockerfile, "--label", f"{INPUTS}={inputs}"]
        for name, value in arguments.items():
            words += ["--build-arg", f"{name}={value}"]
        log = made(cache_dir() / "logs") / f"image-{image.rpartition('/')[2].replace(':', '-')}.log"
        if self.mounts:
            words = [
                "--security-opt",
                "label=disable",
                *_host_files(),
                *words,
            ]  # SELinux would hide the machine's files
        if self.builds_alone:
            layers = f"--layers={str(keep_layers).lower()}"
            words = ["--isolation", "chroot", "--network", "host", layers, *words]
        # An attestation makes a list of manifests of the image, which cannot be loaded into a node as one.
        run([*self._words("build"), *words, context], log=log, env={"BUILDX_NO_DEFAULT_ATTESTATIONS": "1"})
        if replaced and replaced != self.identity(image):
            self.remove(replaced)

    def tags(self, name: str) -> list[str]:
        """The tags of the images of this name."""
        return run(self._words("images", "--format", "{{.Tag}}", "--filter", f"reference={name}")).split()

    def repositories(self) -> list[str]:
        """The names of the images that there are, without tags."""
        return run(self._words("images", "--format", "{{.Repository}}")).split()

    def remove(self, image: str) -> None:
        """Remove an image by its id or its name with a tag, unless a container or another image stands on it."""
        succeeds(self._words("rmi", image))

    def inputs(self, image: str) -> str:
        """The digest of the inputs that the image was built from; empty if there is no such image."""
        field = "{{index .OCIv1.Config.Labels %q}}" if self.builds_alone else "{{index .Config.Labels %q}}"
        field = field.replace("%q", f'"{INPUTS}"')
        words = ["inspect", "--type", "image"] if self.builds_alone else ["image", "inspect"]
        try:
            return run([*self._words(*words), "--format", field, image]).strip()
        except ClusterError:
            return ""

    def has(self, image: str) -> bool:
        """Whether the engine has the image already."""
        words = ("inspect", "--type", "image") if self.builds_alone else ("image", "inspect")
        return succeeds(self._words(*words, image))

    def pulls(self, image: str) -> bool:
        """Whether the image can be had from its registry; the engine has it then."""
        return succeeds(self._words("pull", image), seconds=600)

    def identity(self, image: str) -> str:
        """The image's id.

        Raises:
            ClusterError: there is no such image.
        """
        if self.builds_alone:
            return run(self._words("inspect", "--type", "image", "--format", "{{.FromImageID}}", image)).strip()
        return run(self._words("image", "inspect", "--format", "{{.Id}}", image)).strip()

    def archive(self, image: str, path: Path) -> None:
        """Write the image as a Docker archive (what ``docker load`` reads)."""
        if self.builds_alone:
            run(self._words("push", "--quiet", image, f"docker-archive:{path}:{image}"))
        else:
            run(self._words("save", image), into=path)  # Docker from a snap sees no temporary folder of ours

    def export(self, image: str, folder: Path) -> None:
        """Write the image's manifest and blobs to a directory, layers uncompressed; only buildah does that."""
        run(self._words("push", "--quiet", image, f"dir:{folder}"))

    def _words(self, *words: str) -> Sequence[str]:
        if not self.builds_alone:
            return [self.command, *words]
        storage = made(cache_dir() / LAYERS)
        return [self.command, "--root", str(storage), "--runroot", str(RUNTIME), *words]


BUILDAH = Engine("buildah")


def engine() -> Engine:
    """Docker or Podman if one answers, else buildah.

    Raises:
        ClusterError: there is none; the text has the command that installs one.
    """
    if found := container_engine():
        return found
    if shutil.which("buildah"):
        return BUILDAH
    raise ClusterError(
        "nothing here builds images: start Docker or Podman, or install buildah (as root: apt-get install buildah)"
    )


@functools.cache
def container_engine() -> Engine | None:
    """Docker or Podman, whichever answers first; None if neither does."""
    return next((Engine(command) for command in ("docker", "podman") if answers(command)), None)


def answers(command: str) -> bool:
    """Whether this engine's program is there, is what its name says, and its service works.

    Podman under Docker's name is not Docker: kind tells them apart, at the end of a cluster's creation.
    """
    if not shutil.which(command):
        return False
    try:
        says = run([command, "--version"])
    except ClusterError:
        return False
    return says.lower().startswith(f"{command} version") and succeeds([command, "info"])


def _host_files() -> list[str]:
    """What pip inside a build must see of the machine: its certificates and where its packages come from."""
    words = []
    for path, inside in host_files().items():
        words += ["--volume", f"{path}:{inside}:ro"]
    return words


def host_files() -> dict[Path, str]:
    """The machine's certificates and pip's settings, with the place where an image has them."""
    places = {
        CERTIFICATES: str(CERTIFICATES),
        Path("/etc/pip.conf"): "/etc/pip.conf",
        Path.home() / ".config" / "pip" / "pip.conf": "/etc/xdg/pip/pip.conf",
    }
    return {path: inside for path, inside in places.items() if path.exists()}
