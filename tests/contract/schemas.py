"""JSON schemas of the kinds of Kubernetes, for kubeconform, without a network or a cluster.

The Go module k8s.io/kubernetes, which the test cluster is built from, contains the OpenAPI documents that its API
server publishes under /openapi/v3 (KEP-2896). Each kind becomes one file that holds what it refers to.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.cluster.binaries import KUBERNETES
from tests.cluster.commands import run
from tests.cluster.golang import go
from tests.cluster.paths import cache_dir, locked, made

LOCATION = "{{ .ResourceKind }}{{ .KindSuffix }}.json"
"""How kubeconform finds a schema below that directory: deployment-apps-v1.json, pod-v1.json."""

Schema = dict[str, Any]


def kubernetes_schemas() -> Path:
    """The directory with a schema for each kind of the Kubernetes version the tests run on; made if it is not there."""
    home = cache_dir() / "schemas" / KUBERNETES.version
    with locked(cache_dir() / "locks" / "schemas"):
        if not home.exists():
            work = home.with_name(f".{home.name}")
            shutil.rmtree(work, ignore_errors=True)
            made(work)
            for document in _openapi_documents():
                _write_kinds(document["components"]["schemas"], work)
            work.rename(home)
    return home


def closed(schema: Schema) -> Schema:
    """A copy that refuses fields it does not name, as the API server does under strict field validation."""
    copy: Schema = {}
    for key, value in schema.items():
        if isinstance(value, dict):
            # Below `properties` the keys are names of fields, not keywords.
            inner = {k: closed(v) for k, v in value.items()} if key == "properties" else closed(value)
            copy[key] = inner
        elif isinstance(value, list):
            copy[key] = [closed(item) if isinstance(item, dict) else item for item in value]
        else:
            copy[key] = value
    opened = "additionalProperties" in copy or copy.get("x-kubernetes-preserve-unknown-fields")
    if "properties" in copy and copy.get("type") == "object" and not opened:
        copy["additionalProperties"] = False
    return copy


def _openapi_documents() -> Iterator[dict[str, Any]]:
    module = f"{KUBERNETES.module}@{KUBERNETES.version}"
    folder = Path(json.loads(run([go(), "mod", "download", "-json", module], env={"GOTOOLCHAIN": "local"}))["Dir"])
    for path in sorted((folder / "api" / "openapi-spec" / "v3").glob("*__*_openapi.json")):
        document = json.loads(path.read_text())
        if document.get("components", {}).get("schemas"):
            yield document


def _write_kinds(schemas: dict[str, Schema], target: Path) -> None:
    """One file for each kind of an OpenAPI document (options, which many groups share, are left out)."""
    for schema in schemas.values():
        kinds = schema.get("x-kubernetes-group-version-kind", [])
        if len(kinds) == 1 and {"apiVersion", "kind", "metadata"} <= schema.get("properties", {}).keys():
            whole = closed(schema) | {"components": {"schemas": _referred(schema, schemas)}}
            _write(target, kinds[0]["kind"], kinds[0]["group"], kinds[0]["version"], whole)


def _referred(schema: Schema, schemas: dict[str, Schema]) -> dict[str, Schema]:
    """All schemas that this one refers to, directly or not: the references inside stay as they are."""
    found: dict[str, Schema] = {}
    waiting = [schema]
    while waiting:
        for name in _references(waiting.pop()):
            if name not in found:
                found[name] = closed(schemas[name])
                waiting.append(schemas[name])
    return found


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].rpartition("/")[2]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _write(target: Path, kind: str, group: str, version: str, schema: Schema) -> None:
    suffix = "-".join([group.partition(".")[0], version]) if group else version
    made(target).joinpath(f"{kind.lower()}-{suffix}.json").write_text(json.dumps(schema))
