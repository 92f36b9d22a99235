"""Small builders for the objects that tests apply."""

from __future__ import annotations

from typing import Any

Object = dict[str, Any]

IMAGE = "localhost/penstock-python:dev"
LONG = "trap 'exit 1' TERM; sleep 600 & wait"
"""A script that goes on for long, and ends when told to: as process 1 a shell ignores SIGTERM otherwise."""
SMALL = {"requests": {"cpu": "20m", "memory": "32Mi"}}


def pipeline(name: str, *steps: Object, **spec: Any) -> Object:
    """A Pipeline of small steps on the base image."""
    defaults = {"image": IMAGE, "resources": SMALL}
    return _object("Pipeline", name, {"defaults": defaults, "steps": list(steps), **spec})


def step(name: str, script: str = "true", **fields: Any) -> Object:
    """A step of a Pipeline that runs a shell script."""
    return {"name": name, "script": script, **fields}


def lone_step(name: str, script: str = "true", **spec: Any) -> Object:
    """A Step on its own."""
    return _object("Step", name, {"image": IMAGE, "resources": SMALL, "script": script, **spec})


def emit(json_text: str) -> str:
    """A script that gives these outputs."""
    return f"printf '%s' '{json_text}' > \"$PENSTOCK_OUTPUTS\""


def _object(kind: str, name: str, spec: Object) -> Object:
    return {"apiVersion": "penstock.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}
