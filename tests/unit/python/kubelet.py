"""Runs the container of a Job as a process, as kubelet would: what a step's script sees is what a pod would give it."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.properties.objects import Object

PYTHON = str(Path(sys.base_prefix) / "bin" / "python3")
"""A Python without penstock, as in an image."""


class Processes:
    """The work of containers, for the model of a cluster: processes with a folder for each claim."""

    def __init__(self, folder: Path, commands: Mapping[str, list[str]] | None = None) -> None:
        self.folder = folder
        self.commands = commands or {}
        """What stands in for the commands of images."""
        self.said: dict[str, str] = {}
        """What each Step wrote, by its path."""

    def __call__(self, job: Object, _: Mapping[str, str]) -> tuple[int, str]:
        pod = job["spec"]["template"]["spec"]
        container = pod["containers"][0]
        places = self._places(pod, container)
        env: dict[str, str] = {}
        for one in container["env"]:
            env[one["name"]] = _expanded(one["value"], env)
        command = [_expanded(one, env) for one in container["command"]]
        message = self.folder / job["metadata"]["name"]
        message.write_text("")
        here = {name: _moved(value, places) for name, value in env.items()}
        here["PENSTOCK_OUTPUTS"] = str(message)
        if command[0] == "python3":
            command[0] = PYTHON
        else:
            command = [*self.commands[command[0]], *(_moved(one, places) for one in command[1:])]
        done = subprocess.run(
            command,
            env={"PATH": "/usr/bin:/bin", **here},
            cwd="/",
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.said[env["PENSTOCK_STEP"]] = done.stdout + done.stderr
        return done.returncode, message.read_text() or (done.stderr[-1024:] if done.returncode else "")

    def _places(self, pod: Any, container: Any) -> dict[str, str]:
        claims = {one["name"]: one["persistentVolumeClaim"]["claimName"] for one in pod.get("volumes", ())}
        places = {}
        for mount in container.get("volumeMounts", ()):
            place = self.folder / claims[mount["name"]] / mount["subPath"]
            place.mkdir(parents=True, exist_ok=True)
            places[mount["mountPath"]] = str(place)
        return places


def _expanded(text: str, env: Mapping[str, str]) -> str:
    """As kubelet expands variables: `$$` is a dollar, `$(NAME)` a variable that is known."""
    return re.sub(r"\$(\$|\((\w+)\))", lambda found: "$" if found[1] == "$" else env.get(found[2], found[0]), text)


def _moved(text: str, places: Mapping[str, str]) -> str:
    for path in sorted(places, key=len, reverse=True):
        text = re.sub(rf"{re.escape(path)}(?![\w-])", lambda _, path=path: places[path], text)
    return text
