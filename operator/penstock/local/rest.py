"""Requests as the API server's URLs spell them, answered by a server in memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from penstock.engine.client import Refused
from penstock.local.objects import Object
from penstock.local.server import Server


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is about. `namespace` None: all; `name` empty: all objects; `part`: a subresource."""

    group: str
    version: str
    plural: str
    namespace: str | None
    name: str = ""
    part: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """Kind (in plural), namespace and name."""
        return self.plural, self.namespace or "", self.name


def target(path: str) -> Target:
    """What a path such as `/apis/batch/v1/namespaces/ml/jobs/x/status` is about."""
    root, *rest = path.strip("/").split("/")
    group = "" if root == "api" else rest.pop(0)
    version, namespace = rest.pop(0), None
    if rest[0] == "namespaces" and len(rest) > 2:
        _, namespace, *rest = rest
    plural, name, part = (*rest, "", "")[:3]
    return Target(group, version, plural, namespace, name, part)


def answer(server: Server, verb: str, asked: Target, query: Mapping[str, str], body: Any) -> Object:
    """The object that a request is answered with. Raises Refused."""
    match verb:
        case "GET" if not asked.name:
            version, found = server.select(asked.plural, asked.namespace, query)
            return {"kind": "List", "metadata": {"resourceVersion": str(version)}, "items": found}
        case "GET":
            return server.find(*asked.key)
        case "POST":
            meta = {**body["metadata"], "namespace": asked.namespace}
            return server.add(asked.plural, {**body, "metadata": meta})
        case "PUT":
            return server.replace(asked.plural, body, asked.part)
        case "PATCH":
            return server.patch(*asked.key, body)
    wanted = (body or {}).get("preconditions") or {}
    return server.remove(*asked.key, wanted.get("uid", ""), wanted.get("resourceVersion", ""))


def handled(server: Server, request: Mapping[str, Any]) -> Object:
    """The answer to a request that came from another process (see local/inbox.py)."""
    try:
        return {"object": answer(server, request["method"], target(request["path"]), {}, request["body"])}
    except Refused as error:
        return {"refused": [error.code, error.reason, error.message]}
    except Exception as error:  # whatever somebody left there, it must not end what runs
        return {"refused": [400, "BadRequest", f"{type(error).__name__}: {error}"]}
