"""Tokens of service accounts, and such as look like some."""

from __future__ import annotations

import base64
import json
import subprocess
import time
from typing import Any

from tests.cluster.controlplane import ControlPlane


def issued(plane: ControlPlane, namespace: str, account: str) -> str:
    """A token of an account, as the API server gives it."""
    return plane.kubectl("create", "token", account, "--namespace", namespace, "--duration=1h").strip()


def expired(plane: ControlPlane, token: str) -> str:
    """The same token as it would be had it been given two hours ago for one: the cluster's own key signs it."""
    head, claims = (_decoded(part) for part in token.split(".")[:2])
    long_ago = int(time.time()) - 7200
    claims.update(iat=long_ago, nbf=long_ago, exp=long_ago + 3600)
    return _signed(plane, head, claims)


def renewed(plane: ControlPlane, token: str) -> str:
    """The same token signed once more: that a test's own signature holds."""
    return _signed(plane, *(_decoded(part) for part in token.split(".")[:2]))


def forged(token: str) -> str:
    """The same token for an administrator's group, with the signature that it had."""
    head, claims, signature = token.split(".")
    changed = _decoded(claims)
    changed["sub"] = "system:serviceaccount:kube-system:admin"
    return f"{head}.{_encoded(json.dumps(changed).encode())}.{signature}"


def _signed(plane: ControlPlane, head: dict[str, Any], claims: dict[str, Any]) -> str:
    text = ".".join(_encoded(json.dumps(one).encode()) for one in (head, claims))
    words = ["openssl", "dgst", "-sha256", "-sign", str(plane.authority.service_accounts().key)]
    return f"{text}.{_encoded(subprocess.run(words, input=text.encode(), capture_output=True, check=True).stdout)}"


def _decoded(part: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
