"""The Pipelines that are measured, and the bare Jobs beside them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from tests.bench.stages import HOLD

Object = dict[str, Any]
IMAGE = "bench/none"
"""Nothing is pulled: no container runs on a simulated node."""


def pipeline(name: str, steps: Iterable[Object], **spec: Any) -> Object:
    """A Pipeline; every step asks for a little of a node."""
    defaults = {"image": IMAGE, "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}}}
    return {
        "apiVersion": "penstock.dev/v1alpha1",
        "kind": "Pipeline",
        "metadata": {"name": name},
        "spec": {"defaults": defaults, "steps": list(steps), **spec},
    }


def step(name: str, *needs: str, hold: bool = False, **more: Any) -> Object:
    """A step without code; ``hold`` keeps its pod running."""
    found: Object = {"name": name, "command": ["true"], **more}
    if needs:
        found["needs"] = list(needs)
    if hold:
        found["pod"] = {"annotations": {HOLD: "true"}}
    return found


def chain(length: int) -> list[Object]:
    """Steps that each need the one before."""
    names = [f"s{number:04}" for number in range(length)]
    return [step(names[0]), *(step(name, before) for before, name in pairwise(names))]


def independent(count: int, hold: bool = False) -> list[Object]:
    """Steps that need nothing."""
    return [step(f"s{number:04}", hold=hold) for number in range(count)]


def diamond(width: int = 8) -> list[Object]:
    """One step, ``width`` that need it, and one that needs those."""
    middle = [f"middle-{number}" for number in range(width)]
    return [step("first"), *(step(name, "first") for name in middle), step("last", *middle)]


def needs(name: str, steps: Iterable[Object]) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """What each step needs, by (Pipeline, step)."""
    return {(name, one["name"]): [(name, other) for other in one.get("needs", ())] for one in steps}


def bare_job(job: Object, name: str) -> Object:
    """A Job like one that the operator made, without an owner: what a plain client would create."""
    spec = {key: value for key, value in job["spec"].items() if key != "selector"}
    template = {**spec["template"], "metadata": {"labels": {"bench": "bare"}}}
    meta = {
        "name": name,
        "labels": {**job["metadata"].get("labels", {})},
        "annotations": {**job["metadata"].get("annotations", {})},
    }
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": {**spec, "template": template}}
