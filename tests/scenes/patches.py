"""What the API server of a scene makes of a merge patch (RFC 7386)."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from tests.properties.objects import Object


def patched(
    objects: Mapping[tuple[str, str, str], Object],
    key: tuple[str, str, str],
    change: dict[str, Any],
    put: Callable[[Object], None],
) -> web.Response:
    """Patches the object of that kind, namespace and name; an edit of its spec is another generation."""
    old = objects.get(key)
    if old is None:
        told = {"kind": "Status", "code": 404, "message": f"{key[2]} not found", "details": {"name": key[2]}}
        return web.json_response(told, status=404)
    new = copy.deepcopy(old)
    _merge(new, change)
    if new["spec"] != old["spec"]:
        new["metadata"]["generation"] = old["metadata"].get("generation", 1) + 1
    put(new)
    return web.json_response(objects[key])


def _merge(target: dict[str, Any], change: dict[str, Any]) -> None:
    for name, value in change.items():
        if isinstance(value, dict):
            _merge(target.setdefault(name, {}), value)
        elif value is None:
            target.pop(name, None)
        else:
            target[name] = value
