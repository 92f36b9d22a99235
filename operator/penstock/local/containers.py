"""Steps as containers of Podman or Docker, in their images and with their mounts where the manifest says.

A container is made, put on record by its name, and only then begun. It runs as whoever types the command, so that what
it writes is theirs; it has no capabilities and gains no privileges.
"""

import csv
import io
import os
import shutil
from collections.abc import Mapping, Sequence

from penstock.api import quantities
from penstock.cluster.failure import TIMED_OUT, Failure
from penstock.local import engines
from penstock.local.container import MARK, Container
from penstock.local.environment import CannotStart
from penstock.local.mounts import Place
from penstock.local.work import Work

PULL_SECONDS = 3600.0
"""In which it makes a container, whose image may have to be pulled first."""
_PULL = {"Always": "always", "Never": "never", "IfNotPresent": "missing"}
_ENGINES_OWN = (
    "HOME",
    "PATH",
    "USER",
    "TMPDIR",
    "DOCKER_",
    "CONTAINER",
    "_CONTAINERS_",
    "PODMAN",
    "BUILDAH_",
    "STORAGE_",
    "REGISTRY_AUTH",
    "GODEBUG",
    "XDG_",
    "LD_",
    "SSL_",
    "HTTP",
    "NO_PROXY",
    "ALL_PROXY",
)
"""Variables that the engine's command reads itself: they are given to it by value, the others by name alone."""

_PERIOD, _LEAST_QUOTA = 100_000, 1_000
"""Of a CPU limit, in microseconds, as with kubelet."""


class Containers:
    """Runs steps by the command of an engine, which is `podman` or `docker`."""

    contained = True

    def __init__(self, engine: str) -> None:
        self.engine = engine

    async def works(self) -> bool:
        """Whether there is such an engine, and it answers."""
        if shutil.which(self.engine) is None:
            return False
        code, _ = await engines.said(
            [self.engine, "info", "--format", "{{.ID}}" if self.engine == "docker" else "{{.Host.OS}}"]
        )
        return code == 0

    async def start(self, work: Work) -> Container:
        """A container that is made and has not begun. Raises CannotStart with what the engine says."""
        if not work.image:
            raise CannotStart("it names no image")
        work.outputs.chmod(0o666)
        name = f"penstock-{work.name}"
        code, said = await self._made(name, work, work.image)
        if code and "short-name" in said:  # to Podman alone an image without a registry need not be one of docker.io
            code, said = await self._made(name, work, f"docker.io/{work.image}")
        if code:
            raise CannotStart(f"{self.engine} cannot make it of image {work.image}: {_briefly(said)}")
        return Container(self.engine, name, work)

    async def _made(self, name: str, work: Work, image: str) -> tuple[int, str]:
        given = {key: value for key, value in work.env.items() if not key.upper().startswith(_ENGINES_OWN)}
        command = [self.engine, "create", "--name", name, *self._options(work, given), image]
        command += [*work.command[1:], *work.args]
        code, said = await engines.said(command, given, PULL_SECONDS)
        if code and "already in use" in said:  # a crash has left it, which had not begun
            await engines.said([self.engine, "rm", "--force", name])
            return await engines.said(command, given, PULL_SECONDS)
        return code, said

    def _options(self, work: Work, given: Mapping[str, str]) -> list[str]:
        found = ["--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
        found += ["--security-opt", "label=disable"]  # SELinux would hide the project's files
        found += ["--pull", _PULL[work.pull]]
        if self.engine == "podman":
            found += ["--userns", "keep-id"] if os.getuid() else []
        found += ["--user", f"{os.getuid()}:{os.getgid()}"]
        for key, value in work.env.items():
            found += ["--env", key if key in given else f"{key}={value}"]
        for place in work.places:
            found += ["--mount", _mount(place)]
        if work.cwd:
            found += ["--workdir", work.cwd]
        if work.command:
            # To both engines an entry point is one word; the rest of the command goes before the arguments.
            found += ["--entrypoint", work.command[0]]
        if memory := work.limits.get("memory"):
            most = str(quantities.parse(memory) // quantities.MILLI)
            found += ["--memory", most, "--memory-swap", most]  # both together: no swap, as on a node
        if cpu := quantities.parse(work.limits.get("cpu") or "0"):
            # Docker takes no --cpus that the machine has not, kubelet does.
            quota = max(cpu * _PERIOD // quantities.MILLI, _LEAST_QUOTA)
            found += ["--cpu-period", str(_PERIOD), "--cpu-quota", str(quota)]
        if work.devices:
            found += self._devices(work.devices)
        return found

    def _devices(self, numbers: Sequence[int]) -> list[str]:
        if self.engine == "docker":
            return ["--gpus", '"device=' + ",".join(map(str, numbers)) + '"']
        return [word for number in numbers for word in ("--device", f"nvidia.com/gpu={number}")]

    async def end_left(self, marks: Mapping[str, str]) -> None:
        """Ends what is left of a pod with these annotations, whichever engine it was of.

        Raises Failure if that engine is not there or does not answer: what may still run must not run twice.
        """
        engine, _, name = marks.get(MARK, "").partition(" ")
        if name:
            code, said = await engines.said([engine, "rm", "--force", name])
            if code and not engines.gone(said):
                words = said if code == TIMED_OUT else f"{engine} says: {_briefly(said)}"
                if shutil.which(engine) is None:
                    words = f"there is no {engine} on PATH"
                raise Failure(f"{words}, and container {name} of an earlier run may still run; see `{engine} info`")


def _briefly(said: str) -> str:
    """The end of what an engine says, which is the reason, on one line."""
    return " ".join(said.split())[-500:]


def _mount(place: Place) -> str:
    """The place as an engine reads it: a line of comma-separated values (RFC 4180), for paths may have commas."""
    line = io.StringIO()
    fields = ["type=bind", f"source={place.outside}", f"target={place.inside}"]
    csv.writer(line, lineterminator="").writerow([*fields, *(["readonly"] if place.read_only else [])])
    return line.getvalue()
