"""What users wrote, as far as it is to be read anew."""

from dataclasses import dataclass

from penstock import api
from penstock.core.pipeline.revisions import component_spec
from penstock.engine.resources import Object, Resource


@dataclass(frozen=True, slots=True)
class ComponentView:
    """A Component, as it is written and as it is read. `spec` is None if it cannot be used; `problem` says why."""

    uid: str
    name: str
    namespace: str
    version: str
    written: Object
    spec: api.ComponentSpec | None
    problem: str = ""


def manifest(resource: Resource, name: str, spec: object) -> Object:
    """The part of an object that its user wrote, as far as it says what to do."""
    return {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": {"name": name}, "spec": spec}


def component_view(obj: Object) -> ComponentView:
    """The view of a Component."""
    meta, written = obj["metadata"], obj.get("spec") or {}
    spec, problem = component_spec(meta["name"], written)
    return ComponentView(meta["uid"], meta["name"], meta["namespace"], meta["resourceVersion"], written, spec, problem)
