"""What a scenario leaves behind, for the oracles to judge; and lives of Jobs and pods, read from their versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from penstock.api import quantities
from tests.faults.history import Number, Version
from tests.faults.proxy import Made
from tests.plane.api import Object

ENDED = ("Succeeded", "Failed", "Skipped", "Cancelled", "Invalid")
"""Phases of Pipelines and Steps that are an end."""
NEVER: Number = (1 << 30, 0)
GROUP = "penstock.dev/"


@dataclass(frozen=True)
class Silence:
    """A stretch of time (monotonic seconds) in which nothing was to happen, and what the operator used in it."""

    since: float
    until: float
    cpu: float
    grown: float
    """MB by which the operator's memory grew."""

    @property
    def seconds(self) -> float:
        return self.until - self.since


@dataclass
class Evidence:
    """Everything that is known about one run of a scenario.

    `writes`: by replica. `foreign`: versions that the test's own hands made. `disrupts`: it costs attempts that do
    not count. `left`: what was still there after all Pipelines had been deleted.
    """

    versions: Sequence[Version] = ()
    writes: Mapping[str, Sequence[Made]] = field(default_factory=dict)
    foreign: frozenset[str] = frozenset()
    capacity: Mapping[str, str] = field(default_factory=dict)
    end: Mapping[str, Any] = field(default_factory=dict)
    clean: Mapping[str, Any] | None = None
    silence: Silence | None = None
    logs: Mapping[str, str] = field(default_factory=dict)
    metrics: str = ""
    canaries: Sequence[str] = ()
    peak: float = 0.0
    """Most memory of an operator in MB."""
    unwell: Sequence[str] = ()
    """What probes and exit codes told that was not to be."""
    left: Sequence[str] = ()
    disrupts: bool = False

    @cached_property
    def ordered(self) -> list[Version]:
        """All versions in the order in which they became true."""
        return sorted(self.versions, key=lambda one: one.number)

    @cached_property
    def _parts(self) -> dict[tuple[str, str], list[Version]]:
        """Versions by kind, and of Pipelines and Steps also by the name of the Pipeline."""
        parts: dict[tuple[str, str], list[Version]] = {}
        for one in self.ordered:
            parts.setdefault((one.kind, ""), []).append(one)
            if one.kind in ("Pipeline", "Step"):
                parts.setdefault((one.kind, one.name.partition(".")[0]), []).append(one)
        return parts

    def of(self, *kinds: str) -> list[Version]:
        """Those of some kinds."""
        return [one for one in self.ordered if one.kind in kinds]

    def at(self, kind: str, number: Number, pipeline: str = "") -> dict[str, Object]:
        """What existed of a kind at that time, by uid; only what belongs to a Pipeline, if one is named."""
        found: dict[str, Object] = {}
        for one in self._parts.get((kind, pipeline), ()):
            if one.number > number:
                break
            if one.gone:
                found.pop(one.uid, None)
            else:
                found[one.uid] = one.item
        return found

    @cached_property
    def pods(self) -> dict[str, PodLife]:
        """The lives of pods by uid."""
        lives: dict[str, PodLife] = {}
        for one in self.of("Pod"):
            owner = _owner(one.item, "Job")
            if one.uid not in lives and owner:
                lives[one.uid] = PodLife(owner, one.number)
            life = lives.get(one.uid)
            over = one.gone or one.phase in ("Succeeded", "Failed")
            if life and life.ended == NEVER and over:
                life.ended, life.phase = one.number, one.phase or "gone"
            elif life and not over and one.number[0] > life.ended[0]:
                life.ended, life.phase = NEVER, ""  # a restored snapshot brought it back to life
        return lives

    @cached_property
    def jobs(self) -> dict[str, JobLife]:
        """The lives of the Jobs of attempts by uid."""
        lives: dict[str, JobLife] = {}
        for one in self.of("Job"):
            owner = _owner(one.item, "Step")
            if owner is None:
                continue
            if one.uid not in lives:
                lives[one.uid] = _job(one, owner)
            life = lives[one.uid]
            if one.undone:
                life.undone = True
            if life.ended == NEVER and (one.gone or _finished(one)):
                life.ended = one.number
        for pod in self.pods.values():
            if pod.job in lives:
                lives[pod.job].pods.append(pod)
        return lives


@dataclass
class PodLife:
    """From when to when a pod could use what it asks for, and how it ended."""

    job: str
    created: Number
    ended: Number = NEVER
    phase: str = ""

    def lives(self, at: Number) -> bool:
        return self.created <= at < self.ended


@dataclass
class JobLife:
    """A Job of an attempt. `purpose` is told with its round if it is an undo: later rounds undo anew."""

    uid: str
    name: str
    step: str
    pipeline: str
    path: str
    run: int
    attempt: int
    purpose: str
    pods_wanted: int
    requests: Mapping[str, int]
    """Of one pod, in thousandths."""
    created: Number
    ended: Number = NEVER
    undone: bool = False
    pods: list[PodLife] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, int, int, str]:
        return self.step, self.run, self.attempt, self.purpose

    def succeeded(self, at: Number) -> bool:
        """Whether all its pods had ended well by then."""
        return sum(pod.phase == "Succeeded" and pod.ended <= at for pod in self.pods) >= self.pods_wanted

    def holds(self, at: Number) -> int:
        """How many of its pods could run at that time, or may still be made."""
        if not self.created <= at:
            return 0
        live = sum(pod.lives(at) for pod in self.pods)
        made = [pod for pod in self.pods if pod.created <= at]
        over = self.ended <= at or any(pod.phase != "Succeeded" and pod.ended <= at for pod in made)
        return live if over else live + max(0, self.pods_wanted - len(made))


def _job(one: Version, owner: str) -> JobLife:
    meta, spec = one.item["metadata"], one.item["spec"]
    notes, labels = meta.get("annotations") or {}, meta.get("labels") or {}
    purpose = notes.get(f"{GROUP}purpose", "run")
    if purpose != "run":
        purpose += notes.get(f"{GROUP}round", "")
    container = spec["template"]["spec"]["containers"][-1]
    asked = (container.get("resources") or {}).get("requests") or {}
    path = ".".join(filter(None, (labels.get(f"{GROUP}step", ""), labels.get(f"{GROUP}index", ""))))
    return JobLife(
        one.uid,
        one.name,
        owner,
        labels.get(f"{GROUP}pipeline", ""),
        path,
        int(notes.get(f"{GROUP}run", "0")),
        int(labels.get(f"{GROUP}attempt", "0")),
        purpose,
        spec.get("completions") or 1,
        {name: thousandths(amount) for name, amount in asked.items()},
        one.number,
    )


def thousandths(amount: str | float) -> int:
    """A quantity in thousandths."""
    return quantities.parse(amount)


def _finished(one: Version) -> bool:
    conditions = one.status.get("conditions") or ()
    return any(each["type"] in ("Complete", "Failed") and each["status"] == "True" for each in conditions)


def _owner(item: Object, kind: str) -> str | None:
    for reference in item["metadata"].get("ownerReferences") or ():
        if reference.get("kind") == kind and reference.get("controller"):
            uid: str = reference["uid"]
            return uid
    return None
