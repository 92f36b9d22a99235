"""A namespace of a test's own, and what tests ask of it, by kubectl.

Nothing here polls: ``kubectl wait`` watches, which on a small machine leaves the processor to the cluster.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.release import NAMESPACE

Object = dict[str, Any]

PIPELINE = "penstock.dev/pipeline"
STEP = "penstock.dev/step"
PURPOSE = "penstock.dev/purpose"
OPERATOR = "app.kubernetes.io/name=penstock,app.kubernetes.io/component=operator"
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}
FINISHED = "condition=Finished"
PATIENCE = 300
"""Seconds that an event may take to come. Nothing is judged by them: only what fails waits so long."""
LATEST = f"--timeout={PATIENCE}s"


class Refused(AssertionError):
    """kubectl ended with another code than 0; the text is what it said."""


def kubectl(*words: str | Path, stdin: str | bytes | None = None) -> str:
    """Run kubectl; its standard output.

    Raises:
        Refused: it ended with another code than 0.
    """
    given = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(["kubectl", *map(str, words)], input=given, capture_output=True)
    if done.returncode:
        raise Refused(f"kubectl {' '.join(map(str, words))}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode(errors="replace")


def instant(text: str) -> float:
    """Seconds since 1970 of a Kubernetes timestamp."""
    return datetime.fromisoformat(text).timestamp()


@dataclass(frozen=True)
class Space:
    """A namespace."""

    name: str

    @classmethod
    def create(cls, slug: str, labels: Mapping[str, str] = RESTRICTED) -> Space:
        """A fresh namespace; by default nothing that breaks Pod Security ``restricted`` is let in."""
        name = f"e2e-{slug[:40].strip('-')}-{uuid.uuid4().hex[:6]}"
        metadata = {"name": name, "labels": {"penstock.dev/test": "e2e", **labels}}
        kubectl("create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}))
        return cls(name)

    def delete(self, wait: bool = False) -> None:
        """Delete it with all it holds."""
        kubectl("delete", "namespace", self.name, "--ignore-not-found", f"--wait={str(wait).lower()}", LATEST)

    def run(self, *words: str | Path, stdin: str | bytes | None = None) -> str:
        """kubectl in this namespace."""
        return kubectl("--namespace", self.name, *words, stdin=stdin)

    def apply(self, what: Object | Path | bytes, *words: str) -> str:
        """Apply a manifest: an object, a file or the text of one."""
        if isinstance(what, Path):
            return self.run("apply", *words, "-f", what)
        return self.run("apply", *words, "-f", "-", stdin=json.dumps(what) if isinstance(what, dict) else what)

    def wait(self, target: str, condition: str, seconds: float = PATIENCE) -> None:
        """Wait for a condition of ``kubectl wait --for``; the object may come into being, or be gone, meanwhile."""
        if condition != "delete":
            self.run("wait", target, "--for=create", f"--timeout={seconds:.0f}s")
        self.run("wait", target, f"--for={condition}", f"--timeout={seconds:.0f}s")

    def until(self, target: str, holds: Callable[[Object], bool]) -> Object:
        """Wait until ``kind/name`` is in a state of which something holds; the object in that state."""
        self.wait(target, "create")
        words = ["kubectl", "--namespace", self.name, "get", target, "--watch", "-o", "json"]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as watch:
            assert watch.stdout is not None
            late = threading.Timer(PATIENCE, watch.kill)
            late.start()
            try:
                return next(one for one in stream(iter(watch.stdout.readline, "")) if holds(one))
            except StopIteration:
                raise Refused(f"{target} was not in the state that was waited for, or is gone") from None
            finally:
                late.cancel()
                watch.kill()

    def running(self, pipeline: str, path: str) -> None:
        """Wait until the status tells that the step runs, which it does not of one that runs for a second or two."""
        self.wait(f"step/{pipeline}.{path}", "jsonpath={.status.phase}=Running")

    def finish(self, target: str, seconds: float = PATIENCE) -> Object:
        """Wait until ``pipeline/x`` or ``step/x`` as it stands now has ended, however it did; the object."""
        if target.startswith("pipeline/"):
            generation = self.one(target)["metadata"]["generation"]
            self.wait(target, f"jsonpath={{.status.observedGeneration}}={generation}", seconds)
        self.wait(target, FINISHED, seconds)
        return self.one(target)

    def one(self, target: str) -> Object:
        """The object ``kind/name``."""
        found: Object = json.loads(self.run("get", target, "-o", "json"))
        return found

    def all(self, kind: str, **labels: str) -> list[Object]:
        """Objects of the kind, by the Pipeline and the step that they belong to: ``pipeline=``, ``step=``."""
        selector = ",".join(f"penstock.dev/{key}={value}" for key, value in labels.items())
        found: list[Object] = json.loads(self.run("get", kind, "--selector", selector, "-o", "json"))["items"]
        return found

    def steps(self, pipeline: str) -> dict[str, Object]:
        """The Steps of a Pipeline by path, e.g. ``train`` or ``a.second`` or ``tune.3``."""
        steps = self.all("steps", pipeline=pipeline)
        return {step["metadata"]["name"].removeprefix(f"{pipeline}."): step for step in steps}

    def step(self, pipeline: str, path: str) -> Object:
        """The status of one Step."""
        status: Object = self.one(f"step/{pipeline}.{path}")["status"]
        return status

    def jobs(self, undo: bool = False, **labels: str) -> list[Object]:
        """Jobs that run steps, or those that undo them, in the order of their creation."""
        found = [job for job in self.all("jobs", **labels) if (PURPOSE in job["metadata"]["annotations"]) == undo]
        return sorted(found, key=lambda job: (job["metadata"]["creationTimestamp"], job["metadata"]["name"]))

    def attempts(self, **labels: str) -> list[str]:
        """What attempts there were, one entry a Job: ``step/index#attempt`` in order."""
        return sorted(attempt(job) for job in self.jobs(**labels))

    @contextmanager
    def watching(self, kind: str) -> Iterator[list[Object]]:
        """Every state in which the API server showed objects of the kind, in order; complete after the block."""
        seen: list[Object] = []
        with tempfile.TemporaryFile() as file:
            words = ["kubectl", "--namespace", self.name, "get", kind, "--watch", "-o", "json"]
            watch = subprocess.Popen(words, stdout=file)
            try:
                yield seen
            finally:
                watch.terminate()
                watch.wait()
            file.seek(0)
            seen += stream(file.read().decode().splitlines(keepends=True))

    def describe(self) -> str:
        """What one wants to see when a test failed here."""
        questions = {
            "objects": ["get", "pipelines,pipelineschedules,steps,jobs,pods,persistentvolumeclaims", "-o", "wide"],
            "statuses": [
                "get",
                "pipelines,steps",
                "-o",
                "jsonpath={range .items[*]}{.metadata.name}: {.status}\n{end}",
            ],
            "events": ["get", "events", "--sort-by=.lastTimestamp"],
        }
        found = [f"--- {title}\n{self._answer(words)}" for title, words in questions.items()]
        return "\n".join([*found, f"--- operator about {self.name}\n{self._operator()}"])

    def _operator(self) -> str:
        """The last lines of the operator's log that name this namespace."""
        log = self._answer(["logs", "--namespace", NAMESPACE, f"--selector={OPERATOR}", "--tail=500"])
        lines = [line.replace("\\n", "\n") for line in log.splitlines() if self.name in line]
        return "\n".join(lines[-8:])

    def _answer(self, words: list[str]) -> str:
        try:
            return self.run(*words).strip()
        except Refused as refused:
            return str(refused)


def stream(lines: Iterable[str]) -> Iterator[Object]:
    """The JSON objects that kubectl prints one after the other, the last of which may be cut."""
    text = ""
    for line in lines:
        text += line
        if line.startswith("}"):
            yield json.loads(text)
            text = ""


def attempt(job: Object) -> str:
    """Of which step and instance a Job is which attempt."""
    labels = job["metadata"]["labels"]
    return f"{labels[STEP]}/{labels.get('penstock.dev/index', '')}#{labels['penstock.dev/attempt']}"


def condition(thing: Object, kind: str) -> str:
    """The status of a condition; empty if it is not there."""
    found = thing.get("status", {}).get("conditions") or ()
    return next((one["status"] for one in found if one["type"] == kind), "")
