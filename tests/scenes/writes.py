"""What the API server of a scene does when it is written to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from tests.properties.objects import Object

Key = tuple[str, str, str]
"""Kind, namespace and name."""


def replaced(
    objects: Mapping[Key, Object], key: Key, sent: dict[str, Any], put: Callable[[Object], None]
) -> web.Response:
    """Replaces an object, as PUT does: the version must be the present one, and the status stays as it is."""
    old = objects.get(key)
    if old is None:
        return refusal(404, f'{key[2]} "not found"')
    if sent["metadata"].get("resourceVersion") != old["metadata"]["resourceVersion"]:
        return refusal(409, "the object has been modified; please apply your changes to the latest version")
    edited = sent["spec"] != old["spec"]
    meta = {**sent["metadata"], "generation": old["metadata"].get("generation", 1) + edited}
    put({**sent, "metadata": meta, "status": old.get("status")})
    return web.json_response(objects[key])


def refusal(code: int, message: str) -> web.Response:
    """A Status, as Kubernetes answers what it refuses."""
    details = {"kind": "Status", "code": code, "message": message, "details": {}}
    return web.json_response(details, status=code)
